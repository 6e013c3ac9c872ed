// The world's resolver answers as RFC 1035 and RFC 8484 say, and fails exactly as its data says.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encode } from './dns/wire-format.ts'
import { get, lookUp, question, read } from './stub-resolver.ts'
import { startWorld, type World } from './world.ts'

const AUTHENTIC_DATA = 1 << 5
let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

describe('answers', () => {
  test('an MX and its address, fresh for the TTL', async () => {
    const mx = await lookUp(world, 'strict.test', 'MX')
    expect(mx.answers).toMatchObject([
      { name: 'strict.test', ttl: 300, data: { preference: 10, exchange: 'mx.strict.test' } },
    ])
    expect(mx.http.headers.get('content-type')).toBe('application/dns-message')
    expect(mx.http.headers.get('cache-control')).toBe('max-age=300')
    const a = await lookUp(world, 'mx.strict.test', 'A')
    expect(String(a.answers[0]?.data)).toMatch(/^127\.25\.\d+\.\d+$/)
  })

  test('every mail host has an address of its own, and that address its name', async () => {
    const a = await lookUp(world, 'mx2.backup-strict.test', 'A')
    const reverse = `${String(a.answers[0]?.data).split('.').toReversed().join('.')}.in-addr.arpa`
    expect((await lookUp(world, reverse, 'PTR')).answers[0]?.data).toBe('mx2.backup-strict.test')
  })

  test('a name of the wrong type is NODATA, a name that is not there NXDOMAIN, each with its SOA', async () => {
    const nodata = await lookUp(world, 'strict.test', 'AAAA')
    expect(nodata).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: [{ type: 'SOA', name: 'strict.test' }] })
    const nxdomain = await lookUp(world, 'no-such.strict.test', 'A')
    expect(nxdomain).toMatchObject({ rcode: 'NXDOMAIN', authorities: [{ type: 'SOA', name: 'strict.test' }] })
    expect(await lookUp(world, 'nxdomain.test', 'MX')).toMatchObject({
      rcode: 'NXDOMAIN',
      authorities: [{ name: 'test' }],
    })
    expect(nxdomain.http.headers.get('cache-control')).toBe('max-age=60')
  })

  test('a name above a name exists, though it has no records (RFC 8020)', async () => {
    expect(await lookUp(world, '_tcp.mx.dane.test', 'TLSA')).toMatchObject({ rcode: 'NOERROR', answers: [] })
    expect((await lookUp(world, '_25._tcp.mx.dane.test', 'TLSA')).answers).toHaveLength(1)
  })

  test('an alias is followed within the answer, negative answers included', async () => {
    const mx = await lookUp(world, 'cname-domain.test', 'MX')
    expect(mx.answers.map(({ type, name }) => `${name} ${type}`)).toEqual([
      'cname-domain.test CNAME',
      'real.cname-domain.test MX',
    ])
    expect(await lookUp(world, 'cname-domain.test', 'TXT')).toMatchObject({
      rcode: 'NOERROR',
      answers: [{ type: 'CNAME' }],
    })
  })

  test('letter case does not matter, and comes back as it was sent', async () => {
    const mixed = await lookUp(world, 'sTrIcT.TeSt', 'MX')
    expect(mixed.packet.questions).toMatchObject([{ name: 'sTrIcT.TeSt' }])
    expect(mixed.answers).toMatchObject([{ name: 'sTrIcT.TeSt' }])
  })

  test('a null MX is the root', async () => {
    expect((await lookUp(world, 'null-mx.test', 'MX')).answers).toMatchObject([
      { data: { preference: 0, exchange: '.' } },
    ])
  })

  test('an opt-out is a TXT record', async () => {
    const txt = await lookUp(world, '_verify-policy.opted-out.test', 'TXT')
    expect(String(txt.answers[0]?.data)).toBe('probe=no')
    expect(String((await lookUp(world, '_verify-policy.opted-out.test', 'TXT')).answers[0]?.data)).toBe('probe=no')
  })

  test('AD is set for a signed zone, and only for those who ask for it (RFC 6840 §5.8)', async () => {
    expect((await lookUp(world, 'dane.test', 'MX', { flags: AUTHENTIC_DATA })).packet.flag_ad).toBe(true)
    expect((await lookUp(world, 'dane.test', 'MX', { dnssecOk: true })).packet.flag_ad).toBe(true)
    expect((await lookUp(world, 'dane.test', 'MX')).packet.flag_ad).toBe(false)
    expect((await lookUp(world, 'strict.test', 'MX', { flags: AUTHENTIC_DATA })).packet.flag_ad).toBe(false)
  })

  test('signatures are there for a signed zone, and only for those who ask for them with DO (RFC 4035 §3.2.1)', async () => {
    const { answers } = await lookUp(world, 'DANE.test', 'MX', { dnssecOk: true })
    expect(answers.map(({ type, name }) => `${type} ${name}`)).toEqual(['MX DANE.test', 'RRSIG DANE.test'])
    expect(answers[1]).toMatchObject({
      ttl: 300,
      data: { typeCovered: 'MX', labels: 2, originalTTL: 300, signersName: 'dane.test' },
    })
    expect((await lookUp(world, 'dane.test', 'MX', { flags: AUTHENTIC_DATA })).answers).toHaveLength(1)
    expect((await lookUp(world, 'strict.test', 'MX', { dnssecOk: true })).answers).toHaveLength(1)
    const { authorities } = await lookUp(world, 'no-such.dane.test', 'MX', { dnssecOk: true })
    expect(authorities.map(({ type }) => type)).toEqual(['SOA', 'RRSIG'])
  })

  test('EDNS is answered with EDNS', async () => {
    const answer = await lookUp(world, 'strict.test', 'MX', { dnssecOk: true })
    expect(answer.packet.additionals).toMatchObject([{ type: 'OPT', flag_do: true }])
  })

  test('names outside the world are refused', async () => {
    for (const name of ['example.com', '.', '1.0.0.10.in-addr.arpa']) {
      expect((await lookUp(world, name, 'A')).rcode, name).toBe('REFUSED')
    }
  })

  test('POST serves as well as GET, and questions are counted', async () => {
    world.reset()
    const http = await fetch(world.dohUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/dns-message' },
      body: new Uint8Array(question('strict.test', 'MX')),
    })
    expect((await read(http)).answers).toHaveLength(1)
    await lookUp(world, 'STRICT.test', 'A')
    expect(world.queries()).toMatchObject([
      { name: 'strict.test', type: 'MX', via: 'POST', fault: null },
      { name: 'STRICT.test', type: 'A', via: 'GET', fault: null },
    ])
  })
})

describe('requests that are none', () => {
  const dnsMessage = { 'content-type': 'application/dns-message' }
  test.each([
    ['no parameter', '', {}, 400],
    ['padding', '?dns=AAAA=', {}, 400],
    ['bytes that are no message', '?dns=AAAA', {}, 400],
    ['a message cut short', `?dns=${question('strict.test', 'MX').subarray(0, 20).toString('base64url')}`, {}, 400],
    ['a parameter that is too long', `?dns=${'A'.repeat(8_000)}`, {}, 413],
    ['the wrong method', '', { method: 'PUT', body: 'x' }, 405],
    ['the wrong content type', '', { method: 'POST', body: 'x' }, 415],
    ['a body that is too long', '', { method: 'POST', headers: dnsMessage, body: 'x'.repeat(1_000_000) }, 413],
    ['an empty body', '', { method: 'POST', headers: dnsMessage }, 400],
  ])('%s', async (...[, query, init, status]) => {
    const response = await fetch(`${world.dohUrl}${query}`, init)
    expect(response.status).toBe(status)
    expect(response.headers.get('allow')).toBe(status === 405 ? 'GET, POST' : null)
  })

  test('a message with two questions, none, or another class or purpose is answered with an error', async () => {
    const one = { name: 'strict.test', type: 'MX' }
    const packets = [
      [{ type: 'query', id: 7, flags: 0, questions: [one, one] }, 'FORMERR'],
      [{ type: 'query', id: 7, flags: 0, questions: [] }, 'FORMERR'],
      [{ type: 'response', id: 7, flags: 0, questions: [one] }, 'FORMERR'],
      [{ type: 'query', id: 7, flags: 2 << 11, questions: [one] }, 'NOTIMP'],
      [{ type: 'query', id: 7, flags: 0, questions: [{ ...one, class: 'CH' }] }, 'REFUSED'],
    ] as const
    for (const [packet, rcode] of packets) {
      expect((await read(await get(world, encode(packet)))).packet).toMatchObject({ id: 7, rcode })
    }
  })

  test('no bytes whatever stop the resolver', async () => {
    for (let length = 1; length < 300; length += 7) {
      const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 89 + length * 31) % 256))
      expect((await get(world, bytes)).status).toBeLessThan(500)
    }
    expect((await fetch(new URL('/elsewhere', world.dohUrl))).status).toBe(404)
  })
})

describe('faults', () => {
  const asked = (domain: string) => get(world, question(domain, 'MX'))

  test('SERVFAIL, truncation, another id, another question', async () => {
    expect(await lookUp(world, 'dns-servfail.test', 'MX')).toMatchObject({ rcode: 'SERVFAIL', answers: [] })
    expect(await lookUp(world, 'dns-truncated.test', 'MX')).toMatchObject({ answers: [], packet: { flag_tc: true } })
    expect((await lookUp(world, 'dns-wrong-id.test', 'MX')).packet.id).not.toBe(0)
    expect((await lookUp(world, 'dns-wrong-question.test', 'MX')).packet.questions).toMatchObject([
      { name: 'other.test' },
    ])
  })

  test('garbage and HTTP 500', async () => {
    const garbage = await asked('dns-garbage.test')
    expect(garbage.status).toBe(200)
    await expect(read(garbage)).rejects.toThrow()
    expect((await asked('dns-http-500.test')).status).toBe(500)
  })

  test('a fault holds for the names below its domain, and is on record', async () => {
    world.reset()
    expect((await lookUp(world, '_verify-policy.dns-servfail.test', 'TXT')).rcode).toBe('SERVFAIL')
    expect(world.queries()).toMatchObject([{ fault: 'servfail' }])
  })

  test.each(['dns-slow.test', 'dns-hang.test'])('%s does not answer within a client’s patience', async (domain) => {
    await expect(get(world, question(domain, 'MX'), AbortSignal.timeout(100))).rejects.toThrow(/timeout|abort/iu)
  })

  test('a slow answer is a good one', async () => {
    const hasty = await startWorld({ timeScale: 0.005 })
    expect((await lookUp(hasty, 'dns-slow.test', 'MX')).answers).toHaveLength(1)
    await hasty.close()
  })
})
