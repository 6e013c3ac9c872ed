// DKIM keys of a domain as far as their selectors are known (RFC 6376 §3.6), and what they give to think of.
import { type AnyAnswer, type Asking, isAskable, textsOf } from './asking.ts'
import { type DkimKey, parseDkim } from './dkim.ts'
import { type About, type Finding, type FindingId, finding, type Severity } from './finding.ts'
import { chosen } from './record.ts'

interface SurveyedSelector {
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
const LABELS = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i

/** RFC 6376 §3.1: one label or several, each of letters, digits and hyphens; underscores are seen in the field. */
export function isSelector(text: string): boolean {
  return isAskable(text) && LABELS.test(text)
}

/** Of `selectors` the first ten that can be names; one round of questions. */
export function* surveyDkim(domain: string, selectors: readonly string[]): Asking<DkimSurvey> {
  const zone = `_domainkey.${domain}`
  if (!isAskable(zone)) return { zone: 'unknown', selectors: [] }
  const wanted = [...new Set(selectors.map((one) => one.toLowerCase()))]
    .filter((one) => isSelector(one) && isAskable(`${one}.${zone}`))
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
const OTHER = /^\s*v\s*=(?!\s*DKIM)/i
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

/** What is known of the domain otherwise. */
export interface DkimContext {
  /** It says that it takes no mail (RFC 7505). */
  readonly nullMx: boolean
  /** Its SPF record is `-all` and nothing else. */
  readonly spfRejectsAll: boolean
  /** Null where nobody knows. */
  readonly organisation: string | null
}

export function dkimFindings(domain: string, { zone, selectors }: DkimSurvey, context?: DkimContext): Finding[] {
  const evidence = { zone, asked: selectors.map(({ selector }) => selector) }
  const isNoneFound = selectors.every(({ status }) => status === 'none')
  const ofAll =
    isNoneFound && zone !== 'unknown' ? [zone === 'absent' ? noZone(domain, context) : UNKNOWN_SELECTOR] : []
  return [
    ...ofAll.map(({ id, ...about }) => finding(id, { domain, evidence, confidence: 'inferred', ...about })),
    ...selectors.flatMap((one) => ofSelector(domain, one)),
  ]
}

type Word = Pick<About, 'severity' | 'value'> & { readonly id: FindingId }

const UNKNOWN_SELECTOR: Word = { id: 'DKIM_UNKNOWN_SELECTOR' }

/** Keys are missed where mail goes out and nobody else's may sign it (RFC 6376 §2.5: the signer is whom it names). */
function noZone(domain: string, context: DkimContext | undefined): Word {
  const why = context === undefined ? null : whyNotMissed(domain, context)
  return why === null ? { id: 'DKIM_NO_ZONE' } : { id: 'DKIM_NO_ZONE', severity: 'info', value: `, ${why}` }
}

function whyNotMissed(domain: string, { nullMx, spfRejectsAll, organisation }: DkimContext): string | null {
  if (nullMx && spfRejectsAll) return 'and it says that it neither takes nor sends any'
  return organisation === null || organisation === domain ? null : `and keys of ${organisation} may sign for it`
}

/** Two have ever been defined; a record has room for thousands of words. */
const MOST_HASHES = 5

function ofSelector(domain: string, { selector, status, key, detail }: SurveyedSelector): Finding[] {
  const say = (id: FindingId, value = '', severity?: Severity): Finding =>
    finding(id, {
      domain,
      subject: selector,
      value,
      evidence: { status, key: key === null ? null : { ...key, hashes: key.hashes?.slice(0, MOST_HASHES) ?? null } },
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
