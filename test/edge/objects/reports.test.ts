// The object of a domain's reports: thirty of them, each once, what changed from one to the next, and an end.
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import { describe, expect, it } from 'vitest'
import { found, REPORT } from '../reports/a-report.ts'
import { alarmOf, DAY, HOUR, MINUTE, newId, NOON, ring, standingClock } from './given.ts'

standingClock()

const object = () => env.REPORTS.getByName(newId())
type Stub = ReturnType<typeof object>

async function keep(stub: Stub, id: string, wish: Partial<DomainReport> & { afterMs?: number } = {}) {
  const { afterMs = 0, ...rest } = wish
  const report = { ...REPORT, id, generated_at: new Date(NOON + afterMs).toISOString(), ...rest }
  return JSON.parse(await stub.keep(JSON.stringify(report))) as DomainReport
}

const idsOf = async (stub: Stub) => (await stub.history()).map(({ id }) => id)

describe('a report that is kept', () => {
  it('is the newest one, and has nothing before it', async () => {
    const stub = object()
    expect(await stub.latest()).toBeNull()
    expect((await keep(stub, 'rep_1')).since).toBeNull()
    expect(JSON.parse((await stub.latest())!)).toMatchObject({ id: 'rep_1' })
  })

  it('says what changed since the one before it, now and in the history', async () => {
    const stub = object()
    await keep(stub, 'rep_1', { findings: [found('SPF_NONE', 'spf')] })
    const { since } = await keep(stub, 'rep_2', { afterMs: HOUR })
    expect(since).toMatchObject({
      report: 'rep_1',
      gone: [{ id: 'SPF_NONE', subject: null }],
      appeared: [],
      changed: [],
    })
    expect(await stub.history()).toMatchObject([
      { id: 'rep_2', since: { report: 'rep_1', gone: [{ id: 'SPF_NONE' }] } },
      { id: 'rep_1', by_severity: { low: 0 }, since: null },
    ])
  })

  it('is the same when it comes again', async () => {
    const stub = object()
    await keep(stub, 'rep_1')
    const first = await keep(stub, 'rep_2', { afterMs: HOUR })
    expect(await keep(stub, 'rep_2', { afterMs: HOUR, findings: [found('SPF_NONE', 'spf')] })).toEqual(first)
    expect(await idsOf(stub)).toEqual(['rep_2', 'rep_1'])
  })

  it('takes the place of one that was made beside it and learned less, and follows upon the one before both', async () => {
    const stub = object()
    const unmeasured = [{ what: 'smtp', subject: '*', why: 'lane_busy', retry_at: null } as const]
    await keep(stub, 'rep_1')
    await keep(stub, 'rep_2', { afterMs: HOUR, unmeasured })
    const { since } = await keep(stub, 'rep_3', { afterMs: HOUR + MINUTE / 2 })
    expect(since?.report).toBe('rep_1')
    expect(await idsOf(stub)).toEqual(['rep_3', 'rep_1'])
  })

  it('gives way to one that knows as much, and to one whose questions were answered', async () => {
    const stub = object()
    await keep(stub, 'rep_1')
    expect((await keep(stub, 'rep_2', { afterMs: MINUTE / 2 })).id).toBe('rep_1')
    const failed = { mx: { ...REPORT.mx, status: 'error' as const, records: [] } }
    expect((await keep(stub, 'rep_3', { afterMs: MINUTE / 2, ...failed })).id).toBe('rep_1')
  })

  it('gives way to one that was made beside it and has learned more', async () => {
    const stub = object()
    await keep(stub, 'rep_1')
    const unmeasured = [{ what: 'smtp', subject: '*', why: 'lane_busy', retry_at: null } as const]
    expect((await keep(stub, 'rep_2', { unmeasured })).id).toBe('rep_1')
    expect(await idsOf(stub)).toEqual(['rep_1'])
    expect((await keep(stub, 'rep_3', { afterMs: HOUR, unmeasured })).id).toBe('rep_3')
  })

  it('can be had again by its name', async () => {
    const stub = object()
    await keep(stub, 'rep_1')
    expect(JSON.parse((await stub.report('rep_1'))!)).toMatchObject({ id: 'rep_1' })
    expect(await stub.report('rep_2')).toBeNull()
  })

  it('of a clock that went back follows upon what was before it', async () => {
    const stub = object()
    await keep(stub, 'rep_1', { afterMs: 2 * HOUR })
    expect((await keep(stub, 'rep_2', { afterMs: HOUR })).since).toBeNull()
    expect(await idsOf(stub)).toEqual(['rep_1', 'rep_2'])
  })
})

describe('a report to which the DNS did not answer', () => {
  const UNHEARD = { mx: { ...REPORT.mx, status: 'error' as const, why: 'no_answer' as const, records: [] } }
  const heardBy = async (stub: Stub) => (JSON.parse((await stub.heard()) ?? 'null') as DomainReport | null)?.id

  it('is the newest, and hides nothing that was heard', async () => {
    const stub = object()
    expect(await stub.heard()).toBeNull()
    await keep(stub, 'rep_1')
    await keep(stub, 'rep_2', { afterMs: HOUR, ...UNHEARD })
    expect([JSON.parse((await stub.latest())!), await heardBy(stub)]).toMatchObject([{ id: 'rep_2' }, 'rep_1'])
    expect(await idsOf(stub)).toEqual(['rep_2', 'rep_1'])
  })

  it('takes the place of one before it, so that no outage fills the history', async () => {
    const stub = object()
    await keep(stub, 'rep_1')
    for (let n = 2; n < 40; n += 1) await keep(stub, `rep_${n}`, { afterMs: n * HOUR, ...UNHEARD })
    await keep(stub, 'rep_40', { afterMs: 40 * HOUR })
    await keep(stub, 'rep_41', { afterMs: 41 * HOUR, ...UNHEARD })
    expect(await idsOf(stub)).toEqual(['rep_41', 'rep_40', 'rep_39', 'rep_1'])
  })

  it('is not what changes are told against: what changed meanwhile is told after it', async () => {
    const stub = object()
    await keep(stub, 'rep_1', { findings: [found('SPF_NONE', 'spf')] })
    await keep(stub, 'rep_2', { afterMs: HOUR, ...UNHEARD })
    const { since } = await keep(stub, 'rep_3', { afterMs: 2 * HOUR })
    expect(since).toMatchObject({ report: 'rep_1', gone: [{ id: 'SPF_NONE' }] })
  })

  it('gives way to one that was made beside it and has heard', async () => {
    const stub = object()
    await keep(stub, 'rep_1', UNHEARD)
    expect((await keep(stub, 'rep_2', { afterMs: MINUTE / 2 })).id).toBe('rep_2')
    expect(await idsOf(stub)).toEqual(['rep_2'])
  })
})

describe('a report of another shape', () => {
  it('is as if it were not there', async () => {
    const stub = object()
    await keep(stub, 'rep_1', { schema: 'domain-report/0' as never })
    expect(await stub.history()).toEqual([])
    expect((await keep(stub, 'rep_2', { afterMs: HOUR })).since).toBeNull()
  })
})

describe('a history', () => {
  it('has thirty reports, the newest', async () => {
    const stub = object()
    for (let n = 0; n < 33; n += 1) await keep(stub, `rep_${n}`, { afterMs: n * HOUR })
    const ids = await idsOf(stub)
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([30, 'rep_32', 'rep_3'])
  })

  it('has none that is older than half a year', async () => {
    const stub = object()
    await keep(stub, 'rep_1')
    await keep(stub, 'rep_2', { afterMs: 181 * DAY })
    expect(await idsOf(stub)).toEqual(['rep_2'])
  })

  it('of a domain that was only asked for holds nothing at all', async () => {
    const stub = object()
    expect([await stub.latest(), await stub.history()]).toEqual([null, []])
    expect(
      await runInDurableObject(stub, (_, { storage }) => [...storage.sql.exec('SELECT * FROM sqlite_master')]),
    ).toEqual([])
  })

  it('ends half a year after the last one', async () => {
    const stub = object()
    await keep(stub, 'rep_1')
    expect(await alarmOf(stub)).toBe(NOON + 180 * DAY)
    expect(await ring(stub)).toBe(true)
    expect(await stub.latest()).toBeNull()
    await keep(stub, 'rep_2')
    expect(await idsOf(stub)).toEqual(['rep_2'])
  })
})
