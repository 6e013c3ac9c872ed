// What lists, heuristics and the DNS change about a verdict: a row, some facts and the reason that stands in the end.
import type { MailRoute } from '@postern/shared/dns/mail-route.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact, ReplyFact, SignalFact, SuggestionFact } from '@postern/shared/verdict/evidence.ts'
import type { Reason } from '@postern/shared/verdict/reasons.ts'
import { suggestionOf } from '@postern/shared/verdict/suggestion.ts'
import { describe, expect, it } from 'vitest'

const NOW = Date.UTC(2026, 10, 21)
const seen = { observedAt: NOW, source: 'world' }
const MX = 'mx.strict.test'

const routed = (route: MailRoute, confirmed = false): Fact => ({
  kind: 'route',
  route,
  confirmed,
  authentic: false,
  ...seen,
})
const mx = routed({ kind: 'mx', exchanges: [{ exchange: MX, preference: 10, target: 'reachable' }] })
const implicit = routed({
  kind: 'implicit',
  exchanges: [{ exchange: 'strict.test', preference: 0, target: 'reachable' }],
})
const gone = routed({ kind: 'nxdomain' }, true)
const silent = routed({ kind: 'unlearned', why: 'timeout' })
const signal = (name: SignalFact['signal']): Fact => ({ kind: 'signal', signal: name, value: true, ...seen })
const suggested = (probability: number, target: SuggestionFact['target'] = 'known'): Fact => ({
  kind: 'suggestion',
  email: 'jane@strict.test',
  probability,
  rule: 'typo.provider',
  target,
  ...seen,
})
const said = (to: ReplyFact['to'], code: number, text: string): Fact => ({
  kind: 'reply',
  phase: 'rcpt',
  to,
  exchange: MX,
  reply: { code, enhanced: null, lines: [text] },
  ...seen,
})
const yes = [said('mailbox', 250, 'Ok'), said('stranger', 550, 'No such user')]
const acceptsAll = [said('mailbox', 250, 'Ok'), said('stranger', 250, 'Ok')]
const no = [said('mailbox', 550, 'No such user'), said('stranger', 250, 'Ok')]
const later = [said('mailbox', 450, 'Greylisted, try again in 60 seconds')]

const ROWS: readonly (readonly [what: string, facts: readonly Fact[], reason: Reason])[] = [
  ['nothing is known but the route', [mx], 'not_probed'],
  ['a list calls the domain disposable', [mx, signal('disposable')], 'disposable'],
  ['and the mailbox was accepted', [mx, ...yes, signal('disposable')], 'disposable'],
  ['but the mailbox was refused', [mx, ...no, signal('disposable')], 'mailbox_not_found'],
  ['but the server wants to be asked later', [mx, ...later, signal('disposable')], 'greylisted'],
  ['bait', [mx, signal('suspected_trap')], 'suspected_trap'],
  ['a role', [mx, signal('role')], 'role'],
  ['a role behind a relay is one person’s', [mx, signal('role'), signal('relay')], 'not_probed'],
  ['a disposable role', [mx, signal('role'), signal('disposable')], 'disposable'],
  ['a slip is as good as certain', [mx, suggested(0.8)], 'suspected_typo'],
  [
    'a slip is as good as certain, on a domain that a list calls disposable',
    [mx, signal('disposable'), suggested(0.9)],
    'suspected_typo',
  ],
  ['a slip, and the disposable mailbox was accepted', [mx, ...yes, signal('disposable'), suggested(0.9)], 'disposable'],
  ['a slip is likely', [mx, suggested(0.79)], 'not_probed'],
  ['a slip towards a domain that takes no mail', [mx, suggested(0.99, 'no_mail')], 'not_probed'],
  ['a slip towards a domain that nobody could look up', [mx, suggested(0.8, 'unlearned')], 'suspected_typo'],
  [
    'a slip, and the mailbox was accepted where strangers are refused',
    [mx, ...yes, suggested(0.99)],
    'mailbox_accepted',
  ],
  ['a slip where everybody is accepted', [mx, ...acceptsAll, suggested(0.99)], 'suspected_typo'],
  ['a slip into a domain that does not exist', [gone, suggested(0.99)], 'domain_not_found'],
  ['a slip into a domain that nobody could look up', [silent, suggested(0.99)], 'dns_timeout'],
  ['a name that the provider does not give out', [mx, signal('local_part_unlikely')], 'local_part_unlikely'],
  ['and gave out all the same', [mx, ...yes, signal('local_part_unlikely')], 'mailbox_accepted'],
  ['a domain without MX', [implicit], 'implicit_mx_only'],
  ['a domain without MX whose server spoke for the mailbox', [implicit, ...yes], 'mailbox_accepted'],
  ['a free mailbox with a tag', [mx, signal('free'), signal('subaddress')], 'not_probed'],
  ['an address for life', [mx, ...yes, signal('forwarding')], 'mailbox_accepted'],
  ['an abused one', [mx, ...yes, signal('abuse')], 'mailbox_accepted'],
]

describe('a verdict where', () => {
  it.each(ROWS)('%s: %#', (_what, facts, reason) => {
    expect(decide({ facts, domain: 'strict.test', now: NOW }).reason).toBe(reason)
  })

  it('an account wants roles shown only: the mailbox’s own answer stands', () => {
    const facts = [mx, ...yes, signal('role')]
    expect(decide({ facts, domain: 'strict.test', now: NOW, flagOnly: ['role'] }).reason).toBe('mailbox_accepted')
  })

  it('a signal took over cites both: what it replaced, and itself last', () => {
    const flag = signal('role')
    const { cites, level } = decide({ facts: [mx, ...yes, flag], domain: 'strict.test', now: NOW })
    expect({ level, first: cites[0], last: cites.at(-1) }).toEqual({ level: 'confirmed', first: yes[0], last: flag })
  })
})

describe('a suggestion', () => {
  it.each([
    ['stands as it is where the typed domain takes mail', [mx, suggested(0.5)], 0.5],
    ['stands as it is where nobody could look the typed domain up', [silent, suggested(0.5)], 0.5],
    ['grows where the typed domain is proven to take none', [gone, suggested(0.5)], 0.95],
    ['does not grow on one resolver’s word', [routed({ kind: 'nxdomain' }), suggested(0.5)], 0.5],
    ['is never more than certain', [gone, suggested(1)], 1],
    ['may be next to nothing', [gone, suggested(0)], 0],
  ])('%s', (_what, facts, probability) => {
    expect(suggestionOf(facts)).toMatchObject({ email: 'jane@strict.test', probability })
  })

  it('is withdrawn where its own domain is proven to take none', () => {
    expect(suggestionOf([gone, suggested(0.9, 'no_mail')])).toBeNull()
  })
})
