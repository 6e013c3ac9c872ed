// DKIM keys of a domain as far as their selectors are known (RFC 6376 §3.6), and what they give to think of.
import { type AnyAnswer, type Asking, isAskable, textsOf } from './asking.ts'
import { type DkimKey, parseDkim } from './dkim.ts'
import { type Finding, type FindingId, finding, type Severity } from './finding.ts'
import { chosen } from './record.ts'

export interface SurveyedSelector {
  readonly selector: string
  readonly status: 'found' | 'none' | 'invalid' | 'several' | 'unlearned'
  readonly key: DkimKey | null
  /** What is wrong with the record, to complete a sentence about it. */
  readonly detail: string | null
}

export interface DkimSurvey {
  /** Whether there is anything below `_domainkey.`. */
  readonly zone: 'exists' | 'absent' | 'unknown'
  readonly selectors: readonly SurveyedSelector[]
}

const MOST_SELECTORS = 10
const SELECTOR = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/

/** Of `selectors` the first ten that can be names; one round of questions. */
export function* surveyDkim(domain: string, selectors: readonly string[]): Asking<DkimSurvey> {
  const zone = `_domainkey.${domain}`
  if (!isAskable(zone)) return { zone: 'unknown', selectors: [] }
  const wanted = [...new Set(selectors.map((one) => one.toLowerCase()))]
    .filter((one) => SELECTOR.test(one) && isAskable(`${one}.${zone}`))
    .slice(0, MOST_SELECTORS)
  const [own, ...below] = yield [zone, ...wanted.map((one) => `${one}.${zone}`)].map(
    (name) => ({ name, type: 'TXT' }) as const,
  )
  return { zone: zoneOf(own, below), selectors: wanted.map((selector, n) => ({ selector, ...read(below[n]) })) }
}

/** RFC 8020 §2: below a name that does not exist there is none. Some servers say so of names that only hold others. */
function zoneOf(own: AnyAnswer | undefined, below: readonly AnyAnswer[]): DkimSurvey['zone'] {
  if (below.some(({ kind }) => kind === 'records' || kind === 'nodata')) return 'exists'
  if (own === undefined || own.kind === 'failure') return 'unknown'
  return own.kind === 'nxdomain' ? 'absent' : 'exists'
}

// A wildcard answers with records of other protocols, which are no broken keys. A key in bare Base64 was meant as one.
const OTHER = /^\s*v\s*=\s*(?!DKIM)/i
const OURS = /^\s*v\s*=|(?:^|;)\s*[pk]\s*=|^\s*MI[A-Za-z0-9+/]{60}/i

function read(answer: AnyAnswer | undefined): Omit<SurveyedSelector, 'selector'> {
  const texts = textsOf(answer)
  if (texts === null) return { status: 'unlearned', key: null, detail: null }
  const found = chosen(texts, (text) => !OTHER.test(text) && OURS.test(text))
  if (found.kind === 'none') return { status: 'none', key: null, detail: null }
  if (found.kind === 'several') return { status: 'several', key: null, detail: 'is there several times' }
  const parsed = parseDkim(found.text)
  if (parsed.ok && !parsed.record.forMail) return { status: 'none', key: null, detail: null }
  if (!parsed.ok) return { status: 'invalid', key: null, detail: parsed.detail }
  return { status: 'found', key: parsed.record, detail: null }
}

export function dkimFindings(domain: string, { zone, selectors }: DkimSurvey): Finding[] {
  const evidence = { zone, asked: selectors.map(({ selector }) => selector) }
  const isNoneFound = selectors.every(({ status }) => status === 'none')
  const ofAll: readonly FindingId[] =
    isNoneFound && zone !== 'unknown' ? [zone === 'absent' ? 'DKIM_NO_ZONE' : 'DKIM_UNKNOWN_SELECTOR'] : []
  return [
    ...ofAll.map((id) => finding(id, { domain, evidence, confidence: 'inferred' })),
    ...selectors.flatMap((one) => ofSelector(domain, one)),
  ]
}

function ofSelector(domain: string, { selector, status, key, detail }: SurveyedSelector): Finding[] {
  const say = (id: FindingId, value = '', severity?: Severity): Finding =>
    finding(id, {
      domain,
      subject: selector,
      value,
      evidence: { status, key },
      ...(severity === undefined ? {} : { severity }),
    })
  // RFC 6376 §3.6.2.2: which of several counts is not defined, so some receivers find the right one.
  if (status === 'several') return [say('DKIM_INVALID', detail ?? '', 'medium')]
  if (status === 'invalid') return [say('DKIM_INVALID', detail ?? '')]
  if (key === null) return []
  if (key.revoked) return [say('DKIM_REVOKED')]
  // RFC 8301 §3.1: signatures with SHA-1 are not valid any more.
  const isWithoutHash = key.hashes !== null && !key.hashes.includes('sha256')
  return [
    ...(isWithoutHash ? [say('DKIM_INVALID', 'allows no hash that counts today')] : []),
    ...lengths(key).map((id) => say(id)),
    ...(key.testing ? [say('DKIM_TEST_FLAG')] : []),
  ]
}

/** RFC 8301 §3.2. */
function lengths({ type, bits }: DkimKey): FindingId[] {
  if (type !== 'rsa' || bits === null || bits >= 2_048) return []
  return [bits < 1_024 ? 'DKIM_KEY_WEAK' : 'DKIM_KEY_1024']
}
