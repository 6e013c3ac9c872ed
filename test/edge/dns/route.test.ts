// What a domain's records come to as facts: its exchanges and what became of them, its opt-out, and what could not be learned.
import { describe, expect, it } from 'vitest'
import { limitConnections } from '../../../edge/src/http/connections.ts'
import type { DohParts, Manner } from './doh-server.ts'
import { routeBy, serversWith } from './resolvers-under-test.ts'

const MAIL = ['b MX 10 mx.b.test.', 'mx.b A 127.25.0.1']
const twice = (parts: DohParts) => serversWith(parts, parts)

describe('a route', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['an address alone: implicit', ['b A 127.25.0.9'], ['implicit', 'b.test:reachable']],
    ['an IPv6 address alone: implicit, out of reach', ['b AAAA 2606:4700::1111'], ['implicit', 'b.test:ipv6_only']],
    ['one exchange that is up', MAIL, ['mx', 'mx.b.test:reachable']],
    ['an exchange with IPv6 only', ['b MX 1 mx.test.', 'mx AAAA 2606:4700::1'], ['mx', 'mx.test:ipv6_only']],
    ['an exchange written as an address', ['b MX 1 192.0.2.7.'], ['mx', '192.0.2.7:ip_literal']],
    ['a null MX beside a real exchange, which counts alone', ['b MX 0 .', ...MAIL], ['mx', 'mx.b.test:reachable']],
    [
      'an exchange that is an alias',
      ['b MX 1 mx.b.test.', 'mx.b CNAME a.test.', 'a A 127.25.0.1'],
      ['mx', 'mx.b.test:reachable'],
    ],
    [
      'a domain that is an alias',
      ['b CNAME c.test.', 'c MX 1 mx.c.test.', 'mx.c A 127.25.0.1'],
      ['mx', 'mx.c.test:reachable'],
    ],
    [
      'a dead exchange beside a living one',
      ['b MX 1 gone.b.test.', ...MAIL],
      ['mx', 'gone.b.test:dangling', 'mx.b.test:reachable'],
    ],
    [
      'a private exchange beside a living one',
      ['b MX 1 in.b.test.', 'in.b A 10.1.2.3', ...MAIL],
      ['mx', 'in.b.test:special_purpose', 'mx.b.test:reachable'],
    ],
    [
      'loopback that is not opted in',
      ['b MX 1 mx.test.', 'mx A 127.0.0.1', 'mx AAAA 2606:4700::1'],
      ['mx', 'mx.test:ipv6_only'],
    ],
    [
      'exchanges by preference',
      ['b MX 20 z.test.', 'b MX 15 y.test.', 'b MX 10 x.test.', 'x A 127.25.0.1'],
      ['mx', 'x.test:reachable', 'y.test:dangling', 'z.test:dangling'],
    ],
  ])('of %s', async (_what, zone, expected) => {
    const { fact, targets, verdict } = await routeBy(await twice({ zone: [...zone] }))
    expect([fact.route.kind, ...targets]).toEqual(expected)
    expect(verdict.status).not.toBe('undeliverable')
  })

  it.each<[string, readonly string[], string]>([
    ['IPv6 alone is no lane of ours', ['b AAAA 2606:4700::1111'], 'no_lane'],
    ['an exchange written as an address is never dialled', ['b MX 1 192.0.2.7.'], 'inconclusive'],
    ['an address alone is a weak sign of mail', ['b A 127.25.0.9'], 'implicit_mx_only'],
  ])('%s', async (_what, zone, reason) => {
    expect((await routeBy(await twice({ zone }))).verdict.reason).toBe(reason)
  })

  it('without its exchanges looked up claims nothing about them', async () => {
    const servers = await twice({ zone: ['b MX 10 gone.b.test.'] })
    const { targets, verdict, questions } = await routeBy(servers, { targets: 'beside' })
    expect(targets).toEqual(['gone.b.test:not_looked_up'])
    expect(verdict.reason).toBe('not_probed')
    expect(questions).toBe(4)
  })

  it.each([
    ['x first', [0.1, 0.9, 0.5], ['x', 'y', 'z']],
    ['y first', [0.9, 0.1, 0.5], ['y', 'x', 'z']],
  ])('puts equals in the order of chance (%s), whatever it rolls for the one behind them', async (...row) => {
    const [, rolled, names] = row
    const zone = ['b MX 1 x.test.', 'b MX 1 y.test.', 'b MX 2 z.test.', ...names.map((name) => `${name} A 127.25.0.1`)]
    const rolls = [...rolled]
    const { targets } = await routeBy(await serversWith({ zone }), { roll: () => rolls.shift() ?? 0 })
    expect(targets).toEqual(names.map((name) => `${name}.test:reachable`))
  })

  it('looks up its three best exchanges and no fourth; dead ones among them condemn nobody then', async () => {
    const servers = await twice({ zone: [1, 2, 3, 4].map((at) => `b MX ${at} mx${at}.b.test.`) })
    const { targets, verdict } = await routeBy(servers)
    expect(targets).toEqual([1, 2, 3, 4].map((at) => `mx${at}.b.test:${at === 4 ? 'not_looked_up' : 'dangling'}`))
    expect(verdict.status).toBe('unknown')
    expect(servers[0]?.asked.map(({ name }) => name)).not.toContain('mx4.b.test')
  })

  it('tells whether the answer was authenticated', async () => {
    expect((await routeBy(await serversWith({ zone: MAIL, authentic: true }))).fact.authentic).toBe(true)
    expect((await routeBy(await serversWith({ zone: MAIL }))).fact.authentic).toBe(false)
  })
})

describe('what could not be learned', () => {
  it.each<[Manner, Manner, string]>([
    ['servfail', 'servfail', 'dns_failure'],
    ['garbage', 'http_500', 'dns_failure'],
    ['truncated', 'wrong_question', 'dns_failure'],
    ['servfail', 'hang', 'dns_failure'],
    ['garbage', 'hang', 'dns_timeout'],
    ['hang', 'hang', 'dns_timeout'],
  ])('with resolvers that answer %s and %s is %s, in time', async (one, two, reason) => {
    const routed = await routeBy(await serversWith({ manner: one }, { manner: two }), { withinMs: 400 })
    expect(routed.fact.route.kind).toBe('unlearned')
    expect(routed.verdict).toMatchObject({ status: 'unknown', reason })
    expect(routed.tookMs).toBeLessThan(400 + 200)
  })

  it('where nobody listens at either is a failure, not an absence', async () => {
    const { verdict } = await routeBy(await serversWith(null, null))
    expect(verdict).toMatchObject({ status: 'unknown', reason: 'dns_failure' })
  })

  it.each(['A', 'AAAA'])('no such name for MX beside an %s record contradicts itself', async (type) => {
    const manner = (asked: { type: string }): Manner => (asked.type === 'MX' ? 'nxdomain' : 'honest')
    const zone = [`b ${type} ${type === 'A' ? '127.25.0.9' : '2606:4700::1111'}`]
    const { fact, verdict } = await routeBy(await twice({ zone, manner }))
    expect(fact.route).toEqual({ kind: 'unlearned', why: 'failure' })
    expect(verdict.reason).toBe('dns_failure')
  })

  it.each(['A', 'AAAA'])('no exchange, and an %s look-up that fails, is no "no mail host"', async (type) => {
    const manner = (asked: { type: string }): Manner => (asked.type === type ? 'servfail' : 'honest')
    const { verdict } = await routeBy(await twice({ zone: ['b TXT here'], manner }))
    expect(verdict).toMatchObject({ status: 'unknown', reason: 'dns_failure' })
  })

  it('about an exchange alone leaves it to be dialled', async () => {
    const manner = (asked: { name: string }): Manner => (asked.name === 'mx.b.test' ? 'servfail' : 'honest')
    const { targets, verdict } = await routeBy(await twice({ zone: MAIL, manner }))
    expect(targets).toEqual(['mx.b.test:unlearned'])
    expect(verdict.reason).toBe('not_probed')
  })
})

describe('the opt-out', () => {
  it.each([
    ['probe=no', true],
    ['v=policy1; probe=no', true],
    ['probe=no; contact=postmaster', true],
    ['PROBE=NO', true],
    ['probe=nonsense', false],
    ['noprobe=no', false],
    ['probe=yes', false],
  ])('%j is heard: %s', async (text, heard) => {
    const zone = [...MAIL, `_verify-policy.b TXT ${text}`]
    const { facts, verdict } = await routeBy(await serversWith({ zone }))
    expect(facts.some(({ kind }) => kind === 'opt_out')).toBe(heard)
    expect(verdict.reason).toBe(heard ? 'opted_out' : 'not_probed')
  })

  it('does not hide that a domain takes no mail', async () => {
    const { facts, verdict } = await routeBy(await twice({ zone: ['b MX 0 .', '_verify-policy.b TXT probe=no'] }))
    expect(facts.some(({ kind }) => kind === 'opt_out')).toBe(true)
    expect(verdict.reason).toBe('null_mx')
  })

  it('is heard from the second resolver where the first denied the whole domain', async () => {
    const zone = [...MAIL, '_verify-policy.b TXT probe=no']
    const { facts, verdict } = await routeBy(await serversWith({ manner: 'nxdomain' }, { zone }))
    expect(facts.map(({ kind }) => kind)).toEqual(['opt_out', 'route'])
    expect(verdict.reason).toBe('opted_out')
  })

  it('that cannot be looked up is none', async () => {
    const manner = (asked: { type: string }): Manner => (asked.type === 'TXT' ? 'garbage' : 'honest')
    const { facts } = await routeBy(await serversWith({ zone: MAIL, manner }))
    expect(facts.map(({ kind }) => kind)).toEqual(['route'])
  })
})

describe('connections', () => {
  const many = ['b MX 1 a.test.', 'b MX 2 b.test.', 'b MX 3 c.test.', 'b MX 4 d.test.', 'b MX 5 e.test.']

  it('of one look-up are six at a time at the most', async () => {
    const [server] = await serversWith({ zone: many, manner: 'slow' })
    await routeBy([server!])
    // How many really met at the server is the machine's business; the limit is ours.
    expect(server!.most()).toBeLessThanOrEqual(6)
    expect(server!.most()).toBeGreaterThan(1)
  })

  it('of several at once, in one invocation, are six at a time too', async () => {
    const [server] = await serversWith({ zone: [...many, ...MAIL], manner: 'slow' })
    const connect = limitConnections()
    const domains = ['b.test', 'c.test', 'd.test', 'e.test']
    const routed = await Promise.all(domains.map((domain) => routeBy([server!], { domain, connect })))
    expect(server!.most()).toBeLessThanOrEqual(6)
    expect(server!.most()).toBeGreaterThan(1)
    expect(routed.map(({ fact }) => fact.route.kind)).toEqual(['mx', 'nxdomain', 'nxdomain', 'nxdomain'])
  })
})
