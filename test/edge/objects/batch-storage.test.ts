// What a list costs to keep: rows written for each of its addresses, counted where they are written.
import { runInDurableObject } from 'cloudflare:test'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  addresses,
  each,
  exists,
  listed,
  newLanes,
  putsOff,
  type Says,
  standingQueues,
  toTheEnd,
} from './batch-given.ts'
import { account, MINUTE, NOON, standingClock } from './given.ts'

standingClock()
standingQueues()
afterEach(() => {
  vi.restoreAllMocks()
})

interface Written {
  /** By the list's own object, and by all objects. */
  readonly own: number
  readonly all: number
}

type Method = (this: unknown, ...all: unknown[]) => unknown

/** Counts what is written from now on: rows of tables and their indices, values and alarms. */
async function counting(stub: DurableObjectStub): Promise<() => Written> {
  const cursors: { readonly isOwn: boolean; readonly cursor: SqlStorageCursor<never> }[] = []
  const others: boolean[] = []
  await runInDurableObject(stub, (_, { storage }) => {
    const { sql, kv } = storage
    const watch = (whose: object, method: string, seen: (isOwn: boolean, result: unknown) => void): void => {
      const methods = Object.getPrototypeOf(whose) as Record<string, Method>
      const real = methods[method]!
      vi.spyOn(methods, method).mockImplementation(function (this: unknown, ...all) {
        const result = real.apply(this, all)
        seen(this === whose, result)
        return result
      })
    }
    watch(sql, 'exec', (isOwn, cursor) => void cursors.push({ isOwn, cursor: cursor as SqlStorageCursor<never> }))
    watch(kv, 'put', (isOwn) => void others.push(isOwn))
    watch(kv, 'delete', (isOwn) => void others.push(isOwn))
    watch(storage, 'setAlarm', (isOwn) => void others.push(isOwn))
  })
  const sum = (all: readonly { readonly cursor: SqlStorageCursor<never> }[]): number =>
    all.reduce((rows, { cursor }) => rows + cursor.rowsWritten, 0)
  return () => ({
    own: sum(cursors.filter(({ isOwn }) => isOwn)) + others.filter(Boolean).length,
    all: sum(cursors) + others.length,
  })
}

const ROWS = 2_000

describe('a list of 2,000 addresses', () => {
  it.each([
    ['on 40 domains, all of which are answered for', 40, each(exists)],
    ['on 2,000 domains', 2_000, each(exists)],
    ['on 40 domains, a tenth of which is put off', 40, each((email) => (/7@/.test(email) ? early(putsOff) : exists()))],
    ['on 40 domains, whose lane is away for half an hour', 40, away],
  ] as const)('%s writes at most 1.5 rows an address', async (_what, domains, says) => {
    const list = await listed(addresses(ROWS, domains), { given: await account(100_000) })
    const written = await counting(list.stub)
    const body = await toTheEnd(list, { lanes: newLanes(2), says })
    expect(body).toMatchObject({ status: 'completed', by_reason: { mailbox_accepted: ROWS } })
    const { own, all } = written()
    expect(own / ROWS).toBeLessThanOrEqual(1.5)
    expect(own).toBeGreaterThan(ROWS)
    // Each answer that is paid for is a row in the ledger besides; turns and credit are few.
    expect(all / ROWS).toBeLessThanOrEqual(own / ROWS + 1.5)
    expect(all).toBeGreaterThan(own + ROWS)
  })
})

const early = (report: typeof putsOff) => (Date.now() < NOON + 1_000 ? report() : exists())

const away: Says = (job, lane) => (Date.now() < NOON + 29 * MINUTE ? { kind: 'not_started' } : each(exists)(job, lane))
