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
  doh = await startDoh('own', { zone: soundZone(2), authentic: true })
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

describe('a caller who is refused', () => {
  it.each(['pk_live', 'ak'] as const)('by the kind of its key (%s) causes no question', async (kind) => {
    expect([await statusOf(stack.keys[kind], 'kind.test'), askedAbout('kind.test')]).toEqual([403, []])
  })

  it('by its limit causes one question, and no other within the minute', async () => {
    const { key } = await openAccount(stack, { units: 0 })
    let answered = 0
    while ((await call(stack, key, { path: '/v1/usage' })).status === 200) answered += 1
    expect(answered).toBe(60)
    expect(await statusOf(key, 'first.test')).toBe(429)
    for (const name of ['second.test', 'third.test']) {
      expect([await statusOf(key, name), askedAbout(name)]).toEqual([429, []])
    }
    expect(askedAbout('first.test').length).toBeLessThanOrEqual(1)
  })

  it('by the end of its key causes one question, and no other', async () => {
    const { key } = await openAccount(stack, { units: 0 })
    const { body } = await call<{ keys: readonly { id: string }[] }>(stack, key, { path: '/v1/keys' })
    await call(stack, key, { path: `/v1/keys/${body.keys[0]!.id}`, method: 'DELETE' })
    expect(await statusOf(key, 'first.test')).toBe(401)
    expect([await statusOf(key, 'second.test'), askedAbout('second.test')]).toEqual([401, []])
    expect(askedAbout('first.test').length).toBeLessThanOrEqual(1)
  })
})

describe('a request that is wrong', () => {
  it.each(['jane@wrong.test', 'wrong.test%3A25', 'printer.local', 'wrong.test?refresh=yes', 'wrong.test?selector=-'])(
    'as %s is causes no question',
    async (path) => {
      const before = doh.asked.length
      expect(await statusOf(stack.keys.sk_live, path)).toBe(422)
      const names = doh.asked.slice(before).map(({ name }) => name)
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
    expect(await statusOf(stack.keys.sk_live, 'a.test')).toBe(200)
    from = doh.asked.length
    expect([await statusOf(stack.keys.sk_live, 'a.test'), askedAbout('a.test')]).toEqual([200, []])
  })
})
