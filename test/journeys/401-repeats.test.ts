// What an idempotency key never opens: a repeat is let in like any other request, and ids that are none are not found.
import type { Verification } from '@postern/shared/contract/verification.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, openAccount } from './accounts.ts'
import { eventually } from './processes.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1'])
})
afterAll(() => stack.stop())

const PATH = '/v1/verifications'

async function revoke(account: string, secret: string): Promise<void> {
  const listed = await call<{ keys: { id: string; last_four: string }[] }>(stack, stack.keys.ak, {
    path: `/v1/keys?account=${account}`,
  })
  const { id = '' } = listed.body.keys.find(({ last_four: four }) => secret.endsWith(four)) ?? {}
  const gone = await call(stack, stack.keys.ak, { path: `/v1/keys/${id}?account=${account}`, method: 'DELETE' })
  expect(gone.status).toBe(200)
}

describe.concurrent('a repeat by its idempotency key', () => {
  it.each(['full', 'fast'])('of %s mode is refused once the key is revoked', async (mode) => {
    const { id, key } = await openAccount(stack, { units: 10, tier: 'high' })
    const request = { path: PATH, body: { email: 'a@null-mx.test', mode }, headers: { 'idempotency-key': 'one' } }
    const first = await call<Verification>(stack, key, request)
    expect((await call<Verification>(stack, key, request)).body.id).toBe(first.body.id)
    await revoke(id, key)
    const refused = async () => (await call(stack, key, request)).status === 401
    if (mode === 'full') expect(await refused()).toBe(true)
    // Fast mode learns of it by its copy of the account, which is renewed every five seconds.
    else expect(await eventually(refused, 10_000)).toBe(true)
  })

  it('counts against the limit of its key', async () => {
    const { key } = await openAccount(stack, { units: 10, tier: 'trial' })
    const request = { path: PATH, body: { email: 'a@null-mx.test' }, headers: { 'idempotency-key': 'one' } }
    const answers = []
    for (let at = 0; at < 61; at += 1) answers.push((await call(stack, key, request)).status)
    expect(answers.filter((status) => status === 200)).toHaveLength(60)
    expect(answers.at(-1)).toBe(429)
  })

  it('of a test key lends a live key neither its answer nor its price, and keeps it out of nothing', async () => {
    const { id, key } = await openAccount(stack, { units: 0, tier: 'high' })
    const made = await call<{ key: string }>(stack, stack.keys.ak, {
      path: '/v1/keys',
      body: { account: id, kind: 'sk_test' },
    })
    const request = { path: PATH, body: { email: 'a@null-mx.test' }, headers: { 'idempotency-key': 'order-1' } }
    expect((await call(stack, made.body.key, request)).status).toBe(200)
    expect((await call(stack, key, request)).status).toBe(402)
    await call(stack, stack.keys.ak, { path: '/v1/credits', body: { account: id, units: 1 } })
    const other = { ...request, body: { email: 'b@null-mx.test' } }
    expect((await call<Verification>(stack, key, other)).body.cost).toMatchObject({ units: 1, why: 'confirmed' })
  })

  it('makes no key for an account that was never made', async () => {
    const nobody = `acc_default_${'b'.repeat(25)}a`
    const body = { account: nobody, kind: 'sk_live' }
    expect((await call(stack, stack.keys.ak, { path: '/v1/keys', body })).status).toBe(422)
    expect((await call(stack, stack.keys.ak, { path: `/v1/keys?account=${nobody}` })).status).toBe(422)
  })
})

describe('an id that is none of ours', () => {
  it.each([
    'ver_81M7Z2NZ984A5TANHF2Z78ZTN9',
    'ver_ZZZZZZZZZZZZZZZZZZZZZZZZZZ',
    'ver_',
    'x',
    'ver_7ZZZZZZZZZZZZZZZZZZZZZZZZZ',
  ])('%s is not found', async (id) => {
    expect((await call(stack, stack.keys.sk_live, { path: `${PATH}/${id}` })).status).toBe(404)
  })
})
