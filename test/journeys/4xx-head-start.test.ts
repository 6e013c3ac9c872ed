// The first question of a report leaves before its caller is let in: callers who are not cause one at most, wrong requests none.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DohServer, startDoh } from '../edge/dns/doh-server.ts'
import { soundZone } from '../edge/reports/zones.ts'
import { call, openAccount } from './accounts.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
let doh: DohServer
let from = 0

beforeAll(async () => {
  doh = await startDoh('own', { zone: [...soundZone(2), 'kept MX 0 .'], authentic: true })
  stack = await startStack(['--doh', doh.resolver.url, '--lanes', '1x1'])
})
afterAll(async () => {
  await stack.stop()
  await doh.close()
})
beforeEach(() => {
  from = doh.asked.length
})

/** Names that were asked about in this test; lanes look after themselves meanwhile. */
const askedAbout = (domain: string) =>
  doh.asked.slice(from).filter(({ name }) => name === domain || name.endsWith(`.${domain}`))

const statusOf = async (key: string, path: string) =>
  (await call<unknown>(stack, key, { path: `/v1/domains/${path}`, method: 'GET' })).status

let laterOnes = 0
/** A question that is asked the same way and later: whatever left before it has arrived by then. */
async function aLaterOne(): Promise<void> {
  const name = `later${(laterOnes += 1)}.test`
  expect(await statusOf(stack.keys.sk_test, name)).toBe(200)
  expect(askedAbout(name)).not.toEqual([])
}

/** Of `[first, ...others]`, asked for one after the other: of the first its exchanges, once at most, and of the others nothing. */
async function atMostFirstIsAsked([first, ...others]: readonly string[], refused: (name: string) => Promise<void>) {
  for (const name of [first!, ...others]) await refused(name)
  await aLaterOne()
  // Whoever is turned away sooner than the question leaves takes it along.
  expect([[], [`MX ${first}`]]).toContainEqual(askedAbout(first!).map(({ name, type }) => `${type} ${name}`))
  expect(others.flatMap(askedAbout)).toEqual([])
}

describe('a caller who is refused', () => {
  it.each(['pk_live', 'ak'] as const)('by the kind of its key (%s) causes no question', async (kind) => {
    expect(await statusOf(stack.keys[kind], 'kind.test')).toBe(403)
    await aLaterOne()
    expect(askedAbout('kind.test')).toEqual([])
  })

  it('by its limit causes one question at most, and no other within the minute', async () => {
    const { key } = await openAccount(stack, { units: 0 })
    let answered = 0
    while ((await call(stack, key, { path: '/v1/usage' })).status === 200) answered += 1
    expect(answered).toBe(60)
    await atMostFirstIsAsked(['limit1.test', 'limit2.test', 'limit3.test'], async (name) =>
      expect(await statusOf(key, name)).toBe(429),
    )
  })

  it('by the end of its key causes one question at most, and no other', async () => {
    const { key } = await openAccount(stack, { units: 0 })
    const { body } = await call<{ keys: readonly { id: string }[] }>(stack, key, { path: '/v1/keys' })
    await call(stack, key, { path: `/v1/keys/${body.keys[0]!.id}`, method: 'DELETE' })
    await atMostFirstIsAsked(['ended1.test', 'ended2.test'], async (name) =>
      expect(await statusOf(key, name)).toBe(401),
    )
  })
})

describe('a request that is wrong', () => {
  it.each(['jane@wrong.test', 'wrong.test%3A25', 'printer.local', 'wrong.test?refresh=yes', 'wrong.test?selector=-'])(
    'as %s is causes no question',
    async (path) => {
      expect(await statusOf(stack.keys.sk_live, path)).toBe(422)
      await aLaterOne()
      const names = doh.asked.slice(from).map(({ name }) => name)
      expect(names.filter((name) => /wrong|printer|jane/.test(name))).toEqual([])
    },
  )
})

describe('a report', () => {
  it('costs as many questions as before, its first one once', async () => {
    // Without a lane, which asks for the exchanges itself.
    expect(await statusOf(stack.keys.sk_test, 'a.test')).toBe(200)
    const asked = askedAbout('a.test')
    expect(asked.filter(({ type, name, via }) => `${via} ${type} ${name}` === 'GET MX a.test').length).toBe(1)
    expect(doh.asked.slice(from).filter(({ name }) => !name.endsWith('world.test')).length).toBeGreaterThan(30)
  })

  it('that is kept costs none', async () => {
    expect(await statusOf(stack.keys.sk_live, 'kept.test')).toBe(200)
    from = doh.asked.length
    expect([await statusOf(stack.keys.sk_live, 'kept.test'), askedAbout('kept.test')]).toEqual([200, []])
  })
})
