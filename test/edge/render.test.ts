// The public answer: null never becomes false, and what may be tried again says so and is not final.
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ABOUT_US, evidenceWith, LATER, NO, YES } from '../laws/evidence.ts'
import { faultOf, holdFor, replyTo, routeTo, START } from './facts.ts'
import { rendered, verifiedWith } from './rendered.ts'

const smtp = (facts: readonly Fact[]) => rendered([routeTo(), ...facts]).checks.smtp

describe('whether the mailbox accepts', () => {
  it.each<[string, readonly Fact[], boolean | null]>([
    ['nobody was asked', [], null],
    ['a permit was missing', [holdFor('permit', START + 1_000)], null],
    ['the host was silent', [faultOf('greeting_timeout')], null],
    ['the connection broke at its RCPT', [faultOf('closed', { to: 'mailbox' })], null],
    ['our own MAIL FROM was refused', [replyTo('nobody', 'listed')], null],
    ['our address was refused at its RCPT', [replyTo('mailbox', 'listed')], null],
    ['only a stranger was refused', [replyTo('stranger', 'unknown')], null],
    ['it was greylisted', [replyTo('mailbox', 'greylisted')], null],
    ['it was unknown for the time being', [replyTo('mailbox', 'laterUnknown')], null],
    ['it was refused', [replyTo('mailbox', 'unknown')], false],
    ['it was accepted', [replyTo('mailbox', 'accepted')], true],
    ['it exists, and receives too much just now', [replyTo('mailbox', 'busy')], true],
    ['everybody was accepted', [replyTo('mailbox', 'accepted'), replyTo('stranger', 'accepted')], true],
    [
      'a later answer took an earlier one back',
      [replyTo('mailbox', 'accepted', { observedAt: START - 9_000 }), replyTo('mailbox', 'unknown')],
      false,
    ],
  ])('where %s', (_what, facts, accepts) => {
    expect(smtp(facts).accepts).toBe(accepts)
  })

  it('is false only after a 5xx about it, true only after a 2xx, for any evidence', () => {
    fc.assert(
      fc.property(evidenceWith([...YES, ...NO, ...ABOUT_US, ...LATER]), (facts) => {
        const { accepts } = rendered(facts).checks.smtp
        const codes = facts.flatMap((fact) => (fact.kind === 'reply' && fact.to === 'mailbox' ? [fact.reply.code] : []))
        if (accepts === true) expect(codes.some((code) => code < 300)).toBe(true)
        if (accepts === false) expect(codes.some((code) => code >= 500)).toBe(true)
        if (codes.length === 0) expect(accepts).toBeNull()
      }),
      { numRuns: 1_000 },
    )
  })

  it('is never false after replies about us or for later alone', () => {
    fc.assert(
      fc.property(evidenceWith([...ABOUT_US, ...LATER]), (facts) => {
        expect(rendered(facts).checks.smtp.accepts).not.toBe(false)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('what strangers hear', () => {
  it.each<[string, readonly Fact[], string]>([
    ['nobody asked for one', [replyTo('mailbox', 'accepted')], 'not_checked'],
    ['one was refused', [replyTo('stranger', 'unknown')], 'refuses_strangers'],
    ['one was accepted', [replyTo('stranger', 'accepted')], 'accepts_all'],
    ['one was greylisted', [replyTo('stranger', 'greylisted')], 'unknown'],
    ['one was refused for our sake', [replyTo('stranger', 'listed')], 'unknown'],
    ['postmaster was accepted', [replyTo('postmaster', 'accepted')], 'not_checked'],
    [
      'one was refused after another was accepted',
      [replyTo('stranger', 'unknown'), replyTo('stranger', 'accepted', { observedAt: START - 60_000 })],
      'refuses_strangers',
    ],
  ])('where %s', (_what, facts, strangers) => {
    expect(smtp(facts).strangers).toBe(strangers)
  })
})

describe('flags', () => {
  const signal = (name: 'role' | 'free', value: boolean): Fact => ({
    kind: 'signal',
    signal: name,
    value,
    observedAt: START,
    source: 'list',
  })

  it('are true, false or null: what was not checked is not false', () => {
    const { flags } = rendered([routeTo(), signal('role', true), signal('free', false)])
    expect(flags).toEqual({
      role: true,
      free: false,
      disposable: null,
      relay: null,
      forwarding: null,
      subaddress: null,
      gibberish: null,
      suspected_trap: null,
      abuse: null,
    })
  })

  it('of a text that is no address are all null', () => {
    const { flags, normalized } = rendered([signal('role', true)], { email: 'jane' })
    expect(new Set(Object.values(flags))).toEqual(new Set([null]))
    expect(normalized).toBeNull()
  })
})

describe('the mail route', () => {
  it('that was not looked up has no resolver, no provider and no opinion on DNSSEC', () => {
    expect(rendered([]).checks.mail_route).toEqual({
      kind: 'not_looked_up',
      exchanges: [],
      provider: null,
      resolver: null,
      dnssec: null,
    })
  })

  it('that could not be learned is not insecure', () => {
    const fact: Fact = { ...routeTo(), route: { kind: 'unlearned', why: 'timeout' } }
    expect(rendered([fact]).checks.mail_route).toMatchObject({ kind: 'unlearned', exchanges: [], dnssec: null })
  })

  it.each([
    [true, 'secure'],
    [false, 'insecure'],
  ])('that was learned says what the resolver’s AD bit said (%s): %s', (authentic, dnssec) => {
    const route = rendered([{ ...routeTo('aspmx.l.google.com'), authentic }]).checks.mail_route
    expect(route).toMatchObject({ kind: 'mx', provider: 'google-workspace', resolver: 'world', dnssec })
  })
})

describe('trying again', () => {
  const at = (ms: number) => new Date(START + ms).toISOString()

  it.each<[string, readonly Fact[], { retryable: boolean; retry_at: string | null }]>([
    ['a greylisted mailbox', [replyTo('mailbox', 'greylisted')], { retryable: true, retry_at: at(2_500) }],
    ['a missing permit', [holdFor('permit', START + 9_000)], { retryable: true, retry_at: at(9_000) }],
    ['no lane', [holdFor('no_lane')], { retryable: true, retry_at: null }],
    ['an inquiry that goes on', [holdFor('in_progress')], { retryable: true, retry_at: null }],
    [
      'a confirmed answer',
      [replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown')],
      {
        retryable: false,
        retry_at: null,
      },
    ],
    ['a mailbox that nobody asked', [], { retryable: false, retry_at: null }],
    ['a provider that is never asked', [holdFor('never_asked')], { retryable: false, retry_at: null }],
    [
      'a mailbox that answered lately, and rests',
      [replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown'), holdFor('recently_answered', START + 60_000)],
      { retryable: false, retry_at: at(60_000) },
    ],
  ])('%s', (_what, facts, expected) => {
    expect(rendered([routeTo(), ...facts])).toMatchObject({ ...expected, final: !expected.retryable })
  })

  it('a verdict that knows, and knows when more can be known, says when and is final all the same', () => {
    const facts = [routeTo(), replyTo('mailbox', 'busy')]
    const verdict = { ...verifiedWith(facts).verdict, retryAt: START + 9_000 }
    expect(verdict.status).toBe('deliverable')
    expect(rendered(facts, { changes: { verdict } })).toMatchObject({
      retryable: false,
      final: true,
      retry_at: at(9_000),
    })
  })

  it('is offered only where nothing is known, and what is not offered is final, for any evidence', () => {
    fc.assert(
      fc.property(evidenceWith([...YES, ...NO, ...ABOUT_US, ...LATER]), (facts) => {
        const answer = rendered(facts)
        expect(answer.final).toBe(!answer.retryable)
        if (answer.retryable) expect(answer.status).toBe('unknown')
        if (answer.status === 'unknown' && answer.retry_at !== null && !holds(facts))
          expect(answer.retryable).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

function holds(facts: readonly Fact[]): boolean {
  return facts.some((fact) => fact.kind === 'hold' && fact.hold === 'recently_answered')
}

it('times are whole milliseconds, those that were not taken are null', () => {
  expect(rendered([routeTo()]).timing).toEqual({ total_ms: 250, dns_ms: 12, smtp_ms: 231 })
  const untimed = rendered([routeTo()], { changes: { dnsMs: null, smtpMs: null } })
  expect(untimed.timing).toEqual({ total_ms: 250, dns_ms: null, smtp_ms: null })
})
