// Every reason with every flag, and what a verdict is worth and advises then: the public table, written out.
import type { Fact, SignalFact } from '@postern/shared/verdict/evidence.ts'
import { advice } from '@postern/shared/verdict/advice.ts'
import type { Verdict } from '@postern/shared/verdict/finding.ts'
import { type Advice, type Level, type Reason, REASON_NAMES, worthOf } from '@postern/shared/verdict/reasons.ts'
import { score } from '@postern/shared/verdict/score.ts'
import { describe, expect, it } from 'vitest'

const NOW = Date.UTC(2026, 10, 21)
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const age = (days: number): Fact => ({
  kind: 'domain_age',
  registeredAt: NOW - days * DAY_MS,
  observedAt: NOW,
  source: 'rdap',
})
const policy = (spf: boolean | null, dmarc: boolean | null): Fact => ({
  kind: 'sender_policy',
  spf,
  dmarc,
  observedAt: NOW,
  source: 'world',
})
const suggested = (probability: number, target: 'known' | 'no_mail' = 'known'): Fact => ({
  kind: 'suggestion',
  email: 'jane@strict.test',
  probability,
  rule: 'typo.provider',
  target,
  observedAt: NOW,
  source: 'typo',
})
const flag = (signal: SignalFact['signal']): Fact => ({
  kind: 'signal',
  signal,
  value: true,
  source: 'list',
  observedAt: NOW,
})

/** A verdict as `decide` makes it, resting on one fact of the given age. */
function verdict(reason: Reason, level: Level, ageMs = 0): Verdict {
  const cited: Fact = { kind: 'hold', hold: 'not_asked', retryAt: null, observedAt: NOW - ageMs, source: 'lane' }
  return { status: worthOf(reason).status, reason, level, rule: 'rule', cites: [cited], retryAt: null }
}

type Row = readonly [reason: Reason, level: Level, status: Verdict['status'], score: number, advice: Advice]

const ROWS: readonly Row[] = [
  ['mailbox_accepted', 'confirmed', 'deliverable', 98, 'accept'],
  ['mailbox_accepted', 'estimated', 'deliverable', 85, 'accept'],
  ['feedback_delivered', 'confirmed', 'deliverable', 97, 'accept'],
  ['ownership_proven', 'confirmed', 'deliverable', 100, 'accept'],
  ['syntax_invalid', 'confirmed', 'undeliverable', 0, 'reject'],
  ['domain_not_found', 'confirmed', 'undeliverable', 0, 'reject'],
  ['no_mail_host', 'confirmed', 'undeliverable', 0, 'reject'],
  ['null_mx', 'confirmed', 'undeliverable', 0, 'reject'],
  ['mailbox_not_found', 'confirmed', 'undeliverable', 0, 'reject'],
  ['mailbox_not_found', 'estimated', 'undeliverable', 5, 'confirm'],
  ['mailbox_disabled', 'confirmed', 'undeliverable', 0, 'reject'],
  ['mailbox_disabled', 'estimated', 'undeliverable', 5, 'confirm'],
  ['smtputf8_unsupported', 'confirmed', 'undeliverable', 0, 'reject'],
  ['accepts_all', 'confirmed', 'risky', 60, 'accept'],
  ['accepts_all_unchecked', 'estimated', 'risky', 62, 'accept'],
  ['provider_unverifiable', 'estimated', 'risky', 60, 'accept'],
  ['mailbox_full', 'confirmed', 'risky', 40, 'accept'],
  ['role', 'confirmed', 'risky', 80, 'accept'],
  ['disposable', 'estimated', 'risky', 20, 'confirm'],
  ['suspected_trap', 'estimated', 'risky', 10, 'confirm'],
  ['suspected_typo', 'estimated', 'risky', 40, 'confirm'],
  ['implicit_mx_only', 'estimated', 'risky', 45, 'accept'],
  ['local_part_unlikely', 'estimated', 'risky', 40, 'accept'],
  ['not_probed', 'estimated', 'unknown', 70, 'accept'],
  ['dns_timeout', 'estimated', 'unknown', 50, 'accept'],
  ['dns_failure', 'estimated', 'unknown', 50, 'accept'],
  ['greylisted', 'estimated', 'unknown', 65, 'accept'],
  ['rate_limited', 'estimated', 'unknown', 65, 'accept'],
  ['blocked', 'estimated', 'unknown', 65, 'accept'],
  ['breaker_open', 'estimated', 'unknown', 65, 'accept'],
  ['no_lane', 'estimated', 'unknown', 65, 'accept'],
  ['opted_out', 'estimated', 'unknown', 65, 'accept'],
  ['in_progress', 'estimated', 'unknown', 65, 'accept'],
  ['connect_failed', 'estimated', 'unknown', 50, 'accept'],
  ['smtp_timeout', 'estimated', 'unknown', 50, 'accept'],
  ['tls_required', 'estimated', 'unknown', 55, 'accept'],
  ['inconclusive', 'estimated', 'unknown', 55, 'accept'],
]

const worth = (row: Row, facts: readonly Fact[]) => {
  const judged = verdict(row[0], row[1])
  return { score: score(judged, facts, NOW), advice: advice(judged, facts, NOW) }
}

describe('the table of verdicts', () => {
  it('has a row for every reason', () => {
    expect(REASON_NAMES.filter((reason) => !ROWS.some(([name]) => name === reason))).toEqual([])
  })

  it.each(ROWS)('%s, %s: %s, %i, %s', (...row) => {
    const [reason, , status, points, advised] = row
    expect(worthOf(reason).status).toBe(status)
    expect(worth(row, [])).toEqual({ score: points, advice: advised })
  })
})

interface Effect {
  readonly what: string
  readonly facts: readonly Fact[]
  readonly points: (row: Row) => number
  readonly advised: (row: Row) => Advice
}

const isNo = ([, , status]: Row) => status === 'undeliverable'
const isSure = ([, level, status]: Row) => status === 'deliverable' && level === 'confirmed'
const less = (points: number) => (row: Row) => (isNo(row) ? row[3] : Math.max(1, row[3] - points))
const same = (row: Row) => row[4]
const RANKED: readonly Reason[] = ['accepts_all', 'accepts_all_unchecked', 'provider_unverifiable', 'inconclusive']
const ranked = (points: number) => (row: Row) => (RANKED.includes(row[0]) ? Math.min(70, row[3] + points) : row[3])

const EFFECTS: readonly Effect[] = [
  {
    what: 'gibberish',
    facts: [flag('gibberish')],
    points: less(10),
    advised: (row) => confirmUnless(isSure(row), row),
  },
  { what: 'disposable', facts: [flag('disposable')], points: less(0), advised: (row) => confirmUnless(false, row) },
  {
    what: 'a suspected trap',
    facts: [flag('suspected_trap')],
    points: less(0),
    advised: (row) => confirmUnless(false, row),
  },
  { what: 'role', facts: [flag('role')], points: (row) => (row[0] === 'role' ? 80 : less(5)(row)), advised: same },
  { what: 'a relay', facts: [flag('relay')], points: less(0), advised: same },
  { what: 'free', facts: [flag('free')], points: less(0), advised: same },
  { what: 'abuse', facts: [flag('abuse')], points: less(0), advised: same },
  { what: 'a domain 29 days old', facts: [age(29)], points: less(10), advised: same },
  { what: 'a domain 30 days old', facts: [age(30)], points: less(0), advised: same },
  { what: 'a weak suggestion', facts: [suggested(0.49)], points: less(0), advised: same },
  {
    what: 'a likely suggestion',
    facts: [suggested(0.5)],
    points: less(15),
    advised: (row) => (isSure(row) ? same(row) : 'confirm'),
  },
  { what: 'a suggestion without mail', facts: [suggested(0.99, 'no_mail')], points: less(0), advised: same },
  { what: 'SPF', facts: [policy(true, false)], points: ranked(3), advised: same },
  { what: 'SPF and DMARC', facts: [policy(true, true)], points: ranked(6), advised: same },
  { what: 'no word on either', facts: [policy(null, null)], points: ranked(0), advised: same },
  {
    what: 'everything at once',
    facts: [flag('gibberish'), flag('role'), flag('disposable'), age(1), suggested(0.9)],
    points: (row) => (row[0] === 'role' ? 45 : less(40)(row)),
    advised: () => 'confirm',
  },
]

/** What a doubt about an address makes of a row that is no proven no. */
function confirmUnless(unless: boolean, row: Row): Advice {
  return unless || isNo(row) ? row[4] : 'confirm'
}

describe.each(EFFECTS)('with $what', ({ facts, points, advised }) => {
  it.each(ROWS)('%s, %s', (...row) => {
    expect(worth(row, facts)).toEqual({ score: points(row), advice: advised(row) })
  })
})

describe('advice', () => {
  it('rejects on what was seen within a day, and asks again beyond it', () => {
    const no = (ageMs: number) => advice(verdict('mailbox_not_found', 'confirmed', ageMs), [], NOW)
    expect(no(DAY_MS)).toBe('reject')
    expect(no(DAY_MS + 1)).toBe('confirm')
  })
})
