// The story of one address: at each turn, who is asked and above all who is not.
import type { MailRoute } from '@postern/shared/dns/mail-route.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import { describe, expect, it } from 'vitest'
import { replyTo, routeTo, START } from './facts.ts'
import { reported, type Said } from './lanes-that-answer.ts'

import { type Evening, evening } from './evening.ts'

describe('syntax', () => {
  it.each([
    '',
    'jane',
    'jane@',
    '@strict.test',
    'a b@strict.test',
    'jane@strict',
    'jane@@strict.test',
    '"j"@strict.test',
  ])('that is wrong (%j) asks nobody', async (email) => {
    const { verified, lookedUp, asked } = await evening(email)
    expect({ lookedUp, asked }).toEqual({ lookedUp: [], asked: 0 })
    expect(verified).toMatchObject({
      address: null,
      verdict: { status: 'undeliverable', reason: 'syntax_invalid', level: 'confirmed' },
      smtpState: 'not_needed',
      dnsMs: null,
      lane: null,
    })
  })

  it('that is allowed by the request is looked at further', async () => {
    const { verified, asked } = await evening('"jane doe"@strict.test', { request: { allow: { quoted: true } } })
    expect(asked).toBe(1)
    expect(verified.verdict.reason).toBe('mailbox_accepted')
  })

  it('of an address of a machine asks neither DNS nor lane', async () => {
    const { verified, lookedUp, asked } = await evening('jane@[192.0.2.1]', { request: { allow: { ipLiteral: true } } })
    expect({ lookedUp, asked }).toEqual({ lookedUp: [], asked: 0 })
    expect(verified).toMatchObject({ smtpState: 'not_asked', verdict: { status: 'unknown', reason: 'not_probed' } })
  })
})

describe('a special-use name', () => {
  it.each(['jane@mail.test', 'jane@b.invalid', 'jane@b.local', 'jane@b.onion', 'jane@printer.home.arpa'])(
    'as in %s asks no DNS and no lane',
    async (email) => {
      const { verified, lookedUp, asked } = await evening(email, { allowSpecialUse: [] })
      expect({ lookedUp, asked }).toEqual({ lookedUp: [], asked: 0 })
      expect(verified.verdict).toMatchObject({ reason: 'domain_not_found', rule: 'dns.special_use' })
    },
  )

  it('that is allowed is a name like any other; its neighbours are not', async () => {
    expect((await evening('jane@b.test', { allowSpecialUse: ['test'] })).lookedUp).toHaveLength(1)
    expect((await evening('jane@b.invalid', { allowSpecialUse: ['test'] })).lookedUp).toHaveLength(0)
  })
})

describe('a route that settles it', () => {
  const settled = (route: MailRoute, confirmed = true): Fact => ({ ...routeTo(), route, confirmed })
  const optOut: Fact = { kind: 'opt_out', observedAt: START, source: 'world' }

  it.each<[string, readonly Fact[], string]>([
    ['no such domain', [settled({ kind: 'nxdomain' })], 'domain_not_found'],
    ['a null MX', [settled({ kind: 'null_mx' })], 'null_mx'],
    ['no host at all', [settled({ kind: 'none' })], 'no_mail_host'],
    ['one answer alone for "no such domain"', [settled({ kind: 'nxdomain' }, false)], 'dns_failure'],
    ['a time-out', [settled({ kind: 'unlearned', why: 'timeout' })], 'dns_timeout'],
    ['exchanges out of reach', [routeTo('mx.strict.test', 'ipv6_only')], 'no_lane'],
    ['an opt-out', [optOut, routeTo()], 'opted_out'],
  ])('%s asks no lane', async (_what, route, reason) => {
    const { verified, asked } = await evening('jane@strict.test', { route })
    expect(asked).toBe(0)
    expect(verified).toMatchObject({ smtpState: 'not_needed', dnsMs: 30, smtpMs: null, verdict: { reason } })
  })
})

describe('fast mode', () => {
  it('never asks a lane, and does not look up the exchanges’ own addresses', async () => {
    const { verified, lookedUp, asked } = await evening('jane@strict.test', { request: { mode: 'fast' } })
    expect(asked).toBe(0)
    expect(lookedUp).toEqual([{ domain: 'strict.test', deadlineAt: START + 3_000, targets: 'beside' }])
    expect(verified).toMatchObject({ smtpState: 'not_asked', verdict: { status: 'unknown', reason: 'not_probed' } })
  })

  it.each([
    ['info@strict.test', 'role'],
    ['jane@mailinator.com', 'disposable'],
  ])('knows what lists know of %s', async (email, reason) => {
    const { verified, asked } = await evening(email, { request: { mode: 'fast' } })
    expect(asked).toBe(0)
    expect(verified.verdict).toMatchObject({ status: 'risky', reason })
  })
})

describe('full mode', () => {
  it('looks up the exchanges, asks the lane, and says who was asked and how long it took', async () => {
    const { verified, lookedUp, asked } = await evening('Jané.Doe@Strict.TEST')
    expect(lookedUp).toEqual([{ domain: 'strict.test', deadlineAt: START + 3_000, targets: 'await' }])
    expect(asked).toBe(1)
    expect(verified).toMatchObject({
      verdict: { status: 'deliverable', reason: 'mailbox_accepted', level: 'confirmed' },
      smtpState: 'asked',
      lane: 'eu-1',
      dnsMs: 30,
      smtpMs: 40,
      checkedAt: START + 50,
    })
  })

  it('gives the look-ups no more than the request has', async () => {
    const { lookedUp } = await evening('jane@strict.test', { request: { deadlineAt: START + 700 } })
    expect(lookedUp[0]?.deadlineAt).toBe(START + 700)
  })

  it.each([
    ['no', 'yahoo', 'jane@yahoo.com', 'mta5.am0.yahoodns.net', 'risky', 'provider_unverifiable'],
    ['batch', 'ms-consumer', 'jane@outlook.com', 'outlook-com.olc.protection.outlook.com', 'unknown', 'not_probed'],
    ['batch', 'apple', 'jane@icloud.com', 'mx01.mail.icloud.com', 'unknown', 'not_probed'],
    ['queue', 'mimecast', 'jane@strict.test', 'eu-smtp-inbound-1.mimecast.com', 'unknown', 'not_probed'],
    ['queue', 'proofpoint', 'jane@strict.test', 'mx0a-001.pphosted.com', 'unknown', 'not_probed'],
  ])('a provider that is to be asked %j (%s) is not asked for somebody who waits', async (...row) => {
    const [, , email, exchange, status, reason] = row
    const { verified, asked } = await evening(email, { route: [routeTo(exchange)] })
    expect(asked).toBe(0)
    expect(verified).toMatchObject({ smtpState: 'not_asked', verdict: { status, reason, level: 'estimated' } })
    expect(verified.facts).toContainEqual(expect.objectContaining({ kind: 'hold', retryAt: null }))
  })

  it('a provider that answers truthfully is asked', async () => {
    const route = [routeTo('gmail-smtp-in.l.google.com')]
    expect((await evening('jane.doe@gmail.com', { route })).asked).toBe(1)
  })

  it.each<[string, Said, string]>([
    ['is held', reported('held', []), 'deferred'],
    ['knows already', reported('known', [replyTo('mailbox', 'accepted')]), 'cached'],
    ['did not start', { kind: 'not_started' }, 'not_asked'],
    ['is not heard', { kind: 'uncertain' }, 'deferred'],
  ])('the state says it where a lane %s', async (_what, said, state) => {
    expect((await evening('jane@strict.test', { said })).verified.smtpState).toBe(state)
  })

  it('nobody is asked on behalf of a caller who was not admitted', async () => {
    const { asked, verified } = await evening('jane@strict.test', { admitted: false })
    expect(asked).toBe(0)
    expect(verified).toMatchObject({ smtpState: 'not_asked', verdict: { status: 'unknown', reason: 'not_probed' } })
  })
})

describe('a suggestion', () => {
  const kinds = ({ verified }: Evening) => verified.facts.filter(({ kind }) => kind === 'suggestion')

  it('towards a provider asks no DNS about the provider', async () => {
    const story = await evening('jane.roe@gmial.com', { request: { mode: 'fast' } })
    expect(story.lookedUp[0]).not.toHaveProperty('alsoTakesMail')
    expect(kinds(story)).toMatchObject([{ email: 'jane.roe@gmail.com', target: 'known' }])
    expect(story.verified.verdict.reason).toBe('suspected_typo')
  })

  it.each([
    ['takes_mail', 'takes_mail'],
    ['no_mail', 'no_mail'],
    ['unlearned', 'unlearned'],
    [null, 'unlearned'],
  ] as const)('towards a domain that nobody knows has it asked beside: %s', async (also, target) => {
    const story = await evening('jane.roe@acme-tools.con', { also, request: { mode: 'fast' } })
    expect(story.lookedUp).toMatchObject([{ domain: 'acme-tools.con', alsoTakesMail: 'acme-tools.com' }])
    expect(kinds(story)).toMatchObject([{ email: 'jane.roe@acme-tools.com', target }])
  })

  it.each([
    ['jane.roe@gmailcom', 'jane.roe@gmail.com'],
    ['jane.roe@acme..com', 'jane.roe@acme.com'],
    [' jane.roe@acme.example ', 'jane.roe@acme.example'],
  ])('is made for %j, which is no address', async (email, meant) => {
    const story = await evening(email)
    expect(story.verified.verdict.reason).toBe('syntax_invalid')
    expect(kinds(story)).toMatchObject([{ email: meant }])
    expect({ lookedUp: story.lookedUp, asked: story.asked }).toEqual({ lookedUp: [], asked: 0 })
  })

  it('is made for nobody who wrote what they meant', async () => {
    expect(kinds(await evening('jane.roe@gmail.com'))).toEqual([])
  })
})

describe('the age of a domain', () => {
  const DAY_MS = 86_400_000

  it('is told where it is remembered, and learned where it is not', async () => {
    const young = await evening('jane@strict.test', { registeredAt: START - DAY_MS })
    expect(young.verified.facts).toContainEqual(expect.objectContaining({ kind: 'domain_age' }))
    expect((await evening('jane@strict.test')).verified.facts.map(({ kind }) => kind)).not.toContain('domain_age')
  })

  it('is learned while the mail server is asked, or after the answer in fast mode', async () => {
    expect(await evening('jane@strict.test')).toMatchObject({ learned: ['strict.test'], left: 1 })
    expect(await evening('jane@strict.test', { request: { mode: 'fast' } })).toMatchObject({ learned: [], left: 1 })
  })

  it.each<[string, readonly Fact[]]>([
    ['jane.roe@gmail.com', [routeTo()]],
    ['jane@duck.com', [routeTo()]],
    ['jane@strict.test', [{ ...routeTo(), route: { kind: 'nxdomain' }, confirmed: true }]],
    ['jane@[192.0.2.1]', []],
  ])('of %s is nobody’s concern', async (email, route) => {
    const story = await evening(email, { route, request: { mode: 'fast', allow: { ipLiteral: true } } })
    expect({ learned: story.learned, left: story.left }).toEqual({ learned: [], left: 0 })
  })
})

describe('sender policies', () => {
  it('are looked up where the mail server could not tell, and only there', async () => {
    const acceptsAll = reported('asked', [replyTo('mailbox', 'accepted'), replyTo('stranger', 'accepted')])
    const open = await evening('jane@strict.test', { said: acceptsAll })
    expect(open.ranked).toEqual(['strict.test'])
    expect(open.verified.verdict.reason).toBe('accepts_all')
    expect(open.verified.facts).toContainEqual(expect.objectContaining({ kind: 'sender_policy' }))
    expect((await evening('jane@strict.test')).ranked).toEqual([])
    const no = reported('asked', [replyTo('mailbox', 'unknown'), replyTo('postmaster', 'accepted')])
    expect((await evening('jane@strict.test', { said: no })).ranked).toEqual([])
    expect((await evening('jane@strict.test', { request: { mode: 'fast' } })).ranked).toEqual([])
  })
})
