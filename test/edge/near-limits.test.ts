// Limits of fast mode: exact within the isolate, heeding what the platform said of the whole location, and never for good.
import { describe, expect, it } from 'vitest'
import { NEAR, type Tier } from '../../edge/src/accounts/limits.ts'
import { createNearLimits, type NearLimit, type NearLimitBindings } from '../../edge/src/http/near-limits.ts'

/** Counts as the platform does, in windows of its own; `others` is what else this location let in in each window. */
function platform(clock: { now: number }, { limit, windowMs, others = 0 }: Platform): NearLimit {
  const counts = new Map<string, number>()
  return {
    limit: async ({ key }) => {
      const window = `${key} ${Math.floor((clock.now + 3_700) / windowMs)}`
      const used = (counts.get(window) ?? others) + 1
      counts.set(window, used)
      return { success: used <= limit }
    },
  }
}

interface Platform {
  readonly limit: number
  readonly windowMs: number
  readonly others?: number
}

function limitsWith(clock: { now: number }, others: number) {
  const tiers: readonly Tier[] = ['trial', 'standard', 'high']
  const bindings = Object.fromEntries(
    tiers.flatMap((tier) => [
      [`KEY_${tier.toUpperCase()}`, platform(clock, { limit: NEAR[tier].fast, windowMs: 10_000, others })],
      [`IP_${tier.toUpperCase()}`, platform(clock, { limit: NEAR[tier].ip, windowMs: 60_000 })],
    ]),
  ) as unknown as NearLimitBindings
  const limits = createNearLimits(bindings, () => clock.now)
  /** True where it was let in; what goes on afterwards has ended. */
  const ask = async (ip: string | null = null): Promise<boolean> => {
    const afterwards: (() => Promise<unknown>)[] = []
    const waitS = limits.waitS({ name: 'acc sk_live', ip, tier: 'trial' }, (work) => afterwards.push(work))
    await Promise.all(afterwards.map((work) => work()))
    return waitS === null
  }
  return { limits, ask }
}

/** How many of `count` requests, `everyMs` apart, were let in. */
async function letIn(clock: { now: number }, ask: () => Promise<boolean>, { count, everyMs }: Pace): Promise<number> {
  let granted = 0
  for (let at = 0; at < count; at += 1) {
    if (await ask()) granted += 1
    clock.now += everyMs
  }
  return granted
}

interface Pace {
  readonly count: number
  readonly everyMs: number
}

describe('a key in fast mode', () => {
  it('is let in exactly as often as its tier says within a window', async () => {
    const clock = { now: 0 }
    const { ask } = limitsWith(clock, 0)
    expect(await letIn(clock, ask, { count: 100, everyMs: 50 })).toBe(20)
  })

  it('that keeps asking too fast gets most of every window, for as long as it goes on', async () => {
    const clock = { now: 0 }
    const { ask } = limitsWith(clock, 0)
    for (let window = 0; window < 20; window += 1) {
      const got = await letIn(clock, ask, { count: 40, everyMs: 250 })
      expect(got).toBeGreaterThanOrEqual(12)
      expect(got).toBeLessThanOrEqual(21)
    }
  })

  it('is held back by what other isolates of the location let in, and asks again before long', async () => {
    const clock = { now: 0 }
    const { ask, limits } = limitsWith(clock, 20)
    expect(await ask()).toBe(true)
    expect(await ask()).toBe(false)
    const waitS = limits.waitS({ name: 'acc sk_live', ip: null, tier: 'trial' }, () => undefined)
    expect(waitS).toBe(2)
    clock.now += 2_000
    expect(await ask()).toBe(true)
  })

  it('behind a browser is limited by address, and one address leaves the others alone', async () => {
    const clock = { now: 0 }
    const { ask } = limitsWith(clock, 0)
    expect(await letIn(clock, () => ask('192.0.2.1'), { count: 15, everyMs: 10 })).toBe(10)
    expect(await letIn(clock, () => ask('192.0.2.2'), { count: 15, everyMs: 10 })).toBe(10)
  })
})
