// What an isolate makes of its resolvers' history: when one may be overtaken, and when it is left alone.
import { describe, expect, it } from 'vitest'
import { createStandings, type Standing } from '../../../edge/src/dns/standing.ts'

function standing(): { one: Standing; pass: (ms: number) => void } {
  let now = 1_000_000
  return { one: createStandings(() => now).of('one'), pass: (ms) => void (now += ms) }
}
const times = (count: number, act: () => void): void => Array.from({ length: count }).forEach(act)

describe('a resolver may be overtaken', () => {
  it.each<[string, readonly number[], number]>([
    ['without history, after 120 ms', [], 120],
    ['with too little of it, after 120 ms too', Array<number>(7).fill(50), 120],
    ['that always takes 50 ms, after 50', Array<number>(32).fill(50), 50],
    ['at its 95th percentile: one of twenty is no reason', [...Array<number>(19).fill(50), 300], 50],
    ['two of twenty are one', [...Array<number>(18).fill(50), 300, 300], 300],
    ['that is very quick, not before 30 ms', Array<number>(32).fill(2), 30],
    ['that is very slow, after 400 ms', Array<number>(32).fill(1_400), 400],
    ['by what it did lately: 32 answers', [...Array<number>(50).fill(300), ...Array<number>(32).fill(60)], 60],
  ])('%s', (_what, tookMs, expected) => {
    const { one } = standing()
    for (const ms of tookMs) one.spoke(ms)
    expect(one.hedgeAfterMs()).toBe(expected)
  })

  it('and how long it was silent then is history too, unless it was not given its time', () => {
    const { one } = standing()
    times(32, () => one.overtaken(20))
    expect(one.hedgeAfterMs()).toBe(120)
    times(9, () => {
      one.spoke(1)
      one.overtaken(250)
    })
    expect(one.hedgeAfterMs()).toBe(250)
  })
})

describe('the budget', () => {
  it('is twelve at first, then one for every ten questions, and never more than twelve', () => {
    const standings = createStandings(() => 0)
    const taken = () => {
      let count = 0
      while (standings.hedge()) count += 1
      return count
    }
    times(1_000, standings.asked)
    expect(taken()).toBe(12)
    times(9, standings.asked)
    expect(taken()).toBe(0)
    times(22, standings.asked)
    expect(taken()).toBe(3)
  })
})

describe('the breaker', () => {
  it('opens after five faults in a row, of whatever resolver has them', () => {
    const standings = createStandings(() => 0)
    times(4, () => standings.of('one').failed(null))
    expect(standings.of('one').available()).toBe(true)
    standings.of('one').failed(null)
    expect(standings.of('one').available()).toBe(false)
    expect(standings.of('two').available()).toBe(true)
  })

  it('opens after ten silences in a row', () => {
    const { one } = standing()
    times(9, () => one.overtaken(500))
    expect(one.available()).toBe(true)
    one.overtaken(500)
    expect(one.available()).toBe(false)
  })

  it('does not where something was said between', () => {
    const { one } = standing()
    times(20, () => {
      times(4, () => one.failed(null))
      one.spoke(10)
    })
    expect(one.available()).toBe(true)
  })

  it('closes with the first word that is heard', () => {
    const { one, pass } = standing()
    times(5, () => one.failed(null))
    pass(2_000)
    one.begin()
    one.spoke(10)
    expect(one.available()).toBe(true)
    times(4, () => one.failed(null))
    expect(one.available()).toBe(true)
  })

  it('stays open for 2 seconds, then twice as long each time, a minute at most; one question each time tries it', () => {
    const { one, pass } = standing()
    times(5, () => one.failed(null))
    for (const openMs of [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      pass(openMs - 1)
      expect(one.available()).toBe(false)
      pass(1)
      expect(one.available()).toBe(true)
      one.begin()
      expect(one.available()).toBe(false)
      one.failed(null)
    }
  })

  it('is not opened further by what was asked before it opened', () => {
    const { one, pass } = standing()
    times(9, () => one.failed(null))
    pass(2_000)
    expect(one.available()).toBe(true)
  })

  it('is tried again where nothing was heard of the question that tried it', () => {
    const { one, pass } = standing()
    times(5, () => one.failed(null))
    pass(2_000)
    one.begin()
    pass(2_999)
    expect(one.available()).toBe(false)
    pass(1)
    expect(one.available()).toBe(true)
  })

  it.each([
    [7_000, 7_000],
    [3_600_000, 60_000],
    [0, 0],
  ])('opens at once for the %i ms that the resolver asks for: %i', (asked, openMs) => {
    const { one, pass } = standing()
    one.failed(asked)
    pass(openMs - 1)
    expect(one.available()).toBe(false)
    pass(1)
    expect(one.available()).toBe(true)
  })
})
