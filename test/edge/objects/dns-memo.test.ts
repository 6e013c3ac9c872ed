// The memory of the DNS in the real Workers Cache: one isolate learns, the next one knows, and nobody outlives a TTL.
import { expect, it } from 'vitest'
import { type Kept, type Near, openMemo } from '../../../edge/src/dns/memo.ts'

const START = Date.now()
const connect = <T>(call: () => Promise<T>): Promise<T> => call()
const sleep = (ms: number) => scheduler.wait(ms)

function memoAt(now: number, name = 'b.test') {
  const near: Near = new Map()
  return openMemo(name, {
    near,
    cache: caches.default,
    scope: 'one, two',
    writtenFrom: 1,
    connect,
    sleep,
    now: () => now,
  })
}
const mx = (ttlS: number) => ({
  answer: { kind: 'records', data: [{ preference: 10, exchange: 'mx.b.test' }], ttlS, authentic: true } as const,
  source: 'one',
  observedAt: START,
  sole: false,
})

it('what one isolate wrote, another one reads, each answer until its own end', async () => {
  const writer = memoAt(START)
  writer.learn('first MX b.test', mx(300))
  writer.learn('first A b.test', mx(60))
  await writer.write()
  const recalled = async (now: number): Promise<(Kept | null)[]> => {
    const reader = memoAt(now)
    await reader.open(['first MX b.test'])
    return ['first MX b.test', 'first A b.test'].map((key) => reader.recall(key))
  }
  const kept = { ...mx(300), expiresAt: START + 300_000 }
  expect(await recalled(START + 59_999)).toEqual([kept, { ...mx(60), expiresAt: START + 60_000 }])
  expect(await recalled(START + 60_000)).toEqual([kept, null])
  expect(await recalled(START + 300_000)).toEqual([null, null])
})

it('a name is not taken for another, whatever is in it', async () => {
  const writer = memoAt(START, 'a.test/b.test')
  writer.learn('first MX b.test', mx(300))
  await writer.write()
  const reader = memoAt(START, 'b.test/')
  await reader.open(['first MX b.test'])
  expect(reader.recall('first MX b.test')).toBe(null)
})
