// What an account's settings do: how often its keys may ask by tier, what happens without credits, which flags it refuses; and the same by name in the sandbox.
import type { AccountBody, AccountSettings } from '@postern/shared/contract/account.ts'
import type { Problem } from '@postern/shared/contract/problem.ts'
import type { Verification } from '@postern/shared/contract/verification.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Called } from './accounts.ts'
import { makeKey, type Place } from './contract.ts'
import { eventually } from './processes.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1'])
})
afterAll(() => stack.stop())

type Wish = Partial<AccountSettings> & { readonly units?: number }
type Keys = Pick<Place, 'account' | 'keys'>

async function open({ units = 0, ...settings }: Wish): Promise<Keys> {
  const { ak } = stack.keys
  const made = await call<AccountBody>(stack, ak, { path: '/v1/accounts', body: { name: 'limits', ...settings } })
  const account = made.body.id
  if (units > 0) await call(stack, ak, { path: '/v1/credits', body: { account, units } })
  const kinds = ['sk_live', 'sk_test', 'pk_live', 'pk_test'] as const
  const keys = await Promise.all(kinds.map(async (kind) => [kind, (await makeKey(stack, account, kind)).key]))
  return { account, keys: Object.fromEntries(keys) as Keys['keys'] }
}

/** An answer has the fields of a verification, a refusal those of a problem. */
type Told = Verification & Omit<Problem, 'status'>

interface Asked {
  readonly email?: string
  readonly mode?: 'fast' | 'full'
  readonly ip?: string
}

function ask(key: string, { email = 'jane@null-mx.test', mode, ip = '192.0.2.1' }: Asked = {}) {
  const body = { email, ...(mode === undefined ? {} : { mode }) }
  const headers = { 'cf-connecting-ip': ip }
  return call<Told>(stack, key, { path: '/v1/verifications', body, headers })
}

/** Asks until refused, at most so often; how often it was answered, and the refusal. */
async function untilRefused(most: number, one: () => Promise<Called<Told>>) {
  for (let answered = 0; answered <= most; answered += 1) {
    const answer = await one()
    if (answer.status !== 200) return { answered, refused: answer }
  }
  throw new Error(`never refused in ${most + 1} requests`)
}

function isTooMany(refused: Called<Told>, windowS: number): void {
  expect(refused).toMatchObject({ status: 429, body: { type: '/problems/rate-limited' } })
  const after = Number(refused.headers.get('retry-after'))
  expect(refused.body.detail).toContain(`come back in ${after} s`)
  expect(after).toBeGreaterThan(0)
  expect(after).toBeLessThanOrEqual(windowS)
}

describe('429: how often a key may ask', () => {
  it.each(['sk_live', 'sk_test'] as const)('full mode by a trial %s key 60 times a minute', async (kind) => {
    const { keys } = await open({ units: 100 })
    const first = await ask(keys[kind], { mode: 'full' })
    expect(first.status).toBe(200)
    const { answered, refused } = await untilRefused(60, () => ask(keys[kind], { mode: 'full' }))
    expect(answered).toBe(59)
    isTooMany(refused, 60)
    expect(refused.headers.get('ratelimit-policy')).toBe('"full";q=60;w=60')
    expect(refused.headers.get('ratelimit')).toBe(`"full";r=0;t=${refused.headers.get('retry-after')}`)
  })

  it('and who is refused causes no conversation with a mail server', async () => {
    const { keys } = await open({ units: 100 })
    await untilRefused(60, () => ask(keys.sk_live, { mode: 'full' }))
    await fetch(`${stack.worldUrl()}/world/reset`, { method: 'POST' })
    for (const email of ['jane.roe@callback.test', 'jane.roe@starttls.test', 'karl.weber@strict.test'])
      expect(await ask(keys.sk_live, { mode: 'full', email })).toMatchObject({ status: 429 })
    expect(await stack.sessions()).toEqual([])
  })

  it('all keys of a kind together; calls, full and fast mode each for themselves', async () => {
    const { account, keys } = await open({ units: 100 })
    await untilRefused(60, () => ask(keys.sk_live, { mode: 'full' }))
    const other = await makeKey(stack, account, 'sk_live')
    expect(await ask(other.key, { mode: 'full' })).toMatchObject({ status: 429 })
    expect(await ask(keys.sk_live, { mode: 'fast' })).toMatchObject({ status: 200 })
    const calls = await call(stack, keys.sk_live, { path: '/v1/usage' })
    expect(calls.status).toBe(200)
    expect(calls.headers.get('ratelimit')).toMatch(/^"calls";r=59;t=\d+$/)
  })

  it('counts down where it counts: `RateLimit` says how many requests are left', async () => {
    const { keys } = await open({ units: 100, tier: 'standard' })
    const left = []
    for (let asked = 0; asked < 3; asked += 1) left.push((await ask(keys.sk_live)).headers.get('ratelimit'))
    expect(left).toEqual([599, 598, 597].map((r) => expect.stringMatching(new RegExp(`^"full";r=${r};t=\\d+$`))))
  })

  // Counted nearby: the edge has to learn the tier first, and a window that ends meanwhile lets more through.
  it('fast mode by a trial key 20 times in 10 s', async () => {
    const { keys } = await open({ units: 100 })
    const { answered, refused } = await untilRefused(60, () => ask(keys.sk_live, { mode: 'fast' }))
    expect(answered).toBeGreaterThanOrEqual(20)
    isTooMany(refused, 10)
    expect(refused.headers.get('ratelimit')).toBeNull()
  })

  it.each([
    ['trial', 10],
    ['standard', 60],
  ] as const)('a %s pk_ key %i times a minute from one address, and from another all the same', async (tier, most) => {
    const { keys } = await open({ units: 100, tier })
    const { answered, refused } = await untilRefused(3 * most, () => ask(keys.pk_live))
    expect(answered).toBeGreaterThanOrEqual(most)
    isTooMany(refused, 60)
    const another = async () => (await ask(keys.pk_live, { ip: '192.0.2.2' })).status === 200
    expect(await eventually(another, 11_000)).toBe(true)
    expect(await ask(keys.pk_live)).toMatchObject({ status: 429 })
  })
})

describe('402: what happens without credits', () => {
  it('full mode is refused, the account as it was', async () => {
    const { account, keys } = await open({})
    const refused = await ask(keys.sk_live, { mode: 'full' })
    expect(refused).toMatchObject({ status: 402, body: { type: '/problems/insufficient-credits' } })
    expect(refused.body.detail).toMatch(/buy credits/)
    expect(refused.headers.get('ratelimit')).toMatch(/^"full";r=59;/)
    const { body } = await call<AccountBody>(stack, stack.keys.ak, { path: `/v1/accounts/${account}` })
    expect(body.balance).toEqual({ bought: 0, spent: 0, reserved: 0, available: 0 })
  })

  it.each(['sk_live', 'pk_live'] as const)(
    'fast mode by an %s key is refused too, once the edge knows',
    async (kind) => {
      const { keys } = await open({ tier: 'high' })
      const { refused } = await untilRefused(200, () => ask(keys[kind], { mode: 'fast' }))
      expect(refused).toMatchObject({ status: 402, body: { type: '/problems/insufficient-credits' } })
    },
  )

  it('a purchase is enough to go on', async () => {
    const { account, keys } = await open({})
    expect(await ask(keys.sk_live, { mode: 'full' })).toMatchObject({ status: 402 })
    await call(stack, stack.keys.ak, { path: '/v1/credits', body: { account, units: 1 } })
    expect(await ask(keys.sk_live, { mode: 'full' })).toMatchObject({ status: 200, body: { cost: { units: 1 } } })
    expect(await ask(keys.sk_live, { mode: 'full', email: 'karl@null-mx.test' })).toMatchObject({ status: 402 })
  })

  it('`when_out_of_credits: "free"` goes on in fast mode, free of charge, and says why', async () => {
    const { account, keys } = await open({ when_out_of_credits: 'free', tier: 'high' })
    const free = { units: 0, charged: false, why: 'out_of_credits' }
    // Another address each time: what was answered before the account's copy had come is a repeat ever after.
    let turn = 0
    const isFree = async () => {
      turn += 1
      const { body } = await ask(keys.sk_live, { mode: 'fast', email: `free-${turn}@null-mx.test` })
      return body.cost.why === 'out_of_credits'
    }
    expect(await eventually(isFree, 8_000)).toBe(true)
    expect(await ask(keys.pk_live, { email: 'karl@null-mx.test' })).toMatchObject({ status: 200, body: { cost: free } })
    expect(await ask(keys.sk_live, { mode: 'full' })).toMatchObject({ status: 402 })
    await call(stack, stack.keys.ak, { path: `/v1/accounts/${account}`, method: 'PATCH', body: { unlimited: true } })
    expect(await ask(keys.sk_live, { mode: 'full' })).toMatchObject({ status: 200 })
  })

  it('`unlimited` is counted and never refused', async () => {
    const { account, keys } = await open({ unlimited: true })
    for (const email of ['a@null-mx.test', 'b@null-mx.test'])
      expect(await ask(keys.sk_live, { email })).toMatchObject({ status: 200, body: { cost: { units: 1 } } })
    const { body } = await call<AccountBody>(stack, stack.keys.ak, { path: `/v1/accounts/${account}` })
    expect(body).toMatchObject({ standing: 'good', balance: { bought: 0, spent: 2, available: null } })
  })
})

describe('200: flags that an account refuses', () => {
  it.each(['full', 'fast'] as const)('turn the advice to reject in %s mode, and nothing else', async (mode) => {
    const role = { email: 'sales@catchall.test', mode }
    const [refusing, other] = await Promise.all([
      open({ units: 100, refuse_flags: ['role'] }),
      open({ units: 100, refuse_flags: ['disposable'] }),
    ])
    const advice = async ({ keys }: Keys) => (await ask(keys.sk_live, role)).body.advice
    expect(await eventually(async () => (await advice(refusing)) === 'reject', 8_000)).toBe(true)
    expect(await advice(other)).toBe('accept')
    const [one, two] = [(await ask(refusing.keys.sk_live, role)).body, (await ask(other.keys.sk_live, role)).body]
    expect(one).toMatchObject({ flags: { role: true }, status: two.status, reason: two.reason, score: two.score })
  })

  it('leave an address without such a flag as it is', async () => {
    const { keys } = await open({ units: 100, refuse_flags: ['role', 'disposable'] })
    const answer = await ask(keys.sk_live, { email: 'jane.roe@strict.test', mode: 'full' })
    expect(answer.body).toMatchObject({ status: 'deliverable', advice: 'accept' })
  })
})

describe('names in the sandbox', () => {
  it.each([
    ['rate_limit', 429, 'rate-limited'],
    ['insufficient_credits', 402, 'insufficient-credits'],
  ] as const)('%s@ is answered %i as it would be', async (name, status, type) => {
    const { keys } = await open({})
    for (const [key, mode] of [
      ['sk_test', 'full'],
      ['sk_test', 'fast'],
      ['pk_test', 'fast'],
    ] as const) {
      for (const email of [`${name}@any.test`, `jane+${name}@any.test`]) {
        const answer = await ask(keys[key], { email, mode })
        expect(answer).toMatchObject({ status, body: { type: `/problems/${type}` } })
        const wait = mode === 'full' ? '1' : '10'
        expect(answer.headers.get('retry-after')).toBe(status === 429 ? wait : null)
      }
    }
  })

  it('slow@ takes three seconds, or as long as the request has', async () => {
    const { keys } = await open({})
    const timed = async (more: object) => {
      const body = { email: 'slow@any.test', ...more }
      const answer = await call<Verification>(stack, keys.sk_test, { path: '/v1/verifications', body })
      expect(answer).toMatchObject({ status: 200, body: { status: 'deliverable' } })
      return answer.body.timing.total_ms
    }
    const [usual, hasty] = await Promise.all([timed({}), timed({ wait_ms: 600 })])
    expect(usual).toBeGreaterThan(2_900)
    expect(usual).toBeLessThan(4_000)
    expect(hasty).toBeGreaterThan(500)
    expect(hasty).toBeLessThan(1_500)
  })

  it('needs no credit and is never charged', async () => {
    const { account, keys } = await open({})
    const sandbox = { units: 0, charged: false, why: 'sandbox' }
    expect(await ask(keys.sk_test, { mode: 'full' })).toMatchObject({ status: 200, body: { cost: sandbox } })
    expect(await ask(keys.pk_test)).toMatchObject({ status: 200, body: { cost: sandbox } })
    const { body } = await call<AccountBody>(stack, stack.keys.ak, { path: `/v1/accounts/${account}` })
    expect(body.balance.spent).toBe(0)
  })
})
