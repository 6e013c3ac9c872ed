// A second domain, asked about beside the first: does it take mail, no more than that, and at no cost of time.
import { beforeAll, describe, expect, it } from 'vitest'
import type { Connect } from '../../../edge/src/http/connections.ts'
import { type DohParts, type MannerOf, startDoh } from './doh-server.ts'
import { isolate, routeBy, serversWith } from './resolvers-under-test.ts'

const OWN = ['b MX 10 mx.b.test.', 'mx.b A 127.25.0.1']
const also = 'c.test'

// The first look-up of a process takes longer than a second domain may take.
beforeAll(async () => {
  const server = await startDoh('warm', { zone: OWN })
  await routeBy([server])
  await server.close()
})

describe('the other domain', () => {
  it.each<[string, readonly string[], string]>([
    ['takes mail by its exchange', ['c MX 1 mx.c.test.'], 'takes_mail'],
    ['takes mail by its address', ['c A 127.25.0.1'], 'takes_mail'],
    ['takes none by null MX', ['c MX 0 .', 'c A 127.25.0.1'], 'no_mail'],
    ['does not exist', [], 'no_mail'],
    ['with neither of both would have to be asked again', ['c AAAA 2606:4700::1'], 'unlearned'],
  ])('%s', async (_what, zone, expected) => {
    const servers = await serversWith({ zone: [...OWN, ...zone] })
    const { also: learned, fact, questions } = await routeBy(servers, { also, targets: 'beside' })
    expect(learned).toBe(expected)
    expect(fact.route.kind).toBe('mx')
    // What seems to take no mail is asked about once more.
    expect(questions).toBe(expected === 'no_mail' ? 8 : 6)
  })

  it.each([
    ['has an IPv6 address', 'c AAAA 2606:4700::1', 'takes_mail'],
    ['has none', 'c TXT here', 'no_mail'],
  ])('of which is known already that it %s', async (_what, line, expected) => {
    const servers = await serversWith({ zone: [...OWN, line] })
    const within = isolate()
    await routeBy(servers, { within, domain: also })
    expect((await routeBy(servers, { within, also })).also).toBe(expected)
  })

  it('is not asked about where nobody wants to know', async () => {
    const servers = await serversWith({ zone: OWN })
    const { also: learned, questions } = await routeBy(servers, { targets: 'beside' })
    expect([learned, questions]).toEqual([null, 4])
  })

  it.each<[string, MannerOf]>([
    ['fails', ({ name }) => (name === also ? 'servfail' : 'honest')],
    ['is silent', ({ name }) => (name === also ? 'hang' : 'honest')],
    ['contradicts itself', ({ name, type }) => (name === also && type === 'MX' ? 'nxdomain' : 'honest')],
  ])('is unlearned where its resolver %s, in little time, and takes nothing from the first', async (_what, manner) => {
    const parts: DohParts = { zone: [...OWN, 'c A 127.25.0.1'], manner }
    const routed = await routeBy(await serversWith(parts, parts), { also })
    expect(routed.also).toBe('unlearned')
    expect(routed.targets).toEqual(['mx.b.test:reachable'])
    expect(routed.tookMs).toBeLessThan(1_500)
  })

  it('is asked in the same round trip: six questions at once, after one look into the Cache for each name', async () => {
    const [server] = await serversWith({ zone: [...OWN, 'c MX 1 mx.c.test.'] })
    const complete = Promise.withResolvers<void>()
    let calls = 0
    // Nothing goes out before all six are there; one that waited for another's answer would wait for ever.
    const connect: Connect = async (call) => {
      calls += 1
      if (calls === 2 + 6) complete.resolve()
      if (calls > 2) await complete.promise
      return call()
    }
    expect(await routeBy([server!], { also, targets: 'beside', connect })).toMatchObject({ also: 'takes_mail' })
  })

  it('does not keep connections from those who overtake a silent resolver', async () => {
    const zone = [...OWN, 'c MX 1 mx.c.test.']
    const servers = await serversWith({ zone, manner: 'hang' }, { zone })
    const routed = await routeBy(servers, { also, targets: 'beside' })
    expect(routed.fact).toMatchObject({ route: { kind: 'mx' }, source: 'two' })
    // One silence of the second domain, half its time, and no more.
    expect(routed.tookMs).toBeLessThan(1_200)
  })

  it('is remembered like any other', async () => {
    const servers = await serversWith({ zone: [...OWN, 'c MX 1 mx.c.test.'] })
    const within = isolate()
    await routeBy(servers, { within, also, targets: 'beside' })
    const again = await routeBy(servers, { within: { ...isolate(), cache: within.cache }, also })
    expect(again.also).toBe('takes_mail')
    expect(servers[0]!.asked.filter(({ name }) => name === also)).toHaveLength(2)
  })
})

it('a question that is on its way is not asked twice', async () => {
  const servers = await serversWith({ zone: OWN, manner: 'slow' })
  const { also: learned } = await routeBy(servers, { also: 'b.test', targets: 'beside' })
  expect(learned).toBe('takes_mail')
  expect(servers[0]!.asked).toHaveLength(4 + 2)
})
