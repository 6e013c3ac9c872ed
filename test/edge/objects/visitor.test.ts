// A visitor of the pages: so many questions an hour, and nothing remembered after it.
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../edge/src/accounts/visitor.ts'
import { alarmOf, HOUR, MINUTE, newId, NOON, pass, ring, standingClock } from './given.ts'

standingClock()

function newVisitor() {
  return env.VISITORS.getByName(newId())
}

type Visitor = ReturnType<typeof newVisitor>

async function allowed(visitor: Visitor, mode: Asked, questions: number): Promise<number> {
  const asked = await Promise.all(Array.from({ length: questions }, () => visitor.ask(mode)))
  return asked.filter(({ allowed }) => allowed).length
}

describe('within an hour a visitor', () => {
  it.each([
    ['fast', 20],
    ['full', 3],
    ['report', 20],
    ['kept', 60],
  ] as const)('may ask by %s %d times, however many come at once', async (mode, limit) => {
    const visitor = newVisitor()
    expect(await allowed(visitor, mode, limit + 5)).toBe(limit)
    pass(HOUR - 1)
    expect(await allowed(visitor, mode, 1)).toBe(0)
    pass(1)
    expect(await allowed(visitor, mode, limit + 5)).toBe(limit)
  })

  it('uses up neither the other mode nor what another visitor may', async () => {
    const visitor = newVisitor()
    await allowed(visitor, 'full', 4)
    expect(await allowed(visitor, 'fast', 21)).toBe(20)
    expect(await allowed(newVisitor(), 'full', 4)).toBe(3)
  })

  it('is told what remains and when it begins anew', async () => {
    const visitor = newVisitor()
    await visitor.ask('full')
    pass(20 * MINUTE)
    expect(await visitor.ask('full')).toEqual({
      allowed: true,
      quota: { policy: 'page_full', limit: 3, windowS: 3_600, remaining: 1, resetS: 2_400 },
    })
  })
})

describe('an hour after its last question a visitor', () => {
  it('is forgotten, and not before', async () => {
    const visitor = newVisitor()
    await visitor.ask('fast')
    pass(HOUR / 2)
    await visitor.ask('fast')
    expect(await alarmOf(visitor)).toBe(NOON + HOUR / 2 + HOUR)
    expect(await ring(visitor)).toBe(true)
    expect(await alarmOf(visitor)).toBeNull()
    expect(await visitor.ask('fast')).toMatchObject({ quota: { remaining: 19 } })
  })
})
