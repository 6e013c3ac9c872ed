// A domain that no resolver serves, over HTTP and with the real object: what was known is told as stale, whole and in parts.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { type DomainHistory, type DomainReport, domainReport } from '@postern/shared/contract/domain-report.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import worker from '../../../edge/src/worker.ts'
import { REPORT } from '../reports/a-report.ts'
import { holder } from './asking.ts'
import { MINUTE } from './given.ts'

const OTHERS = JSON.stringify([{ name: 'others', url: 'http://127.0.0.1:9/dns-query', suffix: 'elsewhere' }])
const ENV = { ...env, DOH_RESOLVERS: OTHERS, ALLOW_SPECIAL_USE: 'test' }

let key = ''
beforeAll(async () => {
  key = await holder()
})

async function ask(path: string, accept = 'application/json'): Promise<string> {
  const context = createExecutionContext()
  const headers = { authorization: `Bearer ${key}`, accept }
  const response = await worker.fetch(new Request(`https://edge.test/v1/domains/${path}`, { headers }), ENV, context)
  const text = new TextDecoder().decode(await response.arrayBuffer())
  await waitOnExecutionContext(context)
  return text
}

/** As it was learned twenty minutes ago. */
async function keep(domain: string): Promise<void> {
  const at = new Date(Date.now() - 20 * MINUTE).toISOString()
  const report = { ...REPORT, id: `rep_of_${domain}`, domain, ascii: domain, generated_at: at }
  await env.REPORTS.getByName(`default ${domain}`).keep(JSON.stringify(report))
}

describe('a domain that no resolver serves', () => {
  it('is told as it was known, and its history has both', async () => {
    await keep('known.test')
    const report = domainReport.parse(JSON.parse(await ask('known.test')))
    expect([report.id, report.stale, report.mx.status]).toEqual(['rep_of_known.test', true, 'mx'])
    const { reports } = JSON.parse(await ask('known.test/history')) as DomainHistory
    expect(reports.map(({ id }) => id)).toEqual([expect.stringMatching(/^rep_[0-9A-Z]{26}$/), report.id])
    const kept = JSON.parse(await ask(`known.test/history/${reports[0]!.id}`)) as DomainReport
    expect([kept.stale, kept.mx.why]).toEqual([false, 'no_answer'])
    // While that holds, nobody is asked anew.
    expect(JSON.parse(await ask('known.test'))).toEqual(report)
    expect((JSON.parse(await ask('known.test/history')) as DomainHistory).reports.length).toBe(2)
  })

  it('is told so in parts: begun anew with what was known', async () => {
    await keep('parts.test')
    const lines = (await ask('parts.test', 'application/x-ndjson')).trim().split('\n')
    const parts = lines.map((line) => JSON.parse(line) as { section: string; value: { id?: string; stale?: boolean } })
    const begun = parts.filter(({ section }) => section === 'begun').map(({ value }) => value.id)
    expect(begun).toEqual([expect.stringMatching(/^rep_[0-9A-Z]{26}$/), 'rep_of_parts.test'])
    expect(parts.at(-1)).toMatchObject({ section: 'report', value: { id: 'rep_of_parts.test', stale: true } })
  })

  it('is unknown where nothing was known', async () => {
    const report = domainReport.parse(JSON.parse(await ask('unknown.test')))
    expect([report.stale, report.mx.status, report.mx.why]).toEqual([false, 'error', 'no_answer'])
  })
})
