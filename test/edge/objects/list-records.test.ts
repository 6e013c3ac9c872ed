// The list of an account's verifications: days in turn, what is on its way included, page by page.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstPage, listRecords, readCursor } from '../../../edge/src/accounts/list-records.ts'
import type { Scope } from '../../../edge/src/accounts/places.ts'
import { account, DAY, type Given, newId, objects, pass, recordOf, ring, settlement, standingClock } from './given.ts'

standingClock()

/** An answer of so many days ago. */
async function answer({ stub }: Given, daysAgo = 0, address = ''): Promise<string> {
  const at = Date.now() - daysAgo * DAY
  const id = newId(at)
  await stub.settle({ settlement: settlement({ id }), record: recordOf(id, { at, address }) })
  return id
}

async function page(
  { id }: Given,
  cursor: string | null,
  { limit = 100, scope = 'live' }: { limit?: number; scope?: Scope } = {},
) {
  const now = Date.now()
  const after = cursor === null ? firstPage(now) : readCursor(cursor)!
  const found = await listRecords(objects, { account: id, scope, after, limit, now })
  return { ids: found.records.map((record) => (JSON.parse(record) as { id: string }).id), cursor: found.cursor }
}

describe('the list', () => {
  it('is empty for an account that asked nothing', async () => {
    expect(await page(await account(), null)).toEqual({ ids: [], cursor: null })
  })

  it('has each record once, newest first, in pages of any size, moved or on its way', async () => {
    const ages = fc.array(fc.record({ daysAgo: fc.nat(4), moved: fc.boolean() }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(ages, fc.integer({ min: 1, max: 5 }), async (answers, limit) => {
        const given = await account(100)
        const made: { id: string; daysAgo: number }[] = []
        for (const { daysAgo, moved } of answers) {
          made.push({ id: await answer(given, daysAgo), daysAgo })
          if (moved) await ring(given.stub)
        }
        const found: string[] = []
        let cursor: string | null = null
        do {
          const next: Awaited<ReturnType<typeof page>> = await page(given, cursor, { limit })
          expect(next.ids.length).toBe(Math.min(limit, made.length - found.length))
          found.push(...next.ids)
          cursor = next.cursor
        } while (cursor !== null)
        const order = made.toSorted((one, other) => one.daysAgo - other.daysAgo || (one.id < other.id ? 1 : -1))
        expect(found).toEqual(order.map(({ id }) => id))
      }),
      { numRuns: 30 },
    )
  })

  it('goes on where the last page ended though new ones came and others were moved meanwhile', async () => {
    const given = await account(100)
    const [oldest, older] = [await answer(given, 1), await answer(given)]
    pass(1)
    const newest = await answer(given)
    const first = await page(given, null, { limit: 1 })
    await ring(given.stub)
    pass(1)
    await answer(given)
    const second = await page(given, first.cursor, { limit: 1 })
    const third = await page(given, second.cursor, { limit: 1 })
    expect([first.ids, second.ids, third.ids, third.cursor]).toEqual([[newest], [older], [oldest], null])
  })

  it('has once what arrived in the object of its day and still waits in its account', async () => {
    const given = await account(100)
    const [older, newer] = [await answer(given), await answer(given)]
    await objects.recordsOf(given.id, 'live', older).keep(await given.stub.waiting())
    expect(await given.stub.waiting()).toHaveLength(2)
    expect(await page(given, null)).toEqual({ ids: [newer, older], cursor: null })
  })

  it('leaves out what was erased, moved or on its way', async () => {
    const given = await account(100)
    const moved = await answer(given, 1, 'jane')
    await ring(given.stub)
    await answer(given, 0, 'jane')
    const kept = await answer(given, 0, 'joe')
    await given.stub.erase(['jane'])
    await objects.recordsOf(given.id, 'live', moved).erase(['jane'])
    expect((await page(given, null)).ids).toEqual([kept])
  })

  it('ends 30 days ago', async () => {
    const given = await account(100)
    const ids = [await answer(given, 31), await answer(given, 30), await answer(given, 29)]
    expect((await page(given, null)).ids).not.toContain(ids[0])
    await ring(given.stub)
    expect((await page(given, null)).ids).toEqual([ids[2]])
  })

  it('of test keys has what they were answered and nothing else', async () => {
    const given = await account(100)
    await answer(given)
    const id = newId()
    await given.stub.settleMany([settlement({ id, price: { units: 0, charged: false, why: 'sandbox' } })])
    await objects.recordsOf(given.id, 'test', id).keep([recordOf(id)])
    expect((await page(given, null, { scope: 'test' })).ids).toEqual([id])
    expect((await page(given, null)).ids).not.toContain(id)
  })
})

describe('a cursor', () => {
  it('is read or refused, never a fault, whatever text it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', '2', '7') })), (text) => {
        expect(readCursor(text)).toBeNull()
      }),
      { numRuns: 1_000 },
    )
  })

  it('that was changed in one character is refused, or names another place and nothing worse', async () => {
    const given = await account(100)
    await answer(given)
    await answer(given)
    const cursor = (await page(given, null, { limit: 1 })).cursor!
    expect(readCursor(cursor)).toMatchObject({ day: '2099-05-01' })
    for (let at = 0; at < cursor.length; at += 1) {
      const changed = `${cursor.slice(0, at)}${cursor[at] === 'a' ? 'b' : 'a'}${cursor.slice(at + 1)}`
      const place = readCursor(changed)
      if (place !== null) expect(place).toMatchObject({ day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string })
    }
  })
})
