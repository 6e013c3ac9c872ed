// The launcher has local lanes audit themselves: over the function URL, one after the other, and loud only where it matters.
import type { Server } from 'node:http'
import { startAudits } from '@postern/infra/local/audits.ts'
import { openFunctionUrl } from '@postern/infra/local/function-url.ts'
import type { Outcome } from '@postern/infra/local/sandbox.ts'
import { auditOf } from '@postern/infra/local/setting.ts'
import { type AuditJob, auditJob, type AuditReport, type Fitness } from '@postern/shared/contract/audit.ts'
import { afterEach, describe, expect, it } from 'vitest'

const credentials = { accessKeyId: 'LOCAL', secretAccessKey: 'secret' }
const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const FIT: Fitness = { lane: 'fit', kind: null, why: '', unfitOperators: [], canaries: {} }

function reportOf({ jobId }: AuditJob, fit: Partial<Fitness> = {}): AuditReport {
  return { kind: 'audit', jobId, lane: 'x', checks: [], fit: { ...FIT, ...fit }, at: 1 }
}

/** A lane whose handler answers as told; the signature is checked as ever. */
async function laneThat(id: string, answers: (job: AuditJob) => Promise<Outcome> | Outcome) {
  const { url, server } = await openFunctionUrl({
    port: 0,
    region: 'eu-central-1',
    accessKeys: [credentials],
    invoke: async ({ body }) => answers(auditJob.parse(JSON.parse(body ?? ''))),
  })
  open.push(server)
  return { id, region: 'eu-central-1', url }
}

const result = (report: unknown, statusCode = 200): Outcome => ({
  kind: 'result',
  result: { statusCode, body: JSON.stringify(report) },
})

async function round(lanes: readonly Awaited<ReturnType<typeof laneThat>>[]): Promise<string[]> {
  const complaints: string[] = []
  const audits = startAudits({ lanes, credentials, complain: (message) => void complaints.push(message) })
  await audits.first
  audits.stop()
  return complaints
}

describe('a round', () => {
  it('asks every lane once, one after the other, by jobs of their own, and is silent about what is fit', async () => {
    const jobs: string[] = []
    let running = 0
    let most = 0
    const answers = async (job: AuditJob) => {
      jobs.push(job.jobId)
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      return result(reportOf(job))
    }
    expect(await round([await laneThat('a', answers), await laneThat('b', answers)])).toEqual([])
    expect([jobs.length, new Set(jobs).size, most]).toEqual([2, 2, 1])
  })

  it('says which lane is unfit and why', async () => {
    const fit = { lane: 'unfit', kind: 'reputation', why: 'dnsbl: listed by dnsbl.test' } as const
    const lane = await laneThat('a', (job) => result(reportOf(job, fit)))
    expect(await round([lane])).toEqual(['lane a is unfit (reputation): dnsbl: listed by dnsbl.test'])
  })

  it.each<[string, Outcome]>([
    ['status 422', result({ issues: [] }, 422)],
    ['status 429', { kind: 'throttled' }],
    ['status 502', { kind: 'failed', reason: 'Unhandled' }],
  ])('goes on to the next lane after %s', async (why, outcome) => {
    const asked: string[] = []
    const lanes = [
      await laneThat('a', () => outcome),
      await laneThat('b', (job) => (asked.push('b'), result(reportOf(job)))),
    ]
    expect(await round(lanes)).toEqual([`the audit of lane a failed: ${why}`])
    expect(asked).toEqual(['b'])
  })

  it('names a lane that is gone, or says what is no report, in one line each', async () => {
    const gone = { id: 'a', region: 'eu-central-1', url: 'http://127.0.0.1:1/' }
    const babbling = await laneThat('b', () => result({ kind: 'weather' }))
    const complaints = await round([gone, babbling])
    expect(complaints.map((line) => line.split(':')[0])).toEqual([
      'the audit of lane a failed',
      'the audit of lane b failed',
    ])
    expect(complaints.join('')).not.toContain('\n')
  })

  it('ends with the run, without a word', async () => {
    const complaints: string[] = []
    const lane = await laneThat('a', () => new Promise<Outcome>(() => undefined))
    const audits = startAudits({
      lanes: [lane, lane],
      credentials,
      complain: (message) => void complaints.push(message),
    })
    audits.stop()
    await audits.first
    expect(complaints).toEqual([])
  })
})

it('audits of a local run ask the world on its own port, whoever is asked about others', () => {
  const world = { dohUrl: 'http://127.0.0.1:4000/dns-query', smtpPort: 4_025, network: '127.25.0.0/16' }
  expect(auditOf(world)).toEqual({
    DNSBL_ZONES: '["dnsbl.test"]',
    CANARIES: '[]',
    AUDIT_RESOLVERS: '[{"name":"world","url":"http://127.0.0.1:4000/dns-query","suffix":null}]',
    AUDIT_SMTP_PORT: '4025',
  })
})
