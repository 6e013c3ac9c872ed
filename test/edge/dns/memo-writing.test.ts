// Which names are worth a place in the Cache: those that come back.
import { expect, it } from 'vitest'
import { type Isolate, isolate, routeBy, serversWith } from './resolvers-under-test.ts'

const puts = (within: Isolate & { readonly cache: { readonly calls: readonly string[] } }) =>
  within.cache.calls.filter((call) => call === 'put').length

it('a name that is asked for once is written nowhere but in the isolate; one that comes back is, and once', async () => {
  const servers = await serversWith({ zone: ['b MX 10 mx.b.test.', 'mx.b A 127.25.0.1'], ttlS: 300 })
  const within = isolate()
  await routeBy(servers, { within, writtenFrom: 2 })
  expect(puts(within)).toBe(0)
  await routeBy(servers, { within, writtenFrom: 2 })
  await routeBy(servers, { within, writtenFrom: 2 })
  expect(puts(within)).toBe(1)
  // What another isolate finds there it need not write again.
  await routeBy(servers, { within: { ...isolate(), cache: within.cache }, writtenFrom: 2 })
  expect(puts(within)).toBe(1)
})
