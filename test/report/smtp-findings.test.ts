// What an owner is told of exchanges as they look from outside: by one that has it, by one that has not, and of what was not measured.
import { UNMEASURED } from '@postern/shared/contract/inspection.ts'
import type { SeenHost } from '@postern/shared/report/seen.ts'
import { type SmtpGiven, smtpFindings } from '@postern/shared/report/smtp-findings.ts'
import { describe, expect, it } from 'vitest'
import {
  certificate,
  connected,
  greeted,
  LOOKED_AT,
  LOOKED_AT_TEXT,
  REFUSED,
  reply,
  secured,
  seen,
  TIMED_OUT,
  unmeasured,
  unseen,
  withGreeting,
  withTls,
} from './inspections.ts'

const FOUR = '192.0.2.1'
const OTHER_FOUR = '192.0.2.2'
const SIX = '2001:db8::1'
const OTHER_SIX = '2001:db8::2'
const DAY_MS = 86_400_000

const found = (hosts: readonly SeenHost[], wish: Partial<SmtpGiven> = {}) =>
  smtpFindings({
    domain: 'a.test',
    hosts,
    enforced: new Set(),
    pinned: new Set(),
    reverse: new Map([[FOUR, []]]),
    ...wish,
  })
const said = (hosts: readonly SeenHost[], wish: Partial<SmtpGiven> = {}) =>
  found(hosts, wish).map(({ id, subject, severity }) => `${id} ${subject} ${severity}`)
const one = (results: Readonly<Record<string, unknown>>) => [seen('mx1.a.test', results)]

it('exchanges that are sound give nothing to think of', () => {
  expect(said([seen('mx1.a.test', { [FOUR]: connected(), [SIX]: connected() })])).toEqual([])
  expect(said([])).toEqual([])
})

describe('a connection', () => {
  const SOUND = seen('mx2.a.test', { [OTHER_FOUR]: connected() })

  it.each([
    ['refused by one of two hosts', { [FOUR]: REFUSED }, ['SMTP_CONNECT_REFUSED mx1.a.test high']],
    ['not answered by one of two hosts', { [FOUR]: TIMED_OUT }, ['SMTP_CONNECT_TIMEOUT mx1.a.test high']],
    [
      'refused here and unanswered there',
      { [FOUR]: REFUSED, [SIX]: TIMED_OUT },
      ['SMTP_CONNECT_TIMEOUT mx1.a.test high'],
    ],
    [
      'refused, and else not measured',
      { [FOUR]: REFUSED, [SIX]: unmeasured('no_ipv6') },
      ['SMTP_CONNECT_REFUSED mx1.a.test high'],
    ],
    [
      'refused by one of two addresses',
      { [FOUR]: REFUSED, [OTHER_FOUR]: connected() },
      [`SMTP_CONNECT_REFUSED mx1.a.test (${FOUR}) medium`],
    ],
    [
      'not answered over IPv6',
      { [FOUR]: connected(), [SIX]: TIMED_OUT, [OTHER_SIX]: REFUSED },
      ['SMTP_V6_ONLY_DOWN mx1.a.test medium'],
    ],
    [
      'not answered over some IPv6',
      { [SIX]: TIMED_OUT, [OTHER_SIX]: connected() },
      [`SMTP_CONNECT_TIMEOUT mx1.a.test (${SIX}) medium`],
    ],
    [
      'not answered over some IPv6 and untried over other',
      { [FOUR]: connected(), [SIX]: TIMED_OUT, [OTHER_SIX]: unmeasured('deadline') },
      [`SMTP_CONNECT_TIMEOUT mx1.a.test (${SIX}) medium`],
    ],
    [
      'not answered over IPv4',
      { [FOUR]: TIMED_OUT, [SIX]: connected() },
      [`SMTP_CONNECT_TIMEOUT mx1.a.test (${FOUR}) medium`],
    ],
    ['never tried over IPv6', { [FOUR]: connected(), [SIX]: unmeasured('no_ipv6') }, []],
  ] as const)('%s', (_what, results, expected) => {
    expect(said([seen('mx1.a.test', results), SOUND])).toEqual(expected)
  })

  it('that none of all hosts takes is critical, if all were measured whole', () => {
    const severities = (hosts: readonly SeenHost[]) => found(hosts).map(({ severity }) => severity)
    const down = seen('mx1.a.test', { [FOUR]: REFUSED })
    expect(severities([down, seen('mx2.a.test', { [OTHER_FOUR]: TIMED_OUT })])).toEqual(['critical', 'critical'])
    expect(severities([down, unseen('mx2.a.test', 'deadline')])).toEqual(['high'])
    expect(severities([seen('mx1.a.test', { [FOUR]: REFUSED, [SIX]: unmeasured('no_ipv6') })])).toEqual(['high'])
    expect(severities([seen('mx1.a.test', { [FOUR]: REFUSED }, { addressesFound: 2 })])).toEqual(['high'])
  })

  it('that was not tried is no finding, whatever the reason', () => {
    for (const why of UNMEASURED)
      expect(said([unseen('mx1.a.test', why), seen('mx2.a.test', { [FOUR]: unmeasured(why) })]), why).toEqual([])
  })

  it('tells how long was waited', () => {
    const [finding] = found(one({ [FOUR]: TIMED_OUT }))
    expect(finding!.evidence).toEqual({
      addresses: [{ address: FOUR, observedAt: LOOKED_AT_TEXT, fault: 'connect_timeout', waitedMs: 10_000 }],
    })
  })
})

it('a connection that is refused tells no more than that', () => {
  const [finding] = found(one({ [FOUR]: REFUSED }))
  expect(finding!.explanation).toBe(
    'A connection to mx1.a.test on port 25 was refused: nothing listens there, or a firewall turns our address away, which looks the same.',
  )
})

it.each([
  ['a greeting that is none', connected({ greeting: greeted(250, 'hello') })],
  ['a greeting that is late', connected({ greeting: greeted(220, 'mx1.a.test', 9_000) })],
  ['a greeting that did not come', withGreeting({ kind: 'timed_out', waitedMs: 6_000 })],
  ['old TLS', withTls(secured([], { version: 'TLSv1' }))],
  ['a certificate that is over', withTls(secured(['expired']))],
  ['no TLS', withTls({ kind: 'not_offered' })],
  ['no connection', TIMED_OUT],
])('%s says when it was seen, also from memory', (_what, result) => {
  const findings = found([seen('mx1.a.test', { [FOUR]: result }, { fromMemory: true })], {
    enforced: new Set(['mx1.a.test']),
  })
  expect(findings.length).toBeGreaterThan(0)
  for (const { evidence } of findings)
    expect(evidence).toMatchObject({ addresses: [{ address: FOUR, observedAt: LOOKED_AT_TEXT }] })
})

describe('a greeting', () => {
  it.each([
    ['with 421', greeted(421, 'busy'), ['SMTP_421_554_GREETING']],
    ['with 450', greeted(450, 'later'), ['SMTP_421_554_GREETING']],
    ['with 521', greeted(521, 'no mail here'), ['SMTP_421_554_GREETING']],
    ['with 550', greeted(550, 'your address is listed'), ['SMTP_421_554_GREETING']],
    ['with 554', greeted(554, 'no'), ['SMTP_421_554_GREETING']],
    ['with 571', greeted(571, 'blocked'), ['SMTP_421_554_GREETING']],
    ['with 250', greeted(250, 'hello'), ['SMTP_BANNER_NOT_220']],
    ['with 354', greeted(354, 'go ahead'), ['SMTP_BANNER_NOT_220']],
    ['after five seconds', greeted(220, 'mx1.a.test', 5_000), []],
    ['after more', greeted(220, 'mx1.a.test', 5_001), ['SMTP_SLOW']],
    ['after more, with 554', greeted(554, 'no', 6_000), ['SMTP_421_554_GREETING', 'SMTP_SLOW']],
    ['that did not come within six seconds', { kind: 'timed_out', waitedMs: 6_000 }, ['SMTP_NO_GREETING']],
    ['that was waited for for four', { kind: 'timed_out', waitedMs: 4_000 }, []],
    ['in place of which we were hung up on', { kind: 'closed', waitedMs: 6_000 }, []],
    ['that is no SMTP', { kind: 'protocol_error', waitedMs: 6_000 }, []],
  ] as const)('%s', (_what, greeting, expected) => {
    expect(found(one({ [FOUR]: withGreeting(greeting) })).map(({ id }) => id)).toEqual(expected)
  })

  it.each([
    ['protocol_error', ['SMTP_EHLO_NO_REPLY']],
    ['closed', []],
    ['timed_out', []],
  ] as const)('is followed by an EHLO that ends as %s', (kind, expected) => {
    const result = connected({ ehlo: { kind, waitedMs: 20 }, startTls: null, ehloInside: null })
    expect(found(one({ [FOUR]: result })).map(({ id }) => id)).toEqual(expected)
  })

  it('of whatever refusal is one of us, and none of others', () => {
    for (const code of [421, 450, 521, 550, 554, 571]) {
      const [finding] = found(one({ [FOUR]: withGreeting(greeted(code, 'no')) }))
      expect(finding).toMatchObject({ severity: 'low', title: 'An exchange turned us away at the door' })
      expect(finding!.explanation).toContain('may be about our address')
      expect(finding!.explanation).not.toMatch(/\d{3}/)
      expect(finding!.evidence).toMatchObject({ addresses: [{ code, observedAt: LOOKED_AT_TEXT }] })
    }
  })

  it.each([
    ['its own', 'MX1.A.test. ESMTP', [], []],
    ['the one of its address', 'out.b.test ESMTP', ['x.c.test.', 'OUT.B.test.'], []],
    ['another machine of its house', 'node7.a.test ESMTP', [], []],
    ['another machine of its address’s house', 'node7.b.test ESMTP', ['farm.b.test'], []],
    ['another one', 'mail.c.test ESMTP', ['farm.b.test'], ['SMTP_BANNER_NAME_MISMATCH']],
    ['another one, of an address without names', 'mail.c.test ESMTP', [], ['SMTP_BANNER_NAME_MISMATCH']],
    ['another one, of an address whose names nobody learned', 'mail.c.test ESMTP', null, []],
    ['nobody', 'localhost ESMTP', [], ['SMTP_BANNER_NAME_MISMATCH']],
    ['its address', '[192.0.2.1] ESMTP', [], []],
    ['another address', '[10.0.0.1] ESMTP', [], ['SMTP_BANNER_NAME_MISMATCH']],
    ['no name', 'ESMTP ready', [], []],
    ['nothing that can be read', '************', [], []],
    ['nothing', '', [], []],
  ] as const)('names %s', (...[, text, names, expected]) => {
    const reverse = new Map(names === null ? [] : [[FOUR, names]])
    const findings = found(one({ [FOUR]: connected({ greeting: greeted(220, text) }) }), { reverse })
    expect(findings.map(({ id }) => id)).toEqual(expected)
  })
})

describe('TLS', () => {
  const failed = (how: string) => ({ kind: 'handshake_failed', how, error: null, waitedMs: 10 })
  const refused = (code: number) => ({ kind: 'refused', reply: reply(code, 'no'), tookMs: 10 })
  const STS = 'STS_MX_TLS_FAILS_ENFORCE'
  const rows = [
    ['is sound', secured(), [], false],
    ['is not offered', { kind: 'not_offered' }, ['TLS_NOT_OFFERED high'], true],
    ['fails in its handshake', failed('tls_error'), ['TLS_HANDSHAKE_FAILED high'], true],
    ['is hung up on', failed('closed'), ['TLS_HANDSHAKE_FAILED high'], true],
    ['is too slow', failed('timed_out'), [], false],
    ['is refused', refused(502), ['TLS_HANDSHAKE_FAILED high'], true],
    ['is not available now', refused(454), [], false],
    ['got no answer', { kind: 'timed_out', waitedMs: 9_000 }, [], false],
    ['got a connection closed', { kind: 'closed', waitedMs: 1 }, [], false],
    ['was not reached', null, [], false],
    ['is 1.0', secured([], { version: 'TLSv1' }), ['TLS_OLD_VERSION medium'], false],
    ['is 1.1', secured([], { version: 'TLSv1.1' }), ['TLS_OLD_VERSION medium'], false],
    ['is 1.2', secured([], { version: 'TLSv1.2' }), [], false],
    ['is of some version', secured([], { version: null }), [], false],
  ] as const

  it.each(rows)('that %s', (...[, startTls, expected, isFailing]) => {
    const hosts = one({ [FOUR]: withTls(startTls) })
    const words = (enforced: readonly string[]) =>
      found(hosts, { enforced: new Set(enforced) }).map(({ id, severity }) => `${id} ${severity}`)
    expect(words([])).toEqual(expected)
    expect(words(['mx1.a.test'])).toEqual([...expected, ...(isFailing ? [`${STS} high`] : [])])
    expect(words(['mx2.a.test'])).toEqual(expected)
  })

  it.each([
    [['expired'], ['TLS_CERT_EXPIRED']],
    [['mismatch'], ['TLS_CERT_MISMATCH']],
    [['untrusted'], ['TLS_CERT_UNTRUSTED']],
    [['self_signed'], ['TLS_CERT_UNTRUSTED']],
    [['invalid'], ['TLS_CERT_UNTRUSTED']],
    [['not_yet_valid'], ['TLS_CERT_UNTRUSTED']],
    [['no_certificate'], ['TLS_CERT_UNTRUSTED']],
    [
      ['self_signed', 'untrusted', 'expired', 'mismatch'],
      ['TLS_CERT_UNTRUSTED', 'TLS_CERT_EXPIRED', 'TLS_CERT_MISMATCH'],
    ],
  ] as const)('with a certificate that is %s counts where it is enforced', (faults, ids) => {
    const hosts = one({ [FOUR]: connected({ startTls: secured(faults) }) })
    const words = (enforced: ReadonlySet<string>) =>
      found(hosts, { enforced }).map(({ id, severity }) => `${id} ${severity}`)
    expect(words(new Set())).toEqual(ids.map((id) => `${id} info`))
    expect(words(new Set(['mx1.a.test']))).toEqual([...ids.map((id) => `${id} high`), `${STS} high`])
    // RFC 7672 §3.1.1: behind a pin that fits, it counts for nobody but the policy.
    const pinned = new Set(['mx1.a.test'])
    expect(found(hosts, { pinned })).toEqual([])
    expect(found(hosts, { pinned, enforced: pinned }).map(({ id }) => id)).toEqual([...ids, STS])
  })

  it.each([
    ['fourteen of ninety days left', 90, 14, []],
    ['less than fourteen of ninety', 90, 13.9, ['TLS_CERT_EXPIRING']],
    ['eight of forty-seven', 47, 8, []],
    ['seven of forty-seven', 47, 7, ['TLS_CERT_EXPIRING']],
    ['two of six, which is how long it lives', 6, 2, []],
    ['less than one of six', 6, 0.9, ['TLS_CERT_EXPIRING']],
  ] as const)('with a certificate that has %s', (...[, lifetimeDays, daysLeft, ids]) => {
    const notAfterAt = LOOKED_AT + daysLeft * DAY_MS
    const leaf = certificate('1', { notAfterAt, notBeforeAt: notAfterAt - lifetimeDays * DAY_MS })
    const of = (faults: readonly string[], enforced: readonly string[] = []) =>
      found(one({ [FOUR]: withTls(secured(faults, { chain: [leaf], chainFound: 1 })) }), {
        enforced: new Set(enforced),
      })
    expect(of([]).map(({ id, severity }) => `${id} ${severity}`)).toEqual(ids.map((id) => `${id} info`))
    expect(of([], ['mx1.a.test']).map(({ severity }) => severity)).toEqual(ids.map(() => 'medium'))
    // Nobody who checks takes it today either.
    expect(of(['mismatch']).map(({ id }) => id)).toEqual(['TLS_CERT_MISMATCH'])
  })

  it('with a certificate whose dates cannot be read ends at no time', () => {
    const chain = [certificate('1', { notBeforeAt: null })]
    expect(found(one({ [FOUR]: withTls(secured([], { chain, chainFound: 1 })) }))).toEqual([])
  })

  it('is not missed before EHLO was understood', () => {
    const deaf = connected({
      ehlo: { kind: 'refused', reply: reply(502, 'what'), tookMs: 1 },
      startTls: { kind: 'not_offered' },
    })
    expect(found(one({ [FOUR]: deaf }), { enforced: new Set(['mx1.a.test']) })).toEqual([])
  })

  it('of one host is one finding, which names its addresses', () => {
    const without = withTls({ kind: 'not_offered' })
    const [finding, ...others] = found(one({ [FOUR]: without, [OTHER_FOUR]: connected(), [SIX]: without }))
    expect(others).toEqual([])
    expect(finding).toMatchObject({ subject: 'mx1.a.test', confidence: 'measured' })
    expect(finding!.evidence).toEqual({
      addresses: [
        { address: FOUR, observedAt: LOOKED_AT_TEXT },
        { address: SIX, observedAt: LOOKED_AT_TEXT },
      ],
    })
  })
})
