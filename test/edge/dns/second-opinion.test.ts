// A "nothing there" is a no only where two answers stand for it, the second from another resolver or past the cache.
import { describe, expect, it } from 'vitest'
import type { DohParts, MannerOf } from './doh-server.ts'
import { routeBy, serversWith } from './resolvers-under-test.ts'

const MAIL = ['b MX 10 mx.b.test.', 'mx.b A 127.25.0.1']
const mail: DohParts = { zone: MAIL }
const nothing: DohParts = { manner: 'nxdomain' }
const nullMx: DohParts = { zone: ['b MX 0 .'] }
const web: DohParts = { zone: ['b TXT v=spf1 -all'] }
const dead: DohParts = { zone: ['b MX 10 gone.b.test.'] }

describe('two resolvers', () => {
  it.each<[string, DohParts, [string, string]]>([
    ['no such name', nothing, ['nxdomain', 'domain_not_found']],
    ['a null MX', nullMx, ['null_mx', 'null_mx']],
    ['neither exchange nor address', web, ['none', 'no_mail_host']],
    ['an exchange without an address', dead, ['mx', 'no_mail_host']],
    [
      'an exchange inside a private network',
      { zone: ['b MX 1 mx.b.test.', 'mx.b A 10.0.0.1'] },
      ['mx', 'no_mail_host'],
    ],
    ['an address of its own that is private', { zone: ['b A 192.168.0.1'] }, ['implicit', 'no_mail_host']],
  ])('that both say %s confirm it', async (_what, parts, [kind, reason]) => {
    const servers = await serversWith(parts, parts)
    const { fact, verdict } = await routeBy(servers)
    expect(fact).toMatchObject({ route: { kind }, confirmed: true, source: 'one' })
    expect(verdict).toMatchObject({ status: 'undeliverable', reason, level: 'confirmed' })
    expect(servers.flatMap(({ asked }) => asked.map(({ via }) => via))).not.toContain('POST')
  })

  it.each<[string, DohParts]>([
    ['no such name', nothing],
    ['a null MX', nullMx],
    ['neither exchange nor address', web],
    ['an exchange without an address', dead],
  ])('of which one says %s and the other names an exchange never make a no', async (_what, parts) => {
    const { fact, verdict, targets } = await routeBy(await serversWith(parts, mail))
    expect(fact).toMatchObject({ route: { kind: 'mx' }, source: 'two' })
    expect(targets).toEqual(['mx.b.test:reachable'])
    expect(verdict).toMatchObject({ status: 'unknown', reason: 'not_probed' })
  })

  it.each<[string, DohParts, DohParts]>([
    ['no such name, and a null MX', nothing, nullMx],
    ['a null MX, and nothing of that type', nullMx, web],
    ['nothing of that type, and no such name', web, nothing],
  ])('that contradict each other (%s) prove neither', async (_what, one, two) => {
    const { fact, verdict } = await routeBy(await serversWith(one, two))
    expect(fact.confirmed).toBe(false)
    expect(verdict).toMatchObject({ status: 'unknown', reason: 'dns_failure' })
  })

  it.each<[string, DohParts | null]>([
    ['is down', null],
    ['fails', { manner: 'servfail' }],
    ['refuses', { manner: 'refused' }],
    ['has enough of us', { manner: 'busy' }],
  ])(
    'of which the first %s: the second does not confirm its own word, however often it is asked',
    async (_what, one) => {
      const servers = await serversWith(one, nothing)
      const { fact, verdict } = await routeBy(servers)
      expect(fact).toMatchObject({ confirmed: false, source: 'two' })
      expect(verdict.reason).toBe('dns_failure')
      const vias = servers[1]!.asked.filter(({ type }) => type === 'MX').map(({ via }) => via)
      expect(vias).toEqual(['GET', 'POST'])
    },
  )

  it('of which the first is down, and the second has only a stale no in its cache, make no no', async () => {
    const stale: MannerOf = ({ via }) => (via === 'GET' ? 'nxdomain' : 'honest')
    const { verdict, targets } = await routeBy(await serversWith(null, { zone: MAIL, manner: stale }))
    expect(targets).toEqual(['mx.b.test:reachable'])
    expect(verdict.status).toBe('unknown')
  })

  it('of which each answers one half: nothing is confirmed by asking the same cache twice', async () => {
    // `one` fails for addresses, so that the address comes from `two` the first time; the MX comes from `one`.
    const noAddresses: MannerOf = ({ type }) => (type === 'A' || type === 'AAAA' ? 'servfail' : 'honest')
    const stale: MannerOf = ({ type, via }) => (type === 'A' && via === 'GET' ? 'honest' : 'slow')
    const servers = await serversWith({ ...web, manner: noAddresses }, { ...web, manner: stale, slowMs: 1 })
    await routeBy(servers)
    const vias = servers[1]!.asked.filter(({ type }) => type === 'A').map(({ via }) => via)
    expect(vias).toEqual(['GET', 'POST'])
  })

  it('that fall silent after the first "nothing there" leave it unconfirmed', async () => {
    let questions = 0
    const once: MannerOf = () => {
      questions += 1
      return questions <= 4 ? 'nxdomain' : 'servfail'
    }
    const { fact, verdict } = await routeBy(await serversWith({ manner: once }, { manner: 'servfail' }))
    expect(fact).toMatchObject({ route: { kind: 'nxdomain' }, confirmed: false })
    expect(verdict).toMatchObject({ status: 'unknown', reason: 'dns_failure' })
    expect(verdict.retryAt).not.toBeNull()
  })
})

describe('one resolver', () => {
  it('is asked again by POST for the second opinion', async () => {
    const servers = await serversWith(nothing)
    const { fact, verdict } = await routeBy(servers)
    expect(fact.confirmed).toBe(true)
    expect(verdict.reason).toBe('domain_not_found')
    const vias = servers[0]!.asked.filter(({ type }) => type === 'MX').map(({ via }) => via)
    expect(vias).toEqual(['GET', 'POST'])
  })

  it('that takes its no back past the cache is believed', async () => {
    const stale: MannerOf = ({ via }) => (via === 'GET' ? 'nxdomain' : 'honest')
    const { targets, fact } = await routeBy(await serversWith({ zone: MAIL, manner: stale }))
    expect(fact.confirmed).toBe(false)
    expect(targets).toEqual(['mx.b.test:reachable'])
  })
})

it('a route that is there is not asked for a second time', async () => {
  const servers = await serversWith(mail, mail)
  await routeBy(servers)
  expect(servers[1]?.asked).toEqual([])
  expect(servers[0]?.asked).toHaveLength(6)
})
