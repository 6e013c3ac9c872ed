// What is remembered of a domain, for how long, and what is asked again all the same: in one isolate, and in the next one.
import { describe, expect, it } from 'vitest'
import type { DohParts, DohServer, MannerOf } from './doh-server.ts'
import { type Isolate, isolate, routeBy, serversWith } from './resolvers-under-test.ts'

const MAIL = [
  'b MX 10 mx.b.test.',
  'mx.b A 127.25.0.1',
  'mx.b AAAA 2606:4700::1',
  'b A 127.25.0.9',
  'b AAAA 2606:4700::2',
]
const POLICY = '_verify-policy.b TXT none'
const mail: DohParts = { zone: [...MAIL, POLICY], ttlS: 300 }
const nothing: DohParts = { manner: 'nxdomain' }
const dead: DohParts = { zone: ['b MX 10 gone.b.test.', 'b A 127.25.0.9', 'b AAAA 2606:4700::2', POLICY], ttlS: 300 }

interface Clock {
  readonly now: () => number
  readonly pass: (ms: number) => void
}
function clock(): Clock {
  let passed = 0
  const startedAt = Date.now()
  return { now: () => startedAt + passed, pass: (ms) => void (passed += ms) }
}
/** Another isolate at the same location: it has the Cache in common with the first, and nothing else. */
const next = (one: Isolate): Isolate => ({ ...isolate(one.now), cache: one.cache })
const asked = (servers: readonly DohServer[]): number => servers.reduce((sum, server) => sum + server.asked.length, 0)

async function setting(...parts: DohParts[]) {
  const time = clock()
  const servers = await serversWith(...parts)
  return { time, servers, within: isolate(time.now) }
}

describe('a route that was looked up', () => {
  it('is known in the same isolate, without a question and without a look into the Cache', async () => {
    const { servers, within } = await setting(mail)
    const first = await routeBy(servers, { within })
    const calls = within.cache.calls.length
    const again = await routeBy(servers, { within })
    expect(again.targets).toEqual(first.targets)
    expect([asked(servers), within.cache.calls.length]).toEqual([6, calls])
  })

  it.each(['await', 'beside'] as const)(
    'is known in the next isolate after one look into the Cache (%s)',
    async (targets) => {
      const { servers, within } = await setting(mail)
      await routeBy(servers, { within })
      const other = next(within)
      other.cache.calls.length = 0
      const again = await routeBy(servers, { within: other, targets })
      expect(again.targets).toEqual(['mx.b.test:reachable'])
      expect([asked(servers), other.cache.calls]).toEqual([6, ['match']])
    },
  )

  it('keeps its resolver, its AD bit and the instant at which it was learned', async () => {
    const { time, servers, within } = await setting({ ...mail, authentic: true })
    const { fact } = await routeBy(servers, { within })
    time.pass(200_000)
    expect((await routeBy(servers, { within })).fact).toEqual(fact)
    expect((await routeBy(servers, { within: next(within) })).fact).toEqual(fact)
    expect(fact).toMatchObject({ source: 'one', authentic: true, observedAt: time.now() - 200_000 })
  })

  it.each<[string, DohParts, number]>([
    ['of its exchange', { zone: ['b MX 10 mx.b.test.', 'mx.b A 127.25.0.1'], ttlS: 300 }, 60_000],
    ['of its address, where there is no exchange', { zone: ['b A 127.25.0.1'], ttlS: 300 }, 60_000],
  ])('is as old as the answer %s, whatever else was asked again since', async (_what, parts, ms) => {
    const { time, servers, within } = await setting(parts)
    const { fact } = await routeBy(servers, { within })
    const before = asked(servers)
    time.pass(ms)
    expect((await routeBy(servers, { within })).fact.observedAt).toBe(fact.observedAt)
    expect(asked(servers)).toBeGreaterThan(before)
  })

  it('has an opt-out that is as old as its own answer', async () => {
    const { time, servers, within } = await setting({ zone: [...MAIL, '_verify-policy.b TXT probe=no'], ttlS: 300 })
    const optOut = async () => (await routeBy(servers, { within })).facts.find(({ kind }) => kind === 'opt_out')
    const first = await optOut()
    time.pass(100_000)
    expect(await optOut()).toEqual(first)
  })

  it('is written once, after the answer, and not again where nothing was learned', async () => {
    const { servers, within } = await setting(mail)
    await routeBy(servers, { within })
    await routeBy(servers, { within })
    await routeBy(servers, { within: next(within) })
    expect(within.cache.calls.filter((call) => call === 'put')).toHaveLength(1)
  })

  it.each([
    ['its TTL', { ttlS: 300 }, 300],
    ['its TTL less the age it had', { ttlS: 300, ageS: 100 }, 200],
    ['an hour, whatever its TTL', { ttlS: 86_400 }, 3_600],
  ])('is used for %s and not a moment longer', async (_what, parts, lastsS) => {
    const { time, servers, within } = await setting({ ...mail, ...parts })
    await routeBy(servers, { within })
    time.pass(lastsS * 1_000 - 1)
    await routeBy(servers, { within })
    await routeBy(servers, { within: next(within) })
    expect(asked(servers)).toBe(6)
    time.pass(1)
    await routeBy(servers, { within: next(within) })
    await routeBy(servers, { within })
    expect(asked(servers)).toBeGreaterThanOrEqual(12)
  })

  it('without a TTL is not kept at all', async () => {
    const { servers, within } = await setting({ ...mail, ttlS: 0 })
    await routeBy(servers, { within })
    await routeBy(servers, { within })
    expect(asked(servers)).toBe(12)
    expect(within.cache.calls).not.toContain('put')
  })

  it('has an end for each answer: what is over is asked for alone', async () => {
    const { time, servers, within } = await setting({ zone: MAIL, ttlS: 300 })
    await routeBy(servers, { within })
    // The policy's NODATA lives for the minute that its SOA gives it.
    time.pass(60_000)
    await routeBy(servers, { within: next(within) })
    expect(servers[0]!.asked.slice(6)).toMatchObject([{ name: '_verify-policy.b.test' }])
  })

  it('with other resolvers is looked up afresh', async () => {
    const { servers, within } = await setting(mail)
    await routeBy(servers, { within })
    const others = await serversWith(mail)
    await routeBy(others, { within: next(within) })
    expect(asked(others)).toBe(6)
  })

  it('lends its exchange to other domains', async () => {
    const { servers, within } = await setting({ zone: [...MAIL, 'c MX 1 mx.b.test.'], ttlS: 300 })
    await routeBy(servers, { within })
    const { targets } = await routeBy(servers, { within, domain: 'c.test', targets: 'beside' })
    expect(targets).toEqual(['mx.b.test:reachable'])
    expect(servers[0]!.asked.filter(({ name }) => name === 'mx.b.test')).toHaveLength(2)
    // And with them to the next isolate.
    const elsewhere = await routeBy(servers, { within: next(within), domain: 'c.test', targets: 'beside' })
    expect(elsewhere.targets).toEqual(['mx.b.test:reachable'])
  })
})

describe('a no', () => {
  it.each([
    ['no such name', nothing, 'domain_not_found'],
    ['a dangling exchange', dead, 'no_mail_host'],
  ])('(%s) is as good from memory, confirmation included', async (_what, parts, reason) => {
    const { servers, within } = await setting(parts, parts)
    await routeBy(servers, { within })
    const before = asked(servers)
    for (const isolated of [within, next(within)]) {
      const { verdict, fact } = await routeBy(servers, { within: isolated, targets: 'beside' })
      expect(verdict).toMatchObject({ status: 'undeliverable', reason, level: 'confirmed' })
      expect(fact.confirmed).toBe(true)
    }
    expect(asked(servers)).toBe(before)
  })

  it('does not outlive its SOA', async () => {
    const { time, servers, within } = await setting(nothing, nothing)
    await routeBy(servers, { within })
    time.pass(60_000)
    await routeBy(servers, { within: next(within) })
    expect(servers.map((server) => server.asked.length)).toEqual([8, 8])
  })

  it('is not confirmed by what an older answer of the same resolver said', async () => {
    let down = false
    const flaky: MannerOf = () => (down ? 'servfail' : 'nxdomain')
    const { time, servers, within } = await setting({ manner: flaky }, nothing)
    await routeBy(servers, { within })
    // The first answers are over, those of `two` are not: now `two` gives the first opinion.
    const kept = within.near.get('b.test')!.answers
    for (const key of kept.keys()) if (key.startsWith('first')) kept.delete(key)
    down = true
    const { fact } = await routeBy(servers, { within: { ...within, cache: isolate(time.now).cache } })
    expect(fact).toMatchObject({ source: 'two', confirmed: false })
    const vias = servers[1]!.asked.filter(({ type }) => type === 'MX').map(({ via }) => via)
    expect(vias).toEqual(['GET', 'GET', 'POST'])
  })

  it('that was contradicted stays so in memory', async () => {
    const { servers, within } = await setting(nothing, mail)
    await routeBy(servers, { within })
    const before = asked(servers)
    const { targets } = await routeBy(servers, { within: next(within) })
    expect(targets).toEqual(['mx.b.test:reachable'])
    expect(asked(servers)).toBe(before)
  })
})

describe('a failure', () => {
  const failing = async () => {
    const set = await setting({ manner: 'servfail' })
    const look = () => routeBy(set.servers, { within: set.within })
    const mxAsked = () => set.servers[0]!.asked.filter(({ type }) => type === 'MX').length
    return { ...set, look, mxAsked }
  }

  it('is remembered for 1, 2, 4 … 300 seconds, and says when it was learned', async () => {
    const { time, look, mxAsked } = await failing()
    for (const lastsS of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      const before = mxAsked()
      const learned = await look()
      expect(mxAsked()).toBe(before + 2)
      time.pass(lastsS * 1_000 - 1)
      const remembered = await look()
      expect(mxAsked()).toBe(before + 2)
      expect(remembered.fact).toEqual(learned.fact)
      expect(remembered.verdict).toMatchObject({ status: 'unknown', reason: 'dns_failure' })
      time.pass(1)
    }
  })

  it('of long ago does not count: then a second is enough again', async () => {
    const { time, look, mxAsked } = await failing()
    for (const lastsS of [1, 2, 4]) {
      await look()
      time.pass(lastsS * 1_000)
    }
    time.pass(300_000)
    await look()
    time.pass(1_000)
    await look()
    expect(mxAsked()).toBe(5 * 2)
  })

  it('is of its isolate alone', async () => {
    const { servers, within, look, mxAsked } = await failing()
    await look()
    await routeBy(servers, { within: next(within) })
    expect(mxAsked()).toBe(4)
    expect(within.cache.calls).not.toContain('put')
  })

  it('begins anew after an answer', async () => {
    let manner: 'servfail' | 'honest' = 'servfail'
    const { time, servers, within } = await setting({ ...mail, ttlS: 0, manner: () => manner })
    const look = async (ms: number, then: typeof manner) => {
      await routeBy(servers, { within })
      time.pass(ms)
      manner = then
    }
    await look(1_000, 'servfail')
    await look(2_000, 'honest')
    await look(0, 'servfail')
    await look(1_000, 'honest')
    expect((await routeBy(servers, { within })).fact.route.kind).toBe('mx')
  })

  it('of the confirmation is not remembered: the next one asks again', async () => {
    let silent = true
    const second: MannerOf = () => (silent ? 'servfail' : 'nxdomain')
    const onlyFirst: MannerOf = ({ via }) => (via === 'POST' ? 'servfail' : 'nxdomain')
    const { servers, within } = await setting({ manner: onlyFirst }, { manner: second })
    expect((await routeBy(servers, { within })).verdict.status).toBe('unknown')
    silent = false
    expect((await routeBy(servers, { within })).verdict.reason).toBe('domain_not_found')
  })
})

describe('fast mode', () => {
  it('does not wait for exchanges: they are looked up beside the answer, confirmation included, for the next one', async () => {
    const { servers, within } = await setting(dead, dead)
    const first = await routeBy(servers, { within, targets: 'beside' })
    expect([first.targets, first.verdict.reason, first.questions]).toEqual([
      ['gone.b.test:not_looked_up'],
      'not_probed',
      4,
    ])
    for (const isolated of [within, next(within)]) {
      const then = await routeBy(servers, { within: isolated, targets: 'beside' })
      expect([then.targets, then.verdict.reason]).toEqual([['gone.b.test:dangling'], 'no_mail_host'])
    }
  })

  it('learns the exchanges that only the second opinion names as well', async () => {
    const { servers, within } = await setting(nothing, mail)
    expect((await routeBy(servers, { within, targets: 'beside' })).targets).toEqual(['mx.b.test:not_looked_up'])
    expect((await routeBy(servers, { within, targets: 'beside' })).targets).toEqual(['mx.b.test:reachable'])
  })

  it('looks for nothing beside the answer where all is known, or there is nothing to be known', async () => {
    const { servers, within } = await setting({
      zone: ['b MX 1 192.0.2.7.', 'b A 127.25.0.9', 'b AAAA ::1', POLICY],
      ttlS: 300,
    })
    await routeBy(servers, { within, targets: 'beside' })
    await routeBy(servers, { within, targets: 'beside' })
    expect(asked(servers)).toBe(4)
  })
})
