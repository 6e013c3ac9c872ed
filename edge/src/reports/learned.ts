// What a report rests on, piece by piece as it is learned; a piece that is absent is not known yet.
import type { NotLooked } from '@postern/shared/contract/closed-lists.ts'
import type { InspectReport } from '@postern/shared/contract/inspection.ts'
import type { Answer, MxData } from '@postern/shared/dns/answer.ts'
import type { Dnssec } from '@postern/shared/dns/dnssec.ts'
import { type Addresses, mailRoute } from '@postern/shared/dns/mail-route.ts'
import type { DkimSurvey } from '@postern/shared/report/dkim-survey.ts'
import type { DmarcSurvey } from '@postern/shared/report/dmarc-survey.ts'
import type { Fetched } from '@postern/shared/report/mta-sts-survey.ts'
import type { SpfSurvey } from '@postern/shared/report/spf-survey.ts'
import type { ExchangeLearned } from './exchanges.ts'

export interface Named {
  /** In A-form, lower case, without trailing dot; and as people write it. */
  readonly ascii: string
  readonly unicode: string
}

export interface RouteLearned {
  /** What two resolvers amount to: a "nothing there" that only one of them says is a failure. */
  readonly mx: Answer<MxData>
  readonly dnssec: Dnssec
  /** Null where the second was not heard yet, or could not tell. */
  readonly agree: boolean | null
  /** What both said where they do not agree, as text. */
  readonly disagrees: { readonly first: string; readonly second: string } | null
  /** Only one of them vouches for the records, or for others. */
  readonly differs: boolean
  /** Nobody had an answer of any kind, nor said that there is no such name. */
  readonly unheard: boolean
  readonly own: Addresses
  /** Of our own first question, in milliseconds; null where it was remembered. */
  readonly tookMs: number | null
  /** The least that this resolver took for any question of the report: its own share; null where that is not known. */
  readonly resolverMs: number | null
  /** Of the records when they are fresh, in seconds; null where nobody signed them, and both resolvers had them from a cache or one alone tells. */
  readonly originalTtlS: number | null
}

export type Looked =
  | { readonly kind: 'report'; readonly report: InspectReport; readonly tookMs: number }
  | { readonly kind: 'unmeasured'; readonly why: NotLooked | 'no_exchange' }

/** TXT records of a name; both null where they were not learned. */
export interface TextsLearned {
  readonly texts: readonly string[] | null
  readonly dnssec: Dnssec | null
}

export interface Learned {
  readonly route?: RouteLearned
  readonly exchanges?: readonly ExchangeLearned[]
  readonly spf?: SpfSurvey
  readonly dkim?: DkimSurvey
  readonly dmarc?: DmarcSurvey
  readonly sts?: TextsLearned & { readonly fetched: Fetched }
  readonly tlsRpt?: TextsLearned
  readonly looked?: Looked
  /** Names whose signatures do not hold. */
  readonly bogus?: readonly string[]
}
export type Piece = keyof Learned

export const NOT_ASKED: Answer<never> = { kind: 'failure', why: 'timeout' }

/** Where mail goes, by what was learned; a fault of the DNS is none of the others. */
export function routeKind(domain: string, { mx, own }: RouteLearned) {
  const { kind } = mailRoute(domain, { mx, ...own }, () => 0)
  return kind === 'unlearned' ? 'error' : kind
}

/** Each exchange once, with its best preference: those of the records, or the domain itself where it has an address only. The best first, equals by name. */
export function exchangesNamed(domain: string, route: RouteLearned): readonly MxData[] {
  const best = new Map<string, number>()
  for (const { exchange, preference } of recordsNamed(domain, route)) {
    if (exchange !== '') best.set(exchange, Math.min(preference, best.get(exchange) ?? preference))
  }
  return [...best]
    .map(([exchange, preference]) => ({ exchange, preference }))
    .toSorted((one, other) => one.preference - other.preference || (one.exchange < other.exchange ? -1 : 1))
}

/** A domain that names more has no more to show: so many are looked at, and shown. */
export const MOST_EXCHANGES = 10

function recordsNamed(domain: string, route: RouteLearned): readonly MxData[] {
  switch (routeKind(domain, route)) {
    case 'mx':
      return route.mx.kind === 'records' ? route.mx.data : []
    case 'implicit':
      return [{ preference: 0, exchange: domain }]
    case 'null_mx':
    case 'none':
    case 'nxdomain':
    case 'error':
      return []
  }
}
