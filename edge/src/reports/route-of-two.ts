// Where a domain's mail goes by two resolvers: what they amount to, where they differ, and how long the records are kept when fresh.
import type { Answer, MxData } from '@postern/shared/dns/answer.ts'
import { dnssecOf, together } from '@postern/shared/dns/dnssec.ts'
import type { Addresses } from '@postern/shared/dns/mail-route.ts'
import { NOT_ASKED, type RouteLearned } from './learned.ts'
import { doubted, isNegative, type Stated } from './look-ups.ts'

/** Before the second is heard: the first names exchanges, and that is enough to go on. */
export function routeOfOne(first: Stated<MxData>): RouteLearned {
  return { ...routeOf(first, NOT_ASKED, { a: NOT_ASKED, aaaa: NOT_ASKED }), dnssec: first.dnssec }
}

/** `own` are the domain's own addresses, which count where it names no exchange. */
export function routeOf(first: Stated<MxData>, second: Answer<MxData>, own: Addresses): RouteLearned {
  const [one, other] = [textOf(first.answer), textOf(second)]
  const isHeard = first.answer.kind !== 'failure' && second.kind !== 'failure'
  const isVouchedFor = first.dnssec === 'secure' && first.answer.kind === 'records'
  return {
    mx: agreed(first.answer, second),
    dnssec: isVouchedFor ? together([first.dnssec, dnssecOf(second)]) : first.dnssec,
    agree: isHeard ? one === other : null,
    disagrees: isHeard && one !== other ? { first: one, second: other } : null,
    differs: isVouchedFor && isHeard && (one !== other || dnssecOf(second) !== 'secure'),
    unheard: isUnheard(first, [second, own.a, own.aaaa]),
    own,
    tookMs: first.tookMs,
    resolverMs: first.tookMs,
    originalTtlS: originalTtlS(first.answer, second),
  }
}

/** Signatures that do not hold are an answer too, and "no such name" is one whatever was asked for. */
function isUnheard(first: Stated<MxData>, [second, ...own]: readonly Answer<unknown>[]): boolean {
  const isSilent = first.answer.kind === 'failure' && first.dnssec !== 'bogus' && second?.kind === 'failure'
  return isSilent && own.every(({ kind }) => kind !== 'nxdomain')
}

/**
 * As the zone signed it. Else caches count down, each from another moment: two that have as long left have not begun. What is
 * long is no shorter at first.
 */
function originalTtlS(first: Answer<MxData>, second: Answer<MxData>): number | null {
  if (first.kind !== 'records') return null
  const signed = first.originalTtlS ?? (second.kind === 'records' ? second.originalTtlS : undefined)
  if (signed !== undefined) return signed
  const other = second.kind === 'records' ? second.ttlS : null
  const most = Math.max(first.ttlS, other ?? 0)
  const isFresh = other !== null && Math.abs(first.ttlS - other) <= 1
  return isFresh || most > LONG_S ? most : null
}

/** Nobody's cache begins with more than the records had. */
const LONG_S = 86_400

/** A "nothing there" needs two that say the same. */
function agreed(first: Answer<MxData>, second: Answer<MxData>): Answer<MxData> {
  if (first.kind === 'records') return first
  if (first.kind === 'failure') return isNegative(second) ? first : second
  return doubted(first, second)
}

function textOf(answer: Answer<MxData>): string {
  if (answer.kind !== 'records') return answer.kind
  return answer.data
    .map(({ preference, exchange }) => `${preference} ${exchange}`)
    .toSorted()
    .join(', ')
}
