// Arbitrary evidence for the laws of the verdict: what could have been collected, however unlikely.
import type { MailRoute } from '@postern/shared/dns/mail-route.ts'
import {
  type Fact,
  type Fault,
  FAULTS,
  HOLDS,
  type ReplyFact,
  type SignalFact,
} from '@postern/shared/verdict/evidence.ts'
import fc from 'fast-check'

export const NOW = Date.UTC(2026, 10, 21)
export const DOMAIN = 'strict.test'
const DAY_MS = 86_400_000

type Saying = readonly [code: number, status: string | null, text: string]

export const YES: readonly Saying[] = [
  [250, '2.1.5', 'Ok'],
  [250, null, 'Recipient ok'],
  [251, '2.1.5', 'User not local; will forward'],
]
export const NO: readonly Saying[] = [
  [550, '5.1.1', 'User unknown in virtual mailbox table'],
  [550, null, 'No such user here'],
  [550, '5.7.1', 'No such user!'],
  [550, '5.2.1', 'This account has been disabled'],
  [550, '5.1.1', 'Recipient refused'],
]
export const ABOUT_US: readonly Saying[] = [
  [554, '5.7.1', 'Service unavailable; client host blocked using bl.example'],
  [550, '5.7.1', 'Your address has a poor reputation'],
  [550, '5.1.8', 'Sender address rejected: Domain not found'],
  [550, null, 'Sender verify failed'],
  [554, '5.7.1', 'Relay access denied'],
  [550, '5.7.25', 'Client host rejected: cannot find your reverse hostname'],
  [530, '5.7.0', 'Must issue a STARTTLS command first'],
  [550, '5.7.1', '<no-such-user@strict.test>: blocked by policy'],
]
export const LATER: readonly Saying[] = [
  [450, '4.2.0', 'Greylisted, try again in 60 seconds'],
  [451, null, 'Temporary local problem, user unknown for now'],
  [450, '4.1.1', 'User unknown'],
  [421, '4.7.0', 'Too many connections'],
  [452, '4.5.3', 'Too many recipients'],
  [452, '4.2.2', 'Mailbox full'],
]

function replyOf([code, status, text]: Saying): ReplyFact['reply'] {
  const [one, subject, detail] = (status ?? '').split('.').map(Number)
  const enhanced =
    status === null ? null : { class: one as 2 | 4 | 5, subject: subject as number, detail: detail as number }
  return { code, enhanced, lines: [text] }
}

const observedAt = fc.integer({ min: NOW - 20 * DAY_MS, max: NOW })
const exchange = fc.constantFrom('mx1.strict.test', 'mx2.strict.test')

export function replyTo(to: fc.Arbitrary<ReplyFact['to']>, sayings: readonly Saying[]): fc.Arbitrary<ReplyFact> {
  return fc
    .record({ to, exchange, observedAt, saying: fc.constantFrom(...sayings) })
    .map(({ saying, ...rest }): ReplyFact => {
      return {
        kind: 'reply',
        phase: rest.to === 'nobody' ? 'mail' : 'rcpt',
        source: 'lane',
        reply: replyOf(saying),
        ...rest,
      }
    })
}

/** What remains when a mailbox cannot be handed over at all is a fact about the server, and may be a no. */
const SILENT: readonly Fault[] = FAULTS.filter((fault) => fault !== 'smtputf8_not_offered')

const fault = fc
  .record({
    fault: fc.constantFrom(...SILENT),
    to: fc.constantFrom<ReplyFact['to'][]>('mailbox', 'stranger', 'postmaster', 'nobody'),
    exchange,
    observedAt,
  })
  .map((rest): Fact => ({ kind: 'fault', source: 'lane', ...rest }))
const hold = fc
  .record({ hold: fc.constantFrom(...HOLDS), observedAt })
  .map((rest): Fact => ({ kind: 'hold', source: 'lane', retryAt: null, ...rest }))
const signal = fc
  .record({
    signal: fc.constantFrom<SignalFact['signal'][]>(
      'disposable',
      'role',
      'free',
      'relay',
      'gibberish',
      'suspected_trap',
      'local_part_unlikely',
      'abuse',
    ),
    value: fc.boolean(),
    observedAt,
  })
  .map((rest): Fact => ({ kind: 'signal', source: 'list', ...rest }))

/** What else is known of a name: none of it may make a yes or a no. */
const aside: fc.Arbitrary<Fact> = fc.oneof(
  fc
    .record({
      probability: fc.double({ min: 0, max: 1, noNaN: true }),
      target: fc.constantFrom('known', 'takes_mail', 'no_mail', 'unlearned'),
      observedAt,
    })
    .map(
      (rest): Fact => ({
        kind: 'suggestion',
        email: 'jane@strikt.test',
        rule: 'typo.provider',
        source: 'typo',
        ...rest,
      }),
    ),
  fc
    .record({ registeredAt: fc.integer({ min: NOW - 100 * DAY_MS, max: NOW + DAY_MS }), observedAt })
    .map((rest): Fact => ({ kind: 'domain_age', source: 'rdap', ...rest })),
  fc
    .record({ spf: fc.constantFrom(true, false, null), dmarc: fc.constantFrom(true, false, null), observedAt })
    .map((rest): Fact => ({ kind: 'sender_policy', source: 'world', ...rest })),
)

const route: MailRoute = {
  kind: 'mx',
  exchanges: [{ exchange: 'mx1.strict.test', preference: 10, target: 'reachable' }],
}
export const ROUTED: Fact = {
  kind: 'route',
  route,
  confirmed: false,
  authentic: false,
  observedAt: NOW,
  source: 'world',
}

const others = replyTo(fc.constantFrom('stranger', 'postmaster', 'other', 'nobody'), [
  ...YES,
  ...NO,
  ...ABOUT_US,
  ...LATER,
])

/** What an account told of a message of its own, that came back with one of these words or arrived. */
function feedbackOf(sayings: readonly Saying[]): fc.Arbitrary<Fact> {
  const bounced = fc.record({ saying: fc.constantFrom(...sayings), observedAt }).map(({ saying, ...rest }): Fact => {
    return { kind: 'feedback', outcome: 'bounced', reply: replyOf(saying), source: 'feedback', ...rest }
  })
  const arrived = fc.record({ outcome: fc.constantFrom('delivered', 'bounced'), observedAt })
  return fc.oneof(
    bounced,
    arrived.map((rest): Fact => ({ kind: 'feedback', reply: null, source: 'feedback', ...rest })),
  )
}

const canary = fc
  .record({ operator: fc.constantFrom('google-consumer', 'google-workspace', 'default'), observedAt })
  .map((rest): Fact => ({ kind: 'canary', source: 'lane', ...rest }))

/** Evidence of a domain that takes mail, with the given replies for the mailbox, to us and to messages of the account's own. */
export function evidenceWith(mailbox: readonly Saying[], at?: string): fc.Arbitrary<Fact[]> {
  const own = replyTo(fc.constant('mailbox'), mailbox)
  return fc
    .tuple(
      fc.array(own, { maxLength: 2 }),
      fc.array(fc.oneof(others, others, fault, hold, signal, aside, canary), { maxLength: 6 }),
      // An account has told one thing at most: what it tells later takes the place of what it told before.
      fc.array(feedbackOf(mailbox), { maxLength: 1 }),
    )
    .map(([replies, rest, told]) => [ROUTED, ...replies, ...rest, ...told])
    .map((facts) =>
      at === undefined ? facts : facts.map((fact) => ('exchange' in fact ? { ...fact, exchange: at } : fact)),
    )
    .chain((facts) => fc.shuffledSubarray(facts, { minLength: 0 }))
}
