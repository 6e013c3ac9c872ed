// Inspections of real exchanges over real sockets: what is said, what is presented, and that nothing ends one early.
import { createHash, X509Certificate } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { answering, type Caller, type Exchanges, type Manner, startExchanges } from './exchange.ts'
import { contextOf, IDENTITIES, type Identity } from './identities.ts'
import { EHLO, EXCHANGE, jobOf, portsFor, report, resultsIn, told } from './lane.ts'

const ADDRESS = '127.28.0.1'
let exchanges: Exchanges

beforeAll(async () => {
  exchanges = await startExchanges([ADDRESS])
})
afterAll(() => exchanges.close())
afterEach(async () => {
  await expect.poll(() => exchanges.open(), { interval: 5, timeout: 600 }).toBe(0)
})

async function lookAt(manner: Partial<Manner>, budgetMs = 5_000) {
  exchanges.behave(answering({ tls: contextOf('valid'), ...manner }))
  const ports = portsFor({ smtpPort: exchanges.port, names: { [EXCHANGE]: [ADDRESS] } })
  const [result] = resultsIn(await report(ports, jobOf({ budgetMs })))
  if (result === undefined) throw new Error('nobody was looked at')
  return result
}

async function connectedTo(manner: Partial<Manner>) {
  const result = await lookAt(manner)
  if (result.kind !== 'connected') throw new Error(told(result))
  return result
}

async function tlsOf(identity: Identity, version?: 'TLSv1' | 'TLSv1.2') {
  const { startTls } = await connectedTo({ tls: contextOf(identity, version) })
  if (startTls?.kind !== 'secured') throw new Error(startTls?.kind)
  return startTls.tls
}

it('greets, says EHLO, starts TLS, says EHLO again and leaves; nobody’s mailbox is named', async () => {
  const result = await connectedTo({})
  expect(result).toMatchObject({
    greeting: { kind: 'reply', name: 'mx.inspect.test', reply: { code: 220 } },
    ehlo: {
      kind: 'accepted',
      name: 'mx.inspect.test',
      extensions: ['SIZE 35882577', 'PIPELINING', 'STARTTLS'],
    },
    startTls: { kind: 'secured', tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' } },
    ehloInside: { kind: 'accepted', name: 'mx.inspect.test', extensions: ['SIZE 35882577', 'AUTH PLAIN'] },
  })
  await expect.poll(() => exchanges.heard).toEqual([`EHLO ${EHLO}`, 'STARTTLS', `EHLO ${EHLO}`, 'QUIT'])
})

describe('certificates', () => {
  it.each<[Identity, string, string | null]>([
    ['valid', 'valid', null],
    ['deep', 'valid', null],
    ['with_root', 'valid', null],
    ['stranger_between', 'valid', null],
    ['missing_intermediate', 'untrusted', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['expired', 'expired', 'CERT_HAS_EXPIRED'],
    ['future', 'not_yet_valid', 'CERT_NOT_YET_VALID'],
    ['other', 'mismatch', null],
    ['self_signed', 'self_signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('%s: %s', async (identity, verdict, error) => {
    const { pkix, chain, chainFound } = await tlsOf(identity)
    const faults = verdict === 'valid' ? [] : [verdict]
    expect(pkix).toEqual({ verdict, error, faults, matches: identity !== 'other' })
    // Exactly what was sent, in the order of the wire, and no root from our own store.
    expect(chain.map(({ certSha256 }) => certSha256)).toEqual(
      IDENTITIES[identity].map((pem) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')),
    )
    expect(chainFound).toBe(chain.length)
    await expect.poll(() => exchanges.heard.at(-1)).toBe('QUIT')
  })

  it.each([
    ['TLSv1', 'TLSv1'],
    ['TLSv1.2', 'TLSv1.2'],
  ] as const)('are presented under %s as well', async (version, expected) => {
    expect(await tlsOf('valid', version)).toMatchObject({ version: expected, pkix: { verdict: 'valid' } })
  })

  it('trust nobody but the public roots where nobody says otherwise', async () => {
    exchanges.behave(answering({ tls: contextOf('with_root') }))
    const ports = portsFor({
      smtpPort: exchanges.port,
      names: { [EXCHANGE]: [ADDRESS] },
      looks: { extraRoots: [] },
    })
    expect(resultsIn(await report(ports))).toMatchObject([
      { startTls: { tls: { pkix: { verdict: 'untrusted', error: 'SELF_SIGNED_CERT_IN_CHAIN' } } } },
    ])
  })
})

const tlsRecord = (hex: string) => (caller: Caller) => caller.say(Buffer.from(hex, 'hex'))

describe('whatever happens instead', () => {
  it.each<[string, Partial<Manner>, string]>([
    ['no STARTTLS', { changes: { ehlo: '250-mx.inspect.test\r\n250 SIZE 1000\r\n' } }, '220 accepted not_offered'],
    ['STARTTLS refused', { changes: { starttls: '454 4.7.0 TLS not available\r\n' } }, '220 accepted 454'],
    ['EHLO refused', { changes: { ehlo: '502 5.5.1 What?\r\n' } }, '220 502'],
    ['EHLO refused inside', { changes: { ehlo_inside: '554 5.7.1 Not you\r\n' } }, '220 accepted secured 554'],
    ['a greeting of 421', { changes: { greeting: '421 4.7.0 Busy\r\n' } }, '421'],
    ['a greeting of 554', { changes: { greeting: '554 5.7.1 Your address is listed\r\n' } }, '554'],
    ['421 to EHLO', { changes: { ehlo: '421 4.3.2 Going down\r\n' } }, '220 421'],
    ['bare garbage', { at: 'greeting', instead: (c) => c.say('\0\x01garbage\r\n') }, 'protocol_error'],
    ['HTTP', { at: 'greeting', instead: (c) => c.say('HTTP/1.1 400 Bad Request\r\n\r\n') }, 'protocol_error'],
    ['two greetings', { changes: { greeting: '220 a\r\n220 b\r\n' } }, '220 protocol_error'],
    ['a line without end', { at: 'ehlo', instead: (c) => c.say('250-'.padEnd(9_000, 'x')) }, '220 protocol_error'],
    [
      'garbage for a handshake',
      { at: 'handshake', instead: (c) => c.say('x'.repeat(900)) },
      `220 accepted ${failed('tls_error')}`,
    ],
    [
      'an alert for a handshake',
      { at: 'handshake', instead: tlsRecord('15030300020228') },
      `220 accepted ${failed('tls_error')}`,
    ],
    [
      'replies for a handshake',
      { at: 'handshake', instead: (c) => c.say('250 Ok\r\n') },
      `220 accepted ${failed('tls_error')}`,
    ],
  ])('%s', async (_what, manner, expected) => {
    expect(told(await lookAt(manner))).toBe(expected)
  })

  it.each<[NonNullable<Manner['at']>, string]>([
    ['greeting', 'closed'],
    ['ehlo', '220 closed'],
    ['starttls', '220 accepted closed'],
    ['handshake', `220 accepted ${failed('closed')}`],
    ['ehlo_inside', '220 accepted secured closed'],
  ])('a reset and an end at %s', async (at, expected) => {
    const reset = told(await lookAt({ at, instead: (caller) => caller.reset() }))
    // A reset that comes with the connection itself is a refusal.
    expect(at === 'greeting' ? ['closed', 'connect_refused'] : [expected]).toContain(reset)
    expect(told(await lookAt({ at, instead: (caller) => caller.hangUp() }))).toBe(expected)
  })

  it.each<[NonNullable<Manner['at']>, string]>([
    ['greeting', 'timed_out'],
    ['ehlo', '220 timed_out'],
    ['starttls', '220 accepted timed_out'],
    ['handshake', `220 accepted ${failed('timed_out')}`],
    ['ehlo_inside', '220 accepted secured timed_out'],
  ])('silence at %s, which is over in time', async (at, expected) => {
    const result = await lookAt({ at }, 400)
    expect(told(result)).toBe(expected)
    if (result.kind === 'connected' && at === 'greeting') {
      expect(result.greeting).toMatchObject({ kind: 'timed_out', waitedMs: expect.any(Number) })
    }
  })

  it('a tarpit, octet by octet, is over in time', async () => {
    const drip = async (caller: Caller) => {
      for (let octets = 0; octets < 200 && !caller.gone; octets += 1) {
        caller.say('2')
        await new Promise((then) => setTimeout(then, 10))
      }
    }
    expect(told(await lookAt({ at: 'ehlo', instead: drip }, 300))).toBe('220 timed_out')
  })

  it('a greeting that takes its time is timed', async () => {
    const late = (caller: Caller) => void setTimeout(() => caller.say('554 5.7.1 No\r\n'), 60)
    expect(await lookAt({ at: 'greeting', instead: late })).toMatchObject({ greeting: { reply: { code: 554 } } })
    const result = await connectedTo({ at: 'greeting', instead: late })
    expect(result.greeting.kind === 'reply' && result.greeting.tookMs).toBeGreaterThanOrEqual(50)
  })
})

function failed(how: string): string {
  return `handshake_failed:${how}`
}

it('what stands in clear behind the go-ahead is not heard (RFC 3207 §6)', async () => {
  const injected = '220 2.0.0 Go ahead\r\n250-evil.test\r\n250 X-INJECTED\r\n250 half a li'
  const result = await connectedTo({ changes: { starttls: injected } })
  expect(told(result)).toBe('220 accepted secured accepted')
  expect(JSON.stringify(result)).not.toMatch(/evil|INJECTED/)
})

it('nothing is said before the greeting', async () => {
  expect(told(await lookAt({ at: 'greeting' }, 300))).toBe('timed_out')
  expect(exchanges.heard).toEqual([])
})

it('what a stranger says is capped, printable and names nobody', async () => {
  const lines = Array.from({ length: 60 }, (_, n) => `250-X-${n} \u202E\u0007${'y'.repeat(200)}\r\n`).join('')
  const result = await connectedTo({
    changes: {
      greeting: `220-${'n'.repeat(400)} \u2066hidden\r\n220 ask jane.roe@inspect.test or postmaster@inspect.test\r\n`,
      ehlo: `250-mx\r\n${lines}250 starttls\r\n`,
    },
  })
  expect(result.startTls?.kind).toBe('secured')
  const text = JSON.stringify(result)
  expect(text).not.toMatch(/jane|[\u202A-\u202E\u2066-\u2069]|\\u0007/)
  expect(text).toContain('postmaster@inspect.test')
  expect(result.ehlo?.kind === 'accepted' && result.ehlo.extensions).toHaveLength(40)
})
