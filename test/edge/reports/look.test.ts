// A lane's look within a report: what it saw, what it had no time for, and somebody else who is at it.
import { inspectReport, type InspectJob } from '@postern/shared/contract/inspection.ts'
import { describe, expect, it } from 'vitest'
import type { Inspected } from '../../../edge/src/probe/ask-inspect.ts'
import { report } from './desk.ts'
import { policy, soundZone } from './zones.ts'

const AT = Date.UTC(2026, 10, 20)
const unmeasured = (exchange: string, why: string) => ({
  kind: 'unmeasured',
  exchange,
  why,
  retryAt: null,
  observedAt: AT,
  resolution: null,
})
const refused = (exchange: string) => ({
  kind: 'inspected',
  exchange,
  observedAt: AT,
  resolution: null,
  fromMemory: false,
  addressesFound: 1,
  addresses: [
    {
      address: '8.8.1.8',
      family: 4,
      observedAt: AT,
      result: { kind: 'not_connected', fault: 'connect_refused', tookMs: 12 },
    },
  ],
})

function said({ jobId }: InspectJob, hosts: readonly unknown[]): Inspected {
  const whole = { jobId, lane: 'eu-1', kind: 'inspection', hosts, policyHost: null, holds: [], withoutMemory: false }
  return { kind: 'report', report: inspectReport.parse(whole) }
}

/** A lane that says one thing after the other, and the last one for ever. */
function lane(...answers: readonly ((job: InspectJob) => Inspected)[]) {
  let asked = 0
  return (job: InspectJob): Inspected => answers[Math.min(asked++, answers.length - 1)]!(job)
}

const of = (inspected: (job: InspectJob) => Inspected, zone = ['a MX 10 mx1.a.test.', 'mx1.a A 8.8.1.8']) =>
  report('a.test', { resolvers: [{ zone }], inspected, policy: policy() })

const smtp = (ids: readonly string[]) => ids.filter((id) => id.startsWith('SMTP_') || id.startsWith('TLS_'))

describe('a look', () => {
  it('is for all exchanges and the policy host at once, by the report’s own name', async () => {
    const { jobs, report: made } = await of((job) => said(job, []), soundZone(2))
    expect(jobs).toEqual([
      expect.objectContaining({
        jobId: made.id,
        domain: 'a.test',
        exchanges: [{ exchange: 'mx1.a.test' }, { exchange: 'mx2.a.test' }],
        policyHost: 'mta-sts.a.test',
      }),
    ])
  })

  it('that found nobody says so of the exchange, and of all where that is all', async () => {
    const { report: made, ids } = await of((job) => said(job, [refused('mx1.a.test')]))
    expect(smtp(ids)).toEqual(['SMTP_CONNECT_REFUSED mx1.a.test'])
    expect(made.mx.records[0]).toMatchObject({
      effective: false,
      smtp: [{ connect: { ok: false, fault: 'connect_refused' } }],
    })
    expect(made.routing?.profiles.rfc.round_s).toBeNull()
  })

  it.each([
    ['no lane', { kind: 'unmeasured', why: 'no_lane' } as const],
    ['a lane that is lost', { kind: 'unmeasured', why: 'lane_unreachable' } as const],
  ])('by %s condemns nobody', async (_who, inspected) => {
    const { report: made, ids } = await of(() => inspected)
    expect(smtp(ids)).toEqual([])
    expect(made.unmeasured).toEqual([{ what: 'smtp', subject: '*', why: inspected.why, retry_at: null }])
    expect(made.mx.records[0]).toMatchObject({ effective: null, smtp: null })
  })

  it.each(['opted_out', 'shunned', 'lane_unfit', 'breaker_open', 'route_differs', 'no_ipv6', 'deadline', 'permit'])(
    'that was not to be taken (%s) condemns nobody, and is not asked for again',
    async (why) => {
      const { report: made, ids, jobs } = await of((job) => said(job, [unmeasured('mx1.a.test', why)]))
      expect([smtp(ids), jobs.length]).toEqual([[], 1])
      expect(made.unmeasured).toEqual([{ what: 'smtp', subject: 'mx1.a.test', why, retry_at: null }])
    },
  )

  it('by a lane that is busy is asked for again', async () => {
    const { ids, jobs } = await of(
      lane(
        () => ({ kind: 'unmeasured', why: 'lane_busy' }),
        (job) => said(job, [refused('mx1.a.test')]),
      ),
    )
    expect([smtp(ids), jobs.length]).toEqual([['SMTP_CONNECT_REFUSED mx1.a.test'], 2])
  })

  it('that somebody else is taking just now is waited for', async () => {
    const { ids, jobs } = await of(
      lane(
        (job) => said(job, [unmeasured('mx1.a.test', 'in_progress')]),
        (job) => said(job, [unmeasured('mx1.a.test', 'in_progress')]),
        (job) => said(job, [refused('mx1.a.test')]),
      ),
    )
    expect([smtp(ids), jobs.length]).toEqual([['SMTP_CONNECT_REFUSED mx1.a.test'], 3])
    expect(jobs[2]!.budgetMs).toBeLessThan(jobs[0]!.budgetMs)
  })

  it('that was seen stays seen where the lane is lost while another exchange is waited for', async () => {
    const { ids } = await of(
      lane(
        (job) => said(job, [refused('mx1.a.test'), unmeasured('mx2.a.test', 'in_progress')]),
        () => ({ kind: 'unmeasured', why: 'lane_unreachable' }),
      ),
      soundZone(2),
    )
    expect(smtp(ids)).toEqual(['SMTP_CONNECT_REFUSED mx1.a.test'])
  })
})
