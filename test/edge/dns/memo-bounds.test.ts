// Where memory ends: a Cache that fails, an isolate that is full, answers that must not be kept.
import { describe, expect, it } from 'vitest'
import { openMemo } from '../../../edge/src/dns/memo.ts'
import { limitConnections } from '../../../edge/src/http/connections.ts'
import { type Isolate, isolate, routeBy, serversWith } from './resolvers-under-test.ts'

describe('a Cache', () => {
  it.each([
    [
      'that cannot be reached',
      { match: () => Promise.reject(new Error('down')), put: () => Promise.reject(new Error('down')) },
    ],
    ['that never answers', { match: () => new Promise<never>(() => undefined), put: async () => undefined }],
    ['that holds another shape', { match: async () => new Response('{}'), put: async () => undefined }],
    ['that holds something else', { match: async () => new Response('<html>'), put: async () => undefined }],
  ])('%s costs its look-up, not the answer', async (_what, cache) => {
    const servers = await serversWith({ zone: ['b MX 10 mx.b.test.', 'mx.b A 127.25.0.1'] })
    const within = isolate()
    const { targets, tookMs } = await routeBy(servers, { within: { ...within, cache: { ...cache, calls: [] } } })
    expect(targets).toEqual(['mx.b.test:reachable'])
    expect(tookMs).toBeLessThan(1_000)
  })
})

describe('an isolate', () => {
  const ports = (within: Isolate) => ({
    ...within,
    scope: '',
    writtenFrom: 1,
    connect: limitConnections(),
    sleep: async () => undefined,
  })
  const learned = (name: string, within: Isolate, ttlS: number | null) => {
    const memo = openMemo(name, ports(within))
    const answer = { kind: 'nodata', ttlS, authentic: false } as const
    memo.learn(`first MX ${name}`, { answer, source: 'one', observedAt: within.now(), sole: false })
    return memo
  }

  it('remembers a thousand names, those that were used last', () => {
    const within = isolate()
    for (let at = 0; at < 1_000; at += 1) learned(`n${at}.test`, within, 60)
    openMemo('n0.test', ports(within))
    learned('one-more.test', within, 60)
    expect(within.near.size).toBe(1_000)
    expect([within.near.has('n0.test'), within.near.has('n1.test')]).toEqual([true, false])
  })

  it('keeps no "nothing there" without SOA, and none longer than a quarter of an hour', () => {
    let now = 0
    const within = isolate(() => now)
    const recalled = (memo: ReturnType<typeof learned>) => memo.recall('first MX b.test') !== null
    expect(recalled(learned('b.test', within, null))).toBe(false)
    const memo = learned('b.test', within, 86_400)
    now = 899_999
    expect(recalled(memo)).toBe(true)
    now = 900_000
    expect(recalled(memo)).toBe(false)
  })

  it('keeps the younger answer where the Cache has an older one', async () => {
    let now = 1_000_000
    const older = isolate(() => now)
    await learned('b.test', older, 60).write()
    now += 1_000
    const within: Isolate = { ...isolate(() => now), cache: older.cache }
    const memo = learned('b.test', within, 60)
    await memo.open(['first MX b.test', 'first A b.test'])
    expect(memo.recall('first MX b.test')?.observedAt).toBe(now)
    expect(older.cache.calls).toEqual(['put', 'match'])
  })

  it('remembers of one name no more than 64 answers', () => {
    const within = isolate()
    const memo = learned('b.test', within, 60)
    const answer = { kind: 'nodata', ttlS: 60, authentic: false } as const
    for (let at = 0; at < 100; at += 1) {
      memo.learn(`first A mx${at}.b.test`, { answer, source: 'one', observedAt: within.now(), sole: false })
    }
    expect(within.near.get('b.test')!.answers.size).toBe(64)
  })
})
