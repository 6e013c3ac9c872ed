// Until when an answer may be relied on: by what decided it, and since when that is known.
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact, RouteFact } from '@postern/shared/verdict/evidence.ts'
import { validUntil } from '@postern/shared/verdict/valid-until.ts'
import { describe, expect, it } from 'vitest'

const NOW = Date.UTC(2026, 10, 21)
const MINUTE_MS = 60_000
const DAY_MS = 1_440 * MINUTE_MS
const seen = { observedAt: NOW - 30 * MINUTE_MS, source: 'world' }
const route = (kind: RouteFact['route']): Fact => ({
  kind: 'route',
  route: kind,
  confirmed: true,
  authentic: false,
  ...seen,
})
const mx = route({ kind: 'mx', exchanges: [{ exchange: 'mx.strict.test', preference: 0, target: 'reachable' }] })
const syntax: Fact = { kind: 'syntax', rule: 'syntax.empty', offset: 0, message: '', cites: '', ...seen }
const role: Fact = { kind: 'signal', signal: 'role', value: true, ...seen }

describe('an answer holds', () => {
  it.each<[string, readonly Fact[], number | null]>([
    ['for ever where it is a matter of syntax', [syntax], null],
    ['a day from when the DNS said no', [route({ kind: 'null_mx' })], seen.observedAt + DAY_MS],
    ['a quarter of an hour where nobody was asked', [mx], NOW + 15 * MINUTE_MS],
    ['a quarter of an hour where a list spoke', [mx, role], NOW + 15 * MINUTE_MS],
  ])('%s', (_what, facts, until) => {
    expect(validUntil(decide({ facts, domain: 'strict.test', now: NOW }), NOW)).toBe(until)
  })
})
