// Patterns of abuse, in the object of the account: when they are seen, what the copy tells, and when they are forgotten.
import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { Traces } from '../../../edge/src/accounts/patterns.ts'
import { migrate } from '../../../edge/src/accounts/schema.ts'
import {
  account,
  admission,
  copyOf,
  DAY,
  type Given,
  HOUR,
  pass,
  ring,
  rows,
  settlement,
  standingClock,
} from './given.ts'

standingClock()

/** What an address shows: a spelling of a mailbox, or a mailbox that is counted up. */
type Showing = (sign: string) => Traces
const alias =
  (pattern = 'jane-mailbox'): Showing =>
  (sign) => ({ alias: { pattern, sign }, series: null })
const series =
  (pattern = 'jane-counted'): Showing =>
  (sign) => ({ alias: null, series: { pattern, sign } })

async function signUp({ stub }: Given, signs: readonly string[], showing: Showing): Promise<void> {
  for (const sign of signs) await stub.settleMany([settlement({ traces: showing(sign) })])
}

async function abused({ stub, key }: Given, sign: string, showing?: Showing): Promise<boolean | null> {
  const traces = showing?.(sign)
  const admitted = await stub.admit(admission(key, traces === undefined ? {} : { traces }))
  return admitted.ok ? admitted.abused : null
}

const named = (count: number, from = 0) => Array.from({ length: count }, (_, at) => `address-${from + at}`)

describe('a pattern is seen', () => {
  it.each([
    { what: 'when a fifth address of one mailbox is asked about', traces: alias(), before: 4, expected: true },
    { what: 'not when a fourth one is', traces: alias(), before: 3, expected: false },
    { what: 'when a tenth numbered address is', traces: series(), before: 9, expected: true },
    { what: 'not when a ninth one is', traces: series(), before: 8, expected: false },
  ])('$what', async ({ traces, before, expected }) => {
    const given = await account(100)
    await signUp(given, named(before), traces)
    expect(await abused(given, 'address-next', traces)).toBe(expected)
  })

  it('not in one address that is asked about often', async () => {
    const given = await account(100)
    await signUp(given, ['jane', 'jane', 'jane', 'jane', 'jane', 'jane'], alias())
    expect(await abused(given, 'jane', alias())).toBe(false)
  })

  it('not in different mailboxes', async () => {
    const given = await account(100)
    for (const at of [0, 1, 2, 3, 4, 5]) await signUp(given, [`address-${at}`], alias(`mailbox-${at}`))
    expect(await abused(given, 'address-0', alias('mailbox-0'))).toBe(false)
  })

  it('not across a week, nor numbered ones across an hour', async () => {
    const given = await account(100)
    await signUp(given, named(4), alias())
    await signUp(given, named(9), series())
    pass(HOUR + 1)
    expect(await abused(given, 'address-next', series())).toBe(false)
    expect(await abused(given, 'address-next', alias())).toBe(true)
    pass(7 * DAY)
    expect(await abused(given, 'address-next', alias())).toBe(false)
  })

  it('by nobody where an address shows none, or nobody names it', async () => {
    const given = await account(100)
    expect(await abused(given, 'jane')).toBeNull()
    expect(await abused(given, 'jane', () => ({ alias: null, series: null }))).toBe(false)
  })

  it('in one account, and not in another', async () => {
    const [one, other] = [await account(100), await account(100)]
    await signUp(one, named(10), alias())
    expect(await abused(other, 'address-next', alias())).toBe(false)
  })
})

describe('the copy for the fast path', () => {
  it('tells of a pattern that has become one, and no earlier', async () => {
    const given = await account(100)
    await signUp(given, named(4), alias())
    await ring(given.stub)
    expect((await copyOf(given))?.patterns).toEqual([])
    await signUp(given, ['address-4'], alias())
    await ring(given.stub)
    expect((await copyOf(given))?.patterns).toEqual(['jane-mailb'])
  })

  it('holds no more than 200', async () => {
    const given = await account(100)
    for (let at = 0; at < 201; at += 1) await signUp(given, named(5), alias(`mailbox-${at}`))
    await ring(given.stub)
    expect((await copyOf(given))?.patterns).toHaveLength(200)
  }, 30_000)
})

describe('a pattern is forgotten', () => {
  it('a month after its last address', async () => {
    const given = await account(100)
    await signUp(given, named(5), alias())
    pass(30 * DAY - 1)
    expect(await abused(given, 'address-next', alias())).toBe(true)
    pass(1)
    expect(await abused(given, 'address-next', alias())).toBe(false)
  })

  it('with the address that it is of, when that is erased', async () => {
    const given = await account(100)
    await signUp(given, named(5), alias())
    await given.stub.erase(['jane-mailbox'])
    expect(await abused(given, 'address-next', alias())).toBe(false)
    expect(await rows(given.stub, 'SELECT * FROM signs')).toEqual([])
  })

  it('with a mailbox that was a sign of it', async () => {
    const given = await account(100)
    await signUp(given, named(9), series())
    await given.stub.erase(['address-3'])
    expect(await rows(given.stub, "SELECT * FROM signs WHERE sign = 'address-3'")).toEqual([])
    expect(await abused(given, 'address-next', series())).toBe(false)
  })

  it('and its rows go with it', async () => {
    const given = await account(100)
    await signUp(given, named(25), alias())
    expect(await rows(given.stub, 'SELECT * FROM signs')).toHaveLength(20)
    pass(31 * DAY)
    await given.stub.settleMany([settlement()])
    await ring(given.stub)
    expect(
      await rows(given.stub, 'SELECT * FROM signs UNION ALL SELECT pattern, pattern, until FROM patterns'),
    ).toEqual([])
  })
})

describe('an account that was made before patterns were', () => {
  it('has tables for them as soon as it is opened', async () => {
    const given = await account(100)
    await runInDurableObject(given.stub, (_, { storage }) => {
      storage.sql.exec('DROP TABLE signs')
      storage.sql.exec('DROP TABLE patterns')
      storage.sql.exec('DROP TABLE batches')
      storage.sql.exec('ALTER TABLE paid DROP COLUMN paid_by')
      storage.sql.exec('UPDATE schema_version SET version = 1')
      migrate(storage)
    })
    await signUp(given, named(5), alias())
    expect(await abused(given, 'address-next', alias())).toBe(true)
    expect(await rows(given.stub, 'SELECT version FROM schema_version')).toEqual([{ version: 4 }])
  })

  it('counts answers that an older version tells of, and sees no pattern in them', async () => {
    const given = await account(100)
    await given.stub.settleMany([settlement(), settlement()])
    expect(await rows(given.stub, 'SELECT * FROM signs')).toEqual([])
  })
})
