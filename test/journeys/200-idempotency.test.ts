// `Idempotency-Key`: a repeated request has one effect and one answer, in every mode and at every POST; another one under its key is refused.
import type { AccountBody, KeyBody } from '@postern/shared/contract/account.ts'
import type { Problem } from '@postern/shared/contract/problem.ts'
import type { Verification } from '@postern/shared/contract/verification.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Called, openAccount, usageOf, type Wanted } from './accounts.ts'
import { makeKey, type MadeKey } from './contract.ts'
import { eventually } from './processes.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1'])
})
afterAll(() => stack.stop())

interface Holder {
  readonly id: string
  readonly key: string
  readonly test: string
}

async function open(units = 100): Promise<Holder> {
  const opened = await openAccount(stack, { units, tier: 'high' })
  return { ...opened, test: (await makeKey(stack, opened.id, 'sk_test')).key }
}

/** Sends it under an idempotency key. */
function under<T>(name: string, key: string, wanted: Wanted): Promise<Called<T>> {
  return call<T>(stack, key, { ...wanted, headers: { 'idempotency-key': name } })
}

const verification = (body: object): Wanted => ({ path: '/v1/verifications', body })
const account = async ({ id }: Pick<Holder, 'id'>) =>
  (await call<AccountBody>(stack, stack.keys.ak, { path: `/v1/accounts/${id}` })).body
const times = <T>(count: number, one: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, one))
const MISMATCH = { status: 422, body: { type: '/problems/idempotency-mismatch' } }

interface Mode {
  readonly what: string
  readonly by: 'key' | 'test'
  readonly mode: 'full' | 'fast'
  readonly units: number
}

const MODES: readonly Mode[] = [
  { what: 'full mode', by: 'key', mode: 'full', units: 1 },
  { what: 'fast mode', by: 'key', mode: 'fast', units: 0.1 },
  { what: 'full mode of the sandbox', by: 'test', mode: 'full', units: 0 },
  { what: 'fast mode of the sandbox', by: 'test', mode: 'fast', units: 0 },
]

describe.concurrent('a verification that is repeated', () => {
  it.each(MODES)('is the same in $what, kept once and charged once', async ({ by, mode, units }) => {
    const holder = await open()
    const wanted = verification({ email: 'jane@null-mx.test', mode })
    const first = await under<Verification>('order-1', holder[by], wanted)
    expect(first.status).toBe(200)
    const again = async () => (await under<Verification>('order-1', holder[by], wanted)).body
    const isKept = async () => JSON.stringify(await again()) === JSON.stringify(first.body)
    expect((await again()).id).toBe(first.body.id)
    expect(await eventually(isKept, 8_000)).toBe(true)
    const path = `/v1/verifications/${first.body.id}`
    expect((await call(stack, holder[by], { path })).body).toEqual(first.body)
    const isCounted = async () => (await usageOf(stack, holder)).rows.length > 0
    expect(await eventually(isCounted, 10_000)).toBe(true)
    const { charged, free } = await usageOf(stack, holder)
    expect({ count: charged.count + free.count, units: charged.units }).toEqual({ count: 1, units })
    expect((await account(holder)).balance.spent).toBe(units)
  })

  it.each(MODES)('is one in $what also when all come at once', async ({ by, mode, units }) => {
    const holder = await open()
    const wanted = verification({ email: 'karl@null-mx.test', mode })
    const answers = await times(8, () => under<Verification>('at-once', holder[by], wanted))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    // Fast mode has nobody to wait for: until the first answer is kept, each is made anew, under the one id.
    if (mode === 'full') expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    const isCounted = async () => (await usageOf(stack, holder)).rows.length > 0
    expect(await eventually(isCounted, 10_000)).toBe(true)
    const { charged, free } = await usageOf(stack, holder)
    expect(charged.count + free.count).toBe(1)
    expect((await account(holder)).balance.spent).toBeLessThanOrEqual(units)
  })

  it('waits for the first one, and causes no conversation of its own', async () => {
    const { key } = await open()
    await fetch(`${stack.worldUrl()}/world/reset`, { method: 'POST' })
    const wanted = verification({ email: 'jane.roe@slow-greeting.test', wait_ms: 10_000, max_age: 0 })
    const answers = await times(6, () => under<Verification>('slow', key, wanted))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(answers[0]!.body).toMatchObject({ status: 'deliverable', checks: { smtp: { state: 'asked' } } })
    expect(await stack.sessions()).toHaveLength(1)
  })

  it('is gone when it was erased meanwhile, and not made anew', async () => {
    const { key } = await open()
    const wanted = verification({ email: 'erased@null-mx.test' })
    await under('erased', key, wanted)
    await call(stack, key, { path: '/v1/erasures', body: { email: 'erased@null-mx.test' } })
    expect(await under('erased', key, wanted)).toMatchObject({ status: 410, body: { type: '/problems/gone' } })
  })
})

describe.concurrent('another request under the same key', () => {
  it.each(MODES)('is refused in $what', async ({ by, mode }) => {
    const holder = await open()
    await under('order-2', holder[by], verification({ email: 'jane@null-mx.test', mode }))
    const another = () => under<Problem>('order-2', holder[by], verification({ email: 'karl@null-mx.test', mode }))
    // Fast mode remembers nearby, and writes it down when the answer has left.
    expect(await eventually(async () => (await another()).status === 422, 5_000)).toBe(true)
    expect(await another()).toMatchObject(MISMATCH)
    expect((await another()).body.detail).toMatch(/use a new one/)
  })

  it('is refused at once while the first one is under way', async () => {
    const { test } = await open()
    const slow = (email: string) => () => under<Problem>('under-way', test, verification({ email }))
    const ended: number[] = []
    const both = [slow('slow@any.test'), slow('jane+slow@any.test')].map(async (one) =>
      ended.push((await one()).status),
    )
    await Promise.all(both)
    expect(ended).toEqual([422, 200])
  })

  it('is the same one whatever the order of its fields', async () => {
    const { key } = await open()
    const one = await under<Verification>('order-3', key, verification({ email: 'jane@null-mx.test', wait_ms: 900 }))
    const two = await under<Verification>('order-3', key, verification({ wait_ms: 900, email: 'jane@null-mx.test' }))
    expect(two).toMatchObject({ status: 200, body: { id: one.body.id } })
  })

  it('is one to another route, by another key of the account, and none by another account', async () => {
    const [holder, other] = await Promise.all([open(), open()])
    const wanted = verification({ email: 'jane@null-mx.test' })
    const first = await under<Verification>('shared', holder.key, wanted)
    expect(await under('shared', holder.key, { path: '/v1/erasures', body: wanted.body! })).toMatchObject(MISMATCH)
    const second = await makeKey(stack, holder.id, 'sk_live')
    expect((await under<Verification>('shared', second.key, wanted)).body.id).toBe(first.body.id)
    const elsewhere = await under<Verification>('shared', other.key, wanted)
    expect(elsewhere).toMatchObject({ status: 200, body: { cost: { units: 1, charged: true } } })
    expect(elsewhere.body.id).not.toBe(first.body.id)
  })
})

interface Post {
  readonly what: string
  readonly by: 'key' | 'ak'
  readonly wanted: (holder: Holder, spare: MadeKey) => Wanted
  /** The field that makes it another request. */
  readonly other: object
  /** What grows by one with every effect. */
  readonly effect: (holder: Holder) => Promise<number>
}

const keysOf = async ({ key }: Holder) =>
  (await call<{ keys: KeyBody[] }>(stack, key, { path: '/v1/keys' })).body.keys.length
const boughtBy = async (holder: Holder) => (await account(holder)).balance.bought

const POSTS: readonly Post[] = [
  {
    what: 'POST /v1/keys',
    by: 'key',
    wanted: () => ({ path: '/v1/keys', body: { kind: 'sk_test', name: 'once' } }),
    other: { name: 'twice' },
    effect: keysOf,
  },
  {
    what: 'POST /v1/keys/:id/rotate',
    by: 'key',
    wanted: (_, { id }) => ({ path: `/v1/keys/${id}/rotate`, body: { overlap_s: 60 } }),
    other: { overlap_s: 61 },
    effect: keysOf,
  },
  {
    what: 'POST /v1/credits',
    by: 'ak',
    wanted: ({ id }) => ({ path: '/v1/credits', body: { account: id, units: 1 } }),
    other: { units: 2 },
    effect: boughtBy,
  },
  {
    what: 'POST /v1/accounts',
    by: 'ak',
    wanted: ({ id }) => ({ path: '/v1/accounts', body: { name: id } }),
    other: { tier: 'high' },
    effect: async () => 1,
  },
]

describe.each(POSTS)('$what that is repeated', ({ what, by, wanted, other, effect }) => {
  const start = async (given?: Holder) => {
    const holder = given ?? (await open())
    const spare = await makeKey(stack, holder.id, 'sk_test')
    return {
      holder,
      whole: wanted(holder, spare),
      text: by === 'ak' ? stack.keys.ak : holder.key,
      name: `${what} ${holder.id}`,
    }
  }

  it('has one effect and one answer, one after the other and all at once', async () => {
    const { holder, whole, text, name } = await start()
    // A key is replaced once, so what is done all at once is done to another one.
    const another = (await start(holder)).whole
    const before = await effect(holder)
    const first = await under(name, text, whole)
    expect(first.status).toBe(201)
    const answers = [...(await times(5, () => under(name, text, whole))), await under(name, text, whole)]
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
    expect(answers.map(({ body }) => body)).toEqual(answers.map(() => first.body))
    const atOnce = await times(5, () => under(`${name} at once`, text, another))
    expect(new Set(atOnce.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(JSON.stringify(atOnce[0]!.body)).not.toBe(JSON.stringify(first.body))
    if (what !== 'POST /v1/accounts') expect((await effect(holder)) - before).toBe(2)
  })

  it('is refused with another body, and has no effect', async () => {
    const { holder, whole, text, name } = await start()
    await under(name, text, whole)
    const before = await effect(holder)
    const another = { ...whole, body: { ...whole.body, ...other } }
    expect(await under(name, text, another)).toMatchObject(MISMATCH)
    expect(await effect(holder)).toBe(before)
  })
})

describe('an `Idempotency-Key` that is none', () => {
  const WRONG = [
    ['is empty', ''],
    ['has 256 characters', 'x'.repeat(256)],
    ['has a tab in it', 'a\tb'],
    ['is not ASCII', 'Ã¼'],
  ] as const
  it.each(WRONG)('since it %s, is refused everywhere', async (_what, name) => {
    const holder = await open()
    const spare = await makeKey(stack, holder.id, 'sk_test')
    const posts = POSTS.map(
      ({ by, wanted }) => [by === 'ak' ? stack.keys.ak : holder.key, wanted(holder, spare)] as const,
    )
    const asked = MODES.map(({ by, mode }) => [holder[by], verification({ email: 'jane@null-mx.test', mode })] as const)
    const erasure = [holder.key, { path: '/v1/erasures', body: { email: 'jane@null-mx.test' } }] as const
    for (const [text, wanted] of [...posts, ...asked, erasure]) {
      const refused = await under<Problem>(name, text, wanted)
      expect(refused).toMatchObject({ status: 422, body: { type: '/problems/invalid-field' } })
      expect(refused.body.detail).toMatch(/^Idempotency-Key takes 1 to 255/)
    }
  })

  it('may be any other text: 255 characters, blanks within', async () => {
    const { key } = await open()
    for (const name of ['x', 'x'.repeat(255), 'order 47/11, "second" try {~}'])
      expect(await under(name, key, verification({ email: `${name.length}@null-mx.test` }))).toMatchObject({
        status: 200,
      })
  })
})

describe('a first attempt that was refused', () => {
  it('leaves the way free in full mode: for the same request, and for another', async () => {
    const holder = await open(0)
    const [one, two] = ['jane@null-mx.test', 'karl@null-mx.test'].map((email) => verification({ email }))
    expect(await under('later', holder.key, one!)).toMatchObject({ status: 402 })
    expect(await under('later', holder.key, two!)).toMatchObject({ status: 402 })
    await call(stack, stack.keys.ak, { path: '/v1/credits', body: { account: holder.id, units: 1 } })
    expect(await under('later', holder.key, two!)).toMatchObject({ status: 200, body: { cost: { units: 1 } } })
    expect(await under('later', holder.key, one!)).toMatchObject(MISMATCH)
  })

  it('leaves the way free for the same request in fast mode', async () => {
    const holder = await open(0)
    const ask = (name: string, email: string) => under(name, holder.key, verification({ email, mode: 'fast' }))
    // Another address each time: one that was answered before the copy came is free ever after.
    let turn = 0
    const refused = async () => (await ask(`p${++turn}`, `p${turn}@null-mx.test`)).status === 402
    expect(await eventually(refused, 8_000)).toBe(true)
    expect(await ask('later', 'jane@null-mx.test')).toMatchObject({ status: 402 })
    await call(stack, stack.keys.ak, { path: '/v1/credits', body: { account: holder.id, units: 1 } })
    expect(await ask('later', 'jane@null-mx.test')).toMatchObject({ status: 200, body: { cost: { units: 0.1 } } })
  })

  it('leaves the way free in the sandbox', async () => {
    const { test } = await open()
    expect(await under('later', test, verification({ email: 'rate_limit@any.test' }))).toMatchObject({ status: 429 })
    expect(await under('later', test, verification({ email: 'jane@any.test' }))).toMatchObject({ status: 200 })
  })

  it('leaves the way free where operators and holders change accounts', async () => {
    const { id, key } = await open()
    const nowhere = { path: '/v1/credits', body: { account: `acc_default_${'b'.repeat(25)}a`, units: 1 } }
    expect(await under('later', stack.keys.ak, nowhere)).toMatchObject({ status: 422 })
    const there = { path: '/v1/credits', body: { account: id, units: 1 } }
    expect(await under('later', stack.keys.ak, there)).toMatchObject({ status: 201 })
    expect(await under('later', key, { path: '/v1/keys/key_x/rotate', body: {} })).toMatchObject({ status: 404 })
    expect(await under('later', key, { path: '/v1/keys', body: { kind: 'sk_live' } })).toMatchObject({ status: 201 })
  })
})
