// Facts as the edge holds them when it judges: a route, and what mail servers say, for tests of the story and its answer.
import type { ExchangeTarget } from '@postern/shared/dns/mail-route.ts'
import type { Reply } from '@postern/shared/smtp/codes.ts'
import type { FaultFact, Hold, HoldFact, ReplyFact, RouteFact } from '@postern/shared/verdict/evidence.ts'

export const START = Date.UTC(2026, 10, 21)
export const EXCHANGE = 'mx.strict.test'

export function routeTo(exchange: string = EXCHANGE, target: ExchangeTarget = 'reachable'): RouteFact {
  return {
    kind: 'route',
    route: { kind: 'mx', exchanges: [{ exchange, preference: 10, target }] },
    confirmed: false,
    authentic: false,
    observedAt: START,
    source: 'world',
  }
}

const SAYINGS = {
  accepted: { code: 250, enhanced: { class: 2, subject: 1, detail: 5 }, lines: ['Ok'] },
  unknown: { code: 550, enhanced: { class: 5, subject: 1, detail: 1 }, lines: ['No such user here'] },
  full: { code: 552, enhanced: { class: 5, subject: 2, detail: 2 }, lines: ['Mailbox full'] },
  greylisted: {
    code: 450,
    enhanced: { class: 4, subject: 2, detail: 0 },
    lines: ['Greylisted, try again in 2 seconds'],
  },
  laterUnknown: { code: 450, enhanced: { class: 4, subject: 1, detail: 1 }, lines: ['User unknown'] },
  busy: {
    code: 450,
    enhanced: { class: 4, subject: 2, detail: 1 },
    lines: ['The user you are trying to contact is receiving mail at a rate that', 'prevents additional messages'],
  },
  listed: { code: 554, enhanced: { class: 5, subject: 7, detail: 1 }, lines: ['Client host blocked using bl.example'] },
} as const satisfies Record<string, Reply>

export type Saying = keyof typeof SAYINGS
export const SAYING_NAMES = Object.keys(SAYINGS) as [Saying, ...Saying[]]

export function replyTo(to: ReplyFact['to'], saying: Saying, changes: Partial<ReplyFact> = {}): ReplyFact {
  const phase = to === 'nobody' ? 'mail' : 'rcpt'
  const observed = { observedAt: START, source: 'eu-1' }
  return { kind: 'reply', phase, to, exchange: EXCHANGE, reply: SAYINGS[saying], ...observed, ...changes }
}

export function faultOf(fault: FaultFact['fault'], changes: Partial<FaultFact> = {}): FaultFact {
  return { kind: 'fault', fault, to: 'nobody', exchange: EXCHANGE, observedAt: START, source: 'eu-1', ...changes }
}

export function holdFor(hold: Hold, retryAt: number | null = null): HoldFact {
  return { kind: 'hold', hold, retryAt, observedAt: START, source: 'eu-1' }
}
