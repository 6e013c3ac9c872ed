// MTA-STS and TLSRPT of one domain: what was published and fetched, how well it holds, and what is to be done about it.
import type { Ranked } from './exposure.ts'
import { type Finding, type FindingId, finding, type Severity } from './finding.ts'
import { type Gap, gapOf } from './gap.ts'
import { type Certificate, type Health, healthOf, type PolicyHealth } from './health.ts'
import { chosenSts, isPlainText, names, parsePolicy, parseSts, type StsPolicy } from './mta-sts.ts'
import { chosenTlsRpt, parseTlsRpt } from './tlsrpt.ts'

/** What came of fetching `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`. */
export type Fetched =
  | { readonly kind: 'answered'; readonly status: number; readonly contentType: string; readonly text: string }
  | { readonly kind: 'redirect'; readonly status: number }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'certificate' }
  | { readonly kind: 'unreachable'; readonly why: 'no_address' | 'not_public' | 'timeout' | 'connection' }
  /** Nobody looked for it, or its host could not be looked up. */
  | { readonly kind: 'not_fetched' }

export interface StsGiven {
  readonly domain: string
  /** TXT records at `_mta-sts.`; null where they could not be learned. */
  readonly texts: readonly string[] | null
  readonly fetched: Fetched
  /** Of the policy host, as a lane has read it; null where none has. */
  readonly certificate: Certificate | null
  readonly exchanges: readonly Ranked[]
  /** Exchanges at which a lane has found no TLS with a valid certificate: named or not, senders that heed the policy pass them over. */
  readonly failing: ReadonlySet<string>
}

export interface StsSurvey {
  readonly status: 'none' | 'several' | 'invalid' | 'published' | 'unlearned'
  readonly id: string | null
  readonly policy: StsPolicy | null
  /** Null without MTA-STS. */
  readonly health: Health | null
  readonly gap: Gap | null
  readonly unmatched: readonly string[]
  readonly unused: readonly string[]
  readonly findings: readonly Finding[]
}

/** Days before its end from which a certificate that lives long should have been renewed. */
const RENEWED_BY_DAYS = 14
const SHORT_AGE_S = 86_400

export function surveySts(given: StsGiven): StsSurvey {
  const { domain, texts, fetched } = given
  const none = { id: null, policy: null, health: null, gap: null, unmatched: [], unused: [], findings: [] }
  if (texts === null) return { ...none, status: 'unlearned' }
  const found = chosenSts(texts)
  const orphan = fetched.kind === 'answered' && fetched.status === 200 && parsePolicy(fetched.text).ok
  if (found.kind === 'none') {
    const ids: FindingId[] = orphan ? ['STS_ORPHAN_POLICY'] : ['STS_NONE']
    return { ...none, status: 'none', findings: ids.map((id) => finding(id, { domain })) }
  }
  if (found.kind === 'several')
    return { ...none, status: 'several', findings: [finding('STS_TXT_MULTIPLE', { domain })] }
  const record = parseSts(found.text)
  if (!record.ok) {
    const wrong = finding('STS_TXT_INVALID', { domain, value: record.detail, evidence: { record: found.text } })
    return { ...none, status: 'invalid', findings: [wrong] }
  }
  return { ...judged(given, policyOf(fetched)), id: record.record.id, status: 'published' }
}

function policyOf(fetched: Fetched): StsPolicy | null {
  if (fetched.kind !== 'answered' || fetched.status !== 200) return null
  const parsed = parsePolicy(fetched.text)
  return parsed.ok ? parsed.record : null
}

type Judged = Omit<StsSurvey, 'status' | 'id'>

function judged(given: StsGiven, policy: StsPolicy | null): Judged {
  const { domain, fetched, certificate, exchanges, failing } = given
  const patterns = policy?.mx ?? []
  const matched = exchanges.map((one) => ({ ...one, matched: patterns.some((pattern) => names(pattern, one.host)) }))
  const unmatched = matched.filter((one) => !one.matched).map(({ host }) => host)
  const unused = patterns.filter((pattern) => !exchanges.some(({ host }) => names(pattern, host)))
  const gap = policy === null ? null : gapOf(matched, policy.mode)
  const best = Math.min(...exchanges.map(({ preference }) => preference))
  const isUnknown = fetched.kind === 'not_fetched'
  const health = healthOf({
    certificate,
    maxAgeS: policy?.maxAgeS ?? null,
    named: exchanges.length - unmatched.length,
    matched: matched.filter((one) => one.matched && !failing.has(one.host)).length,
    exchanges: exchanges.length,
    bestMatched: matched.some((one) => one.matched && one.preference === best),
    trouble: troubleOf(fetched, policy),
  })
  const findings = [
    ...fetchFindings(domain, fetched),
    ...(certificate === null ? [] : certificateFindings(domain, certificate)),
    ...(policy === null ? [] : policyFindings(domain, policy)),
    ...gapFindings(domain, gap, unmatched),
    ...unused.map((pattern) => finding('STS_PATTERN_UNUSED', { domain, subject: pattern })),
  ]
  return { policy, health: isUnknown ? null : health, gap, unmatched, unused, findings }
}

function troubleOf(fetched: Fetched, policy: StsPolicy | null): PolicyHealth['trouble'] {
  if (policy !== null) return 'none'
  return fetched.kind === 'answered' && fetched.status === 200 ? 'unparseable' : 'unobtainable'
}

function fetchFindings(domain: string, fetched: Fetched): Finding[] {
  const say = (id: FindingId, value = ''): Finding =>
    finding(id, { domain, value, evidence: { ...fetched, text: undefined } })
  switch (fetched.kind) {
    case 'not_fetched':
      return []
    case 'unreachable':
      return [say('STS_POLICY_UNREACHABLE')]
    case 'certificate':
      return [say('STS_CERT_INVALID')]
    case 'redirect':
      return [say('STS_POLICY_REDIRECT')]
    case 'too_large':
      return [say('STS_TOO_LARGE')]
    case 'answered':
      return fetched.status === 200
        ? textFindings(domain, fetched)
        : [say('STS_POLICY_STATUS', `HTTP ${fetched.status}`)]
  }
}

function textFindings(domain: string, { contentType, text }: Extract<Fetched, { kind: 'answered' }>): Finding[] {
  const parsed = parsePolicy(text)
  const wrong = parsed.ok ? parsed.faults.join('; ') : parsed.detail
  const severity: Severity = parsed.ok ? 'low' : 'high'
  return [
    ...(wrong === '' ? [] : [finding('STS_POLICY_SYNTAX', { domain, value: wrong, severity })]),
    ...(isPlainText(contentType) ? [] : [finding('STS_CONTENT_TYPE', { domain, value: contentType.slice(0, 100) })]),
  ]
}

function certificateFindings(domain: string, { valid, daysLeft, lifetimeDays }: Certificate): Finding[] {
  const evidence = { daysLeft, lifetimeDays }
  if (!valid) return [finding('STS_CERT_INVALID', { domain, evidence })]
  return daysLeft < Math.min(RENEWED_BY_DAYS, lifetimeDays / 6)
    ? [finding('STS_CERT_EXPIRING', { domain, evidence })]
    : []
}

function policyFindings(domain: string, { mode, maxAgeS }: StsPolicy): Finding[] {
  const ids: FindingId[] = [
    ...(mode === 'testing' ? (['STS_MODE_TESTING'] as const) : []),
    ...(mode === 'none' ? (['STS_MODE_NONE'] as const) : []),
    ...(mode !== 'none' && maxAgeS < SHORT_AGE_S ? (['STS_MAX_AGE_SHORT'] as const) : []),
  ]
  return ids.map((id) => finding(id, { domain, evidence: { mode, maxAgeS } }))
}

/** A policy that is switched off names nobody, and leaves nobody out. */
function gapFindings(domain: string, gap: Gap | null, unmatched: readonly string[]): Finding[] {
  if (gap === null || gap.score === 0) return []
  const severity: Severity = gap.level === 'none' ? 'info' : gap.level
  return unmatched.map((host) => finding('STS_MX_UNMATCHED', { domain, subject: host, severity, evidence: { ...gap } }))
}

/** Where MTA-STS or DANE is in use, nobody hears of failures without reports. */
export function tlsRptFindings(domain: string, texts: readonly string[] | null, isNeeded: boolean): Finding[] {
  if (texts === null) return []
  const found = chosenTlsRpt(texts)
  if (found.kind === 'none') return [finding('TLSRPT_NONE', { domain, severity: isNeeded ? 'medium' : 'low' })]
  if (found.kind === 'several') return [finding('TLSRPT_MULTIPLE', { domain })]
  const parsed = parseTlsRpt(found.text)
  return parsed.ok ? [] : [finding('TLSRPT_INVALID', { domain, value: parsed.detail })]
}
