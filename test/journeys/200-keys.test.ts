// The life of a key: made and shown once, used, replaced with an overlap, revoked; and what keys for looking may not do.
import type { AccountBody, KeyBody } from '@postern/shared/contract/account.ts'
import type { Problem } from '@postern/shared/contract/problem.ts'
import type { Verification } from '@postern/shared/contract/verification.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Opened, openAccount, usageOf, type Wanted } from './accounts.ts'
import { makeKey, OPERATORS, SHOP } from './contract.ts'
import { eventually } from './processes.ts'
import { type Stack, startStack } from './stack.ts'

type Made = KeyBody & { readonly key: string }

let stack: Stack
let holder: Opened
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1'])
  holder = await openAccount(stack, { units: 10_000, tier: 'high' })
})
afterAll(() => stack.stop())

async function make(body: object = { kind: 'sk_live' }): Promise<Made> {
  const made = await call<Made>(stack, holder.key, { path: '/v1/keys', body })
  expect(made.status).toBe(201)
  return made.body
}

const look = (id: string, key = holder.key) => call<KeyBody>(stack, key, { path: `/v1/keys/${id}` })
const revoke = (id: string, key = holder.key) => call<KeyBody>(stack, key, { path: `/v1/keys/${id}`, method: 'DELETE' })
const rotate = (id: string, body: object) => call<Made>(stack, holder.key, { path: `/v1/keys/${id}/rotate`, body })

/** The status of a verification by this key. */
async function asks(key: string, mode: 'fast' | 'full' = 'full'): Promise<number> {
  const body = { email: 'jane@null-mx.test', mode }
  return (await call<Verification>(stack, key, { path: '/v1/verifications', body })).status
}

/** Fast mode asks no object: it refuses once its copy of the account says so, within a minute; here within seconds. */
function isRefusedInFastMode(key: string): Promise<boolean> {
  return eventually(async () => (await asks(key, 'fast')) === 401, 12_000)
}

describe.concurrent('a key', () => {
  it('is shown when it is made and never again', async () => {
    const { key, ...rest } = await make({ kind: 'sk_test', name: 'shop, staging' })
    expect(key).toMatch(/^sk_test_[a-z2-7]{80,}$/)
    expect(rest).toMatchObject({ account: holder.id, kind: 'sk_test', name: 'shop, staging', last_four: key.slice(-4) })
    expect(rest).toMatchObject({ origins: [], expires_at: null, revoked_at: null })
    expect((await look(rest.id)).body).toEqual(rest)
    const { body } = await call<{ keys: KeyBody[] }>(stack, holder.key, { path: '/v1/keys' })
    expect(body.keys).toContainEqual(rest)
    expect(JSON.stringify(body)).not.toContain(key)
    expect(stack.messages()).not.toContain(key.slice(8))
  })

  it('verifies at once, and what it used is told apart from what others used', async () => {
    const { key, id } = await make()
    expect(await asks(key)).toBe(200)
    const { rows } = await usageOf(stack, holder, 'key')
    expect(rows.filter(({ group }) => group === id).map(({ count }) => count)).toEqual([1])
  })

  it('for browsers keeps its origins in listings', async () => {
    const { id } = await make({ kind: 'pk_live', origins: [SHOP, 'http://localhost:*'] })
    expect((await look(id)).body).toMatchObject({ kind: 'pk_live', origins: [SHOP, 'http://localhost:*'] })
  })

  it('that was made to end works until then, and not after', async () => {
    const { key, expires_at: end } = await make({
      kind: 'sk_live',
      expires_at: new Date(Date.now() + 3_000).toISOString(),
    })
    expect([await asks(key), await asks(key, 'fast')]).toEqual([200, 200])
    expect(await eventually(async () => (await asks(key)) === 401, 5_000)).toBe(true)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(end!))
    expect(await isRefusedInFastMode(key)).toBe(true)
  })

  it.each([
    ['an unknown kind', { kind: 'sk' }, '/kind'],
    ["an operator's kind, for an account", { kind: 'ak_live' }, '/kind'],
    ['a browser key without an origin', { kind: 'pk_live' }, '/origins'],
    ['a server key with an origin', { kind: 'sk_live', origins: [SHOP] }, '/origins'],
    ['an origin with a path', { kind: 'pk_live', origins: [SHOP, `${SHOP}/checkout`] }, '/origins/1'],
    ['an origin without TLS', { kind: 'pk_live', origins: ['http://shop.example'] }, '/origins/0'],
    ['a star for a whole TLD', { kind: 'pk_live', origins: ['https://*.example'] }, '/origins/0'],
    ['eleven origins', { kind: 'pk_live', origins: Array.from({ length: 11 }, () => SHOP) }, '/origins'],
    ['an end in the past', { kind: 'sk_live', expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    ['an end that is no instant', { kind: 'sk_live', expires_at: 'tomorrow' }, '/expires_at'],
    ['a name without end', { kind: 'sk_live', name: 'x'.repeat(201) }, '/name'],
    ['somebody else as holder', { kind: 'sk_live', account: OPERATORS }, '/account'],
  ])('is not made with %s', async (_what, body, pointer) => {
    const refused = await call<Problem>(stack, holder.key, { path: '/v1/keys', body })
    expect(refused).toMatchObject({ status: 422, body: { type: '/problems/invalid-field' } })
    expect(refused.body.errors?.map((error) => error.pointer)).toEqual([pointer])
  })

  it('for an account is none for operators', async () => {
    const body = { kind: 'sk_live', account: OPERATORS }
    const refused = await call<Problem>(stack, stack.keys.ak, { path: '/v1/keys', body })
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '/kind' }] } })
  })
})

describe.concurrent('a key that is replaced', () => {
  it('works beside the new one for the overlap, then ends in both modes', async () => {
    const old = await make({ kind: 'sk_live', name: 'rotated' })
    const { status, body: fresh } = await rotate(old.id, { overlap_s: 3 })
    expect(status).toBe(201)
    expect(fresh).toMatchObject({ kind: 'sk_live', name: 'rotated', expires_at: null })
    expect(fresh.id).not.toBe(old.id)
    expect([await asks(old.key), await asks(fresh.key)]).toEqual([200, 200])
    const end = Date.parse((await look(old.id)).body.expires_at!)
    expect(await eventually(async () => (await asks(old.key)) === 401, 5_000)).toBe(true)
    expect(Date.now()).toBeGreaterThanOrEqual(end)
    expect(await isRefusedInFastMode(old.key)).toBe(true)
    expect([await asks(fresh.key), await asks(fresh.key, 'fast')]).toEqual([200, 200])
  })

  it('has a day where the request says nothing', async () => {
    const { id } = await make()
    await rotate(id, {})
    const end = Date.parse((await look(id)).body.expires_at!)
    expect(Math.abs(end - Date.now() - 86_400_000)).toBeLessThan(10_000)
  })

  it('never has its end moved to later', async () => {
    const { id, key } = await make()
    await rotate(id, { overlap_s: 0 })
    expect(await asks(key)).toBe(401)
    await rotate(id, { overlap_s: 3_600 })
    expect(await asks(key)).toBe(401)
  })

  it('hands its origins on', async () => {
    const old = await make({ kind: 'pk_live', origins: [SHOP] })
    const { body: fresh } = await rotate(old.id, {})
    const from = async (origin: string) => {
      const body = { email: 'jane@null-mx.test' }
      return (await call(stack, fresh.key, { path: '/v1/verifications', body, headers: { origin } })).status
    }
    expect([await from(SHOP), await from('https://foreign.example')]).toEqual([200, 403])
  })

  it.each([-1, 1.5, 2_592_001, '60'])('cannot overlap for %j seconds', async (overlap) => {
    const refused = await rotate((await make()).id, { overlap_s: overlap })
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '/overlap_s' }] } })
  })
})

describe.concurrent('a key that is revoked', () => {
  it('is refused at once wherever the account is asked, and in fast mode soon; others go on', async () => {
    const [one, browser, other] = [await make(), await make({ kind: 'pk_live', origins: [SHOP] }), await make()]
    expect([await asks(one.key), await asks(one.key, 'fast'), await asks(browser.key, 'fast')]).toEqual([200, 200, 200])
    await revoke(browser.id)
    const { status, body } = await revoke(one.id)
    expect(status).toBe(200)
    expect(Math.abs(Date.parse(body.revoked_at!) - Date.now())).toBeLessThan(5_000)
    expect(await asks(one.key)).toBe(401)
    for (const path of ['/v1/usage', '/v1/keys', '/v1/verifications'])
      expect((await call(stack, one.key, { path })).status).toBe(401)
    expect(await Promise.all([one, browser].map(({ key }) => isRefusedInFastMode(key)))).toEqual([true, true])
    expect([await asks(other.key), await asks(other.key, 'fast')]).toEqual([200, 200])
  })

  it('stays listed with the instant at which it was first revoked', async () => {
    const { id } = await make()
    const first = (await revoke(id)).body
    expect((await revoke(id)).body).toEqual(first)
    expect((await look(id)).body).toEqual(first)
  })

  it('has no successor', async () => {
    const { id } = await make()
    await revoke(id)
    expect(await rotate(id, {})).toMatchObject({ status: 409, body: { type: '/problems/conflict' } })
  })

  it('can be the one that asks', async () => {
    const { id, key } = await make()
    expect((await revoke(id, key)).status).toBe(200)
    expect((await look(id, key)).status).toBe(401)
  })
})

describe('the keys of another account', () => {
  it('are not there', async () => {
    const other = await openAccount(stack, { units: 1 })
    const { id, key } = await make()
    const tries: Wanted[] = [
      { path: `/v1/keys/${id}` },
      { path: `/v1/keys/${id}`, method: 'DELETE' },
      { path: `/v1/keys/${id}/rotate`, body: {} },
    ]
    for (const wanted of tries)
      expect(await call(stack, other.key, wanted)).toMatchObject({ status: 404, body: { type: '/problems/not-found' } })
    const path = `/v1/keys?account=${holder.id}`
    expect(await call(stack, other.key, { path })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '?account' }] },
    })
    expect(await asks(key)).toBe(200)
  })
})

describe('an ak_test key', () => {
  it('looks at everything and changes nothing', async () => {
    const { key } = await makeKey(stack, OPERATORS, 'ak_test')
    const { id: account } = await openAccount(stack, { units: 1 })
    const whose = `?account=${account}`
    const { id } = await makeKey(stack, account, 'sk_test')
    const views = ['/v1/keys', `/v1/keys/${id}`, '/v1/credits', '/v1/usage'].map((path) => `${path}${whose}`)
    const seen = async () => {
      const answers = await Promise.all([...views, `/v1/accounts/${account}`].map((path) => call(stack, key, { path })))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      return answers.map(({ body }) => body)
    }
    const before = await seen()
    const changes: Wanted[] = [
      { path: '/v1/keys', body: { account, kind: 'sk_live' } },
      { path: `/v1/keys/${id}${whose}`, method: 'DELETE' },
      { path: `/v1/keys/${id}/rotate${whose}`, body: {} },
      { path: '/v1/accounts', body: { name: 'another' } },
      { path: `/v1/accounts/${account}`, method: 'PATCH', body: { unlimited: true } },
      { path: '/v1/credits', body: { account, units: 1_000 } },
      { path: '/v1/erasures', body: { account, email: 'jane@null-mx.test' } },
    ]
    for (const wanted of changes)
      expect(await call(stack, key, wanted)).toMatchObject({ status: 403, body: { type: '/problems/forbidden' } })
    expect(await seen()).toEqual(before)
    const ak = await call<AccountBody>(stack, stack.keys.ak, { path: `/v1/accounts/${account}` })
    expect(ak.body).toEqual(before.at(-1))
  })
})
