// The object of one day: its records in order, for 30 days, with what they came to cost, and without what was erased.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RecordRow } from '../../../edge/src/accounts/records.ts'
import { alarmOf, DAY, newId, newName, NOON, objects, pass, recordOf, ring, standingClock } from './given.ts'

standingClock()

const FIRST = { at: Number.MAX_SAFE_INTEGER, id: '' }
const REPEAT = { units: 0, charged: false, why: 'repeat' } as const

function newDay() {
  return objects.records(newName(), 'live', '2099-05-01')
}

type Day = ReturnType<typeof newDay>

async function idsOf(day: Day, before = FIRST, limit = 100): Promise<string[]> {
  return (await day.list(before, limit, Date.now())).map(({ id }) => id)
}

async function kindOf(day: Day, id: string): Promise<string> {
  return (await day.find(id, Date.now())).kind
}

describe('a list', () => {
  it('has the newest first, and of one instant the greater id first', async () => {
    const day = newDay()
    const row = (id: string, at: number) => recordOf(id, { at })
    await day.keep([row('ver_b', NOON), row('ver_z', NOON - 1), row('ver_c', NOON), row('ver_a', NOON + 1)])
    expect(await idsOf(day)).toEqual(['ver_a', 'ver_c', 'ver_b', 'ver_z'])
  })

  it('goes on after the place that a page ended at, and gives each record once, whatever the pages', async () => {
    const instants = fc.array(fc.integer({ min: NOON - 3, max: NOON }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(instants, fc.integer({ min: 1, max: 5 }), async (ats, size) => {
        const day = newDay()
        const rows = ats.map((at) => recordOf(newId(), { at }))
        if (rows.length > 0) await day.keep(rows)
        const found: RecordRow[] = []
        for (;;) {
          const page = await day.list(found.at(-1) ?? FIRST, size, Date.now())
          expect(page.length).toBe(Math.min(size, rows.length - found.length))
          if (page.length === 0) break
          found.push(...page)
        }
        const order = rows.toSorted((one, other) => other.at - one.at || (one.id < other.id ? 1 : -1))
        expect(found.map(({ id }) => id)).toEqual(order.map(({ id }) => id))
      }),
      { numRuns: 30 },
    )
  })

  it('tells nobody the HMAC of an address', async () => {
    const day = newDay()
    await day.keep([recordOf(newId(), { address: 'jane' })])
    expect(await day.list(FIRST, 1, NOON)).toMatchObject([{ address: '' }])
  })

  it('of another day, account or kind of key is another list', async () => {
    const [one, other] = [newName(), newName()]
    await objects.records(one, 'live', '2099-05-01').keep([recordOf(newId())])
    const others = [
      objects.records(one, 'live', '2099-05-02'),
      objects.records(one, 'test', '2099-05-01'),
      objects.records(other, 'live', '2099-05-01'),
    ]
    expect(await Promise.all(others.map((day) => idsOf(day)))).toEqual([[], [], []])
  })
})

describe('a record', () => {
  it('is kept as it came first, however often it comes', async () => {
    const day = newDay()
    const id = newId()
    await day.keep([recordOf(id, { record: '{"a":1}' }), recordOf(id, { record: '{"a":2}' })])
    await day.keep([recordOf(id, { record: '{"a":3}', at: NOON + 1 })])
    expect(await day.list(FIRST, 10, NOON)).toEqual([recordOf(id, { record: '{"a":1}' })])
  })

  it.each([
    ['after it', true],
    ['before it', false],
  ])('says what it came to cost, where that is told %s', async (_when, keptFirst) => {
    const day = newDay()
    const id = newId()
    const record = JSON.stringify({ id, cost: { units: 0.1, charged: true, why: 'fast' }, level: 'probable' })
    const keep = () => day.keep([recordOf(id, { record })])
    if (keptFirst) await keep()
    await day.amend(id, REPEAT)
    await day.amend(id, REPEAT)
    if (!keptFirst) await keep()
    const told = JSON.stringify({ id, cost: REPEAT, level: 'probable' })
    expect(await day.find(id, NOON)).toEqual({ kind: 'found', record: told })
    expect(await day.list(FIRST, 10, NOON)).toMatchObject([{ record: told }])
  })

  it('that was never there is absent, though its cost was told', async () => {
    const day = newDay()
    const id = newId()
    await day.amend(id, REPEAT)
    expect(await kindOf(day, id)).toBe('absent')
    expect(await idsOf(day)).toEqual([])
  })

  it('is gone 30 days after it was made, and not before', async () => {
    const day = newDay()
    const id = newId()
    await day.keep([recordOf(id)])
    pass(30 * DAY - 1)
    expect([await kindOf(day, id), await idsOf(day)]).toEqual(['found', [id]])
    pass(1)
    expect([await kindOf(day, id), await idsOf(day)]).toEqual(['gone', []])
  })
})

describe('an erased record', () => {
  const erased = async (): Promise<{ day: Day; id: string }> => {
    const [day, id] = [newDay(), newId()]
    await day.keep([recordOf(id, { address: 'jane' }), recordOf(newId(), { address: 'joe' })])
    expect(await day.erase(['jane', 'jane-old'])).toBe(1)
    return { day, id }
  }

  it('is gone, listed no longer, and was the only one', async () => {
    const { day, id } = await erased()
    expect(await kindOf(day, id)).toBe('gone')
    expect(await idsOf(day)).toHaveLength(1)
    expect(await day.erase(['jane'])).toBe(0)
  })

  it.each<[string, (day: Day, id: string) => Promise<unknown>]>([
    ['a late write of the same record', (day, id) => day.keep([recordOf(id, { address: 'jane' })])],
    ['a late word of its cost', (day, id) => day.amend(id, REPEAT)],
  ])('is not brought back by %s', async (_what, write) => {
    const { day, id } = await erased()
    await write(day, id)
    expect(await kindOf(day, id)).toBe('gone')
    expect(await idsOf(day)).toHaveLength(1)
    expect(await day.erase(['jane'])).toBe(0)
  })

  it('that was erased on its way is gone when it comes, and takes with it what came before', async () => {
    const [day, id, other] = [newDay(), newId(), newId()]
    await day.keep([recordOf(other, { address: 'jane' })])
    await day.keep([recordOf(id, { record: '' }), recordOf(other, { record: '' })])
    expect([await kindOf(day, id), await kindOf(day, other)]).toEqual(['gone', 'gone'])
    expect(await day.erase(['jane'])).toBe(0)
  })
})

describe("a day's object", () => {
  it('empties itself 32 days after its first record, when the last one has been gone for a day', async () => {
    const day = newDay()
    await day.keep([recordOf(newId())])
    pass(DAY - 1)
    const last = newId()
    await day.keep([recordOf(last, { at: Date.now() })])
    expect(await alarmOf(day)).toBe(NOON + 32 * DAY)
    pass(30 * DAY)
    expect(await kindOf(day, last)).toBe('gone')
    expect(await ring(day)).toBe(true)
    expect(await alarmOf(day)).toBeNull()
  })
})
