// What a report costs: questions, round trips, connections, and how soon its first section is there.
import { describe, expect, it } from 'vitest'
import { report, sitDown } from './desk.ts'
import { policy, soundZone } from './zones.ts'

/** One way to the resolver and back, in milliseconds: long beside what the machine itself needs. */
const TRIP_MS = 100
const sound = (n: number, slowMs?: number) =>
  report('a.test', {
    resolvers: [{ zone: soundZone(n), authentic: true, ...(slowMs === undefined ? {} : { manner: 'slow', slowMs }) }],
    policy: policy(),
  })

describe('a report of a domain that has everything', () => {
  it.each([
    [2, 36],
    [5, 63],
  ])('and %d exchanges needs at most %d questions, and never seven connections', async (n, most) => {
    const { report: made, asked, most: open } = await sound(n)
    expect(made.mx.records.flatMap(({ addresses }) => addresses?.map(({ confirmed }) => confirmed))).toEqual(
      Array.from({ length: 2 * n }, () => true),
    )
    expect(asked.length).toBe(made.timing.queries)
    expect(asked.length).toBeLessThanOrEqual(most)
    const named = asked.map(({ name, type, via }) => `${via} ${type} ${name}`)
    // The second opinion on the exchanges goes past the cache; nothing else is asked twice.
    expect(named.filter((one, at) => named.indexOf(one) !== at)).toEqual([])
    expect(open).toBeLessThanOrEqual(6)
  })

  it('has its first section after one round trip, and is whole after eight', async () => {
    // What Node and the sockets need for a first question is no matter of the report's.
    await sound(2, 1)
    const { told, tookMs } = await sound(2, TRIP_MS)
    expect(told[0]?.section).toBe('verdict')
    expect(told[0]?.afterMs).toBeLessThan(TRIP_MS + 60)
    expect(tookMs).toBeLessThan(8 * TRIP_MS + 60)
  })
})

describe('a second report', () => {
  it('asks nobody what is still known, unless everything is to be asked anew', async () => {
    const desk = await sitDown({ resolvers: [{ zone: soundZone(2), authentic: true }], policy: policy() })
    const first = await desk.make('a.test')
    const again = await desk.make('a.test')
    expect([again.report.timing.queries, again.policyRequests.length]).toEqual([0, 1])
    const anew = await desk.make('a.test', { fresh: true })
    expect([anew.report.timing.queries, anew.policyRequests.length]).toEqual([first.report.timing.queries, 2])
    expect(anew.report.findings).toEqual(again.report.findings)
  })
})
