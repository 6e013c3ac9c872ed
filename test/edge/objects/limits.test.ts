// How often one key may ask its account: a window of a minute for each key and each kind of request.
import { describe, expect, it } from 'vitest'
import { OPERATORS } from '../../../edge/src/accounts/ids.ts'
import { type Policy, PER_MINUTE, TIERS } from '../../../edge/src/accounts/limits.ts'
import { account, type Given, MINUTE, newKey, objects, outcome, pass, standingClock } from './given.ts'

standingClock()

function ask({ stub, key }: Pick<Given, 'stub' | 'key'>, policy: Policy) {
  return stub.admit({ key, operator: false, policy, wanted: null })
}

/** How many of so many requests at once are let in. */
async function letIn(given: Pick<Given, 'stub' | 'key'>, policy: Policy, requests: number): Promise<number> {
  const admitted = await Promise.all(Array.from({ length: requests }, () => ask(given, policy)))
  return admitted.filter(({ ok }) => ok).length
}

describe('within a minute', () => {
  it.each(
    TIERS.filter((tier) => tier !== 'high').flatMap((tier) =>
      (['full', 'calls'] as const).map((policy) => [tier, policy, PER_MINUTE[tier][policy]] as const),
    ),
  )('a key of tier %s may ask for "%s" %d times, however many come at once', async (tier, policy, limit) => {
    expect(await letIn(await account(0, { tier }), policy, limit + 20)).toBe(limit)
  })

  it('one kind of request does not use up the other, nor one kind of key the other; keys of a kind share', async () => {
    const given = await account()
    const same = await newKey()
    const other = await newKey({ kind: 'pk_live' })
    await Promise.all([same, other].map(({ stored }) => given.stub.addKey(stored)))
    expect(await letIn(given, 'full', 61)).toBe(60)
    expect(await letIn(given, 'calls', 1)).toBe(1)
    expect(await letIn({ stub: given.stub, key: same.key }, 'full', 1)).toBe(0)
    expect(await letIn({ stub: given.stub, key: other.key }, 'full', 1)).toBe(1)
  })

  it('the caller is told what remains and when it begins anew', async () => {
    const given = await account()
    expect(await ask(given, 'full')).toMatchObject({
      quota: { policy: 'full', limit: 60, windowS: 60, remaining: 59, resetS: 60 },
    })
    pass(MINUTE / 4)
    expect(await ask(given, 'full')).toMatchObject({ quota: { remaining: 58, resetS: 45 } })
    await letIn(given, 'full', 58)
    expect(await ask(given, 'full')).toMatchObject({
      ok: false,
      why: 'rate-limited',
      quota: { remaining: 0, resetS: 45 },
    })
  })

  it('a request that was counted elsewhere is not counted here', async () => {
    const given = await account()
    await letIn(given, 'full', 60)
    expect(await given.stub.admit({ key: given.key, operator: false, policy: null, wanted: null })).toMatchObject({
      ok: true,
      quota: null,
    })
  })

  it('a refused request reserves nothing', async () => {
    const given = await account(100)
    await letIn(given, 'full', 60)
    const wanted = {
      id: 'ver_1',
      units: 1,
      address: [],
      mode: 'full',
      maxAgeS: 0,
      expiresAt: Date.now() + MINUTE,
    } as const
    expect(outcome(await given.stub.admit({ key: given.key, operator: false, policy: 'full', wanted }))).toBe(
      'rate-limited',
    )
    expect((await given.stub.describe())!.balance.reserved).toBe(0)
  })

  it('a key that is refused is not told of a limit', async () => {
    const given = await account()
    const { key } = await newKey()
    expect(await ask({ stub: given.stub, key }, 'full')).toEqual({ ok: false, why: 'unauthenticated' })
  })

  it('a request for which there is no credit counts, and its caller is told what remains', async () => {
    const given = await account()
    const wanted = {
      id: 'ver_1',
      units: 1,
      address: [],
      mode: 'full',
      maxAgeS: 0,
      expiresAt: Date.now() + MINUTE,
    } as const
    expect(await given.stub.admit({ key: given.key, operator: false, policy: 'full', wanted })).toMatchObject({
      why: 'insufficient-credits',
      quota: { remaining: 59 },
    })
  })

  it("an operator's key has the highest tier, on an account that was never made", async () => {
    const { key } = await newKey()
    const admitted = await objects.account(OPERATORS).admit({ key, operator: true, policy: 'calls', wanted: null })
    expect(admitted).toMatchObject({ ok: true, quota: { limit: PER_MINUTE.high.calls } })
  })
})

describe('after a minute', () => {
  it('the window begins anew, and not a millisecond before', async () => {
    const given = await account()
    await letIn(given, 'full', 60)
    pass(MINUTE - 1)
    expect(await letIn(given, 'full', 1)).toBe(0)
    pass(1)
    expect(await letIn(given, 'full', 61)).toBe(60)
  })

  it('a higher tier is heeded within the window that is open', async () => {
    const given = await account()
    expect(await letIn(given, 'full', 61)).toBe(60)
    await given.stub.configure({ tier: 'standard' })
    expect(await letIn(given, 'full', 600)).toBe(540)
  })
})
