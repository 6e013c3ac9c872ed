// Every fact a verdict may rest on. Facts travel between tiers and are stored; opinions are derived from them here and nowhere else.
import type { MailRoute } from '../dns/mail-route.ts'
import type { Signal } from '../signals/signal.ts'
import type { Reply } from '../smtp/codes.ts'

/**
 * Who was named in the RCPT: the address under test, a local part that should not exist, `postmaster`, another mailbox of
 * the domain (remembered without its name), or nobody yet, when a reply is about us.
 */
export type Recipient = 'mailbox' | 'stranger' | 'postmaster' | 'other' | 'nobody'

/** How a conversation broke off without a reply that could be read. */
export const FAULTS = [
  'connect_refused',
  'connect_timeout',
  'connect_unroutable',
  'greeting_timeout',
  'reply_timeout',
  'closed',
  'protocol_error',
  'tls_error',
  'smtputf8_not_offered',
  'not_reachable_address',
  'name_not_resolved',
  'name_timeout',
] as const
export type Fault = (typeof FAULTS)[number]

/** Why nobody was asked, or not asked to the end. */
export const HOLDS = [
  'not_asked',
  'batch_only',
  'never_asked',
  'permit',
  'breaker_open',
  'no_lane',
  'in_progress',
  'attempts_spent',
  'recently_answered',
  'route_differs',
  'opted_out',
  'shunned',
  'lane_unfit',
] as const
export type Hold = (typeof HOLDS)[number]

interface Observed {
  /** Instant in milliseconds since the epoch. */
  readonly observedAt: number
  /** Resolver name, lane id, list name or `feedback`. */
  readonly source: string
}

export interface SyntaxFact extends Observed {
  readonly kind: 'syntax'
  readonly rule: string
  readonly offset: number
  readonly message: string
  /** The standard that the rule comes from, such as `RFC 5321 §4.1.2`. */
  readonly cites: string
}
export interface SpecialUseFact extends Observed {
  readonly kind: 'special_use'
  readonly name: string
}
export interface RouteFact extends Observed {
  readonly kind: 'route'
  readonly route: MailRoute
  /** True where a second answer, past the cache or from another resolver, said the same. */
  readonly confirmed: boolean
  readonly authentic: boolean
}
export interface OptOutFact extends Observed {
  readonly kind: 'opt_out'
}
/** One SMTP reply; texts are redacted and capped before they get here. */
export interface ReplyFact extends Observed {
  readonly kind: 'reply'
  readonly phase: 'greeting' | 'ehlo' | 'starttls' | 'mail' | 'rcpt'
  readonly to: Recipient
  readonly exchange: string
  readonly reply: Reply
}
export interface FaultFact extends Observed {
  readonly kind: 'fault'
  readonly fault: Fault
  readonly to: Recipient
  readonly exchange: string
}
/** What an account told us became of a message of its own; `reply` is the one that its server was given, where it has it. */
export interface FeedbackFact extends Observed {
  readonly kind: 'feedback'
  readonly outcome: 'delivered' | 'bounced'
  readonly reply: Reply | null
}
/** A mailbox that is known to be nobody's was refused to this lane at an operator, when it was last tried. */
export interface CanaryFact extends Observed {
  readonly kind: 'canary'
  /** Id of the provider row. */
  readonly operator: string
}
export interface HoldFact extends Observed {
  readonly kind: 'hold'
  readonly hold: Hold
  /** Instant from which asking again can help, or null where unknown. */
  readonly retryAt: number | null
}
/** A list or heuristic that recognised the address; absence of a fact is not a false. */
export interface SignalFact extends Observed, Signal {
  readonly kind: 'signal'
}

/** An address that was probably meant. `target` is what the DNS said of its domain, `known` where that need not be asked. */
export interface SuggestionFact extends Observed {
  readonly kind: 'suggestion'
  readonly email: string
  /** 0–1, from the text alone. */
  readonly probability: number
  readonly rule: string
  readonly target: 'known' | 'takes_mail' | 'no_mail' | 'unlearned'
}
export interface DomainAgeFact extends Observed {
  readonly kind: 'domain_age'
  /** Instant in milliseconds since the epoch. */
  readonly registeredAt: number
}
/** Whether a domain publishes who may send in its name; null where the look-up taught nothing. */
export interface SenderPolicyFact extends Observed {
  readonly kind: 'sender_policy'
  readonly spf: boolean | null
  readonly dmarc: boolean | null
}

export type Fact =
  | SyntaxFact
  | SpecialUseFact
  | RouteFact
  | OptOutFact
  | ReplyFact
  | FaultFact
  | HoldFact
  | FeedbackFact
  | CanaryFact
  | SignalFact
  | SuggestionFact
  | DomainAgeFact
  | SenderPolicyFact

/** What a prober may report, and what DynamoDB may hold. */
export type ProbeFact = ReplyFact | FaultFact | HoldFact | FeedbackFact | CanaryFact

const PROBED: readonly Fact['kind'][] = ['reply', 'fault', 'hold', 'feedback', 'canary'] satisfies ProbeFact['kind'][]

export function isProbeFact(fact: Fact): fact is ProbeFact {
  return PROBED.includes(fact.kind)
}

/** The first fact of a kind, or undefined where there is none. */
export function factOf<K extends Fact['kind']>(
  facts: readonly Fact[],
  kind: K,
): Extract<Fact, { readonly kind: K }> | undefined {
  return facts.find((fact): fact is Extract<Fact, { readonly kind: K }> => fact.kind === kind)
}
