// MTA-STS and TLSRPT of one domain: what was published and fetched, how well it holds, and what is to be done about it.
import { firstOfEach } from './cases.ts'
import type { Ranked } from './exposure.ts'
import { type Finding, type FindingId, finding, type Severity } from './finding.ts'
import { type Gap, gapOf } from './gap.ts'
import { type Health, healthOf, type PolicyHealth } from './health.ts'
import type { MailUse } from './mail-use.ts'
import {
  chosenSts,
  EMPTY_LINES,
  isPlainText,
  namedBy,
  namingAny,
  parsePolicy,
  parseSts,
  type StsPolicy,
} from './mta-sts.ts'
import { firstPolicy, policyRecord, textAt } from './publish.ts'
import { certificateFindings, isDisputed, type PolicyCertificate } from './sts-certificate.ts'
import { allOf } from './three-valued.ts'
import { chosenTlsRpt, parseTlsRpt } from './tlsrpt.ts'

/** What came of fetching `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`. */
export type Fetched =
  | { readonly kind: 'answered'; readonly status: number; readonly contentType: string; readonly text: string }
  | { readonly kind: 'redirect'; readonly status: number }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'certificate' }
  | { readonly kind: 'unreachable'; readonly why: Unreachable }
  /** Nobody looked for it, or what came of it says nothing of what senders get. */
  | { readonly kind: 'not_fetched'; readonly why?: NotFetched; readonly status?: number }

/** A fault on our way to it, and none of its host's as far as we can tell; `status` is one that the way itself gives. */
export type NotFetched = 'dns' | 'timeout' | 'connection' | 'tls' | 'status'

/** What keeps everybody from the policy. */
export type Unreachable = 'no_address' | 'not_public' | 'timeout' | 'connection' | 'no_end'

export interface StsGiven {
  readonly domain: string
  /** In milliseconds since the epoch. */
  readonly now: number
  /** TXT records at `_mta-sts.`; null where they could not be learned. */
  readonly texts: readonly string[] | null
  readonly fetched: Fetched
  /** Of the policy host, as a lane has read it; null where none has. */
  readonly certificate: PolicyCertificate | null
  /** Null where they were not learned. */
  readonly exchanges: readonly Ranked[] | null
  /**
   * Of exchanges, whether a lane has found TLS with a valid certificate there: named or not, senders that heed the policy pass
   * over those that have none. Of one that is not in it nothing is known.
   */
  readonly holds: ReadonlyMap<string, boolean>
}

export interface StsSurvey {
  readonly status: 'none' | 'several' | 'invalid' | 'published' | 'unlearned'
  readonly id: string | null
  readonly policy: StsPolicy | null
  /** Null without MTA-STS, or exchanges, or a policy that is on; and where one of them was not learned. */
  readonly health: Health | null
  readonly gap: Gap | null
  readonly unmatched: readonly string[]
  readonly unused: readonly string[]
  readonly findings: readonly Finding[]
}

const SHORT_AGE_S = 86_400

export function surveySts(given: StsGiven): StsSurvey {
  const { domain, texts, fetched } = given
  const none = { id: null, policy: null, health: null, gap: null, unmatched: [], unused: [], findings: [] }
  if (texts === null) return { ...none, status: 'unlearned' }
  const found = chosenSts(texts)
  if (found.kind === 'none') {
    const policy = policyOf(fetched)
    return { ...none, status: 'none', findings: [policy === null ? absent(given) : orphaned(given, policy)] }
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

function absent({ domain, now, exchanges }: StsGiven): Finding {
  const policies = firstPolicy(domain, hostsOf(exchanges))
  // A record without a policy would be a fault.
  const publish = policies.length === 0 ? [] : [...policies, ...policyRecord(domain, now)]
  return finding('STS_NONE', { domain, publish })
}

const hostsOf = (exchanges: StsGiven['exchanges']): string[] => (exchanges ?? []).map(({ host }) => host)

/**
 * The record is what makes senders heed a policy: of one that is enforced they pass over every exchange that it does not name,
 * or that fails TLS (RFC 8461 §5.1), for as long as its max_age. A policy to be tested may be put in its place at any time.
 */
function orphaned(given: StsGiven, policy: StsPolicy): Finding {
  const { domain, now } = given
  const hosts = hostsOf(given.exchanges)
  const compared = comparedWith(given, policy)
  const unmatched = compared?.unmatched ?? []
  const failing = hosts.filter((host) => given.holds.get(host) === false)
  const unseen = hosts.filter((host) => !given.holds.has(host))
  const isWhole = allOf([
    compared !== null,
    unmatched.length === 0,
    failing.length === 0,
    unseen.length > 0 ? null : true,
  ])
  const when = policy.mode === 'enforce' ? WHEN_ENFORCED.get(isWhole) : undefined
  return finding('STS_ORPHAN_POLICY', {
    domain,
    publish: when === undefined ? policyRecord(domain, now) : firstPolicy(domain, hosts),
    when,
    evidence: {
      mode: policy.mode,
      maxAgeS: policy.maxAgeS,
      unmatched,
      unused: compared?.unused ?? [],
      failing,
      unseen,
    },
  })
}

/** By whether senders that heed the policy find a way to every exchange. */
const WHEN_ENFORCED: ReadonlyMap<boolean | null, string> = new Map([
  [false, 'harmful'],
  [null, 'unseen'],
])

function policyOf(fetched: Fetched): StsPolicy | null {
  if (fetched.kind !== 'answered' || fetched.status !== 200) return null
  const parsed = parsePolicy(fetched.text)
  return parsed.ok ? parsed.record : null
}

type Judged = Omit<StsSurvey, 'status' | 'id'>

function judged(given: StsGiven, policy: StsPolicy | null): Judged {
  const { domain, fetched, certificate } = given
  const compared = comparedWith(given, policy)
  const fetch = verifierOf(fetched)
  const trouble = troubleOf(fetched, policy)
  const findings = [
    ...fetchFindings(domain, fetched),
    ...certificateFindings({ domain, fetch, certificate }),
    ...(policy === null ? [] : policyFindings(domain, policy)),
    ...(compared === null || policy === null ? [] : comparedFindings(domain, compared, policy)),
  ]
  if (compared === null) return { policy, health: null, gap: null, unmatched: [], unused: [], findings }
  const isUnknown = fetched.kind === 'not_fetched'
  const health = healthOf({
    ...compared.counts,
    // What two verifiers judge differently is not known.
    certificate: isDisputed({ fetch, certificate }) ? null : certificate,
    maxAgeS: policy?.maxAgeS ?? null,
    trouble,
  })
  const { gap, unmatched, unused } = compared
  return { policy, health: isUnknown ? null : health, gap, unmatched, unused, findings }
}

interface Compared {
  readonly counts: Pick<PolicyHealth, 'named' | 'matched' | 'exchanges' | 'bestMatched'>
  /** Null without a policy; nothing is then left out, nor named in vain. */
  readonly gap: Gap | null
  readonly unmatched: readonly string[]
  readonly unused: readonly string[]
}

/** Null where there is nothing to compare: exchanges that are not known, none at all, or a policy that is switched off. */
function comparedWith({ exchanges, holds }: StsGiven, policy: StsPolicy | null): Compared | null {
  if (exchanges === null || exchanges.length === 0 || policy?.mode === 'none') return null
  const patterns = policy?.mx ?? []
  const isNamed = namedBy(patterns)
  const rows = exchanges.map((one) => ({ ...one, matched: isNamed(one.host) }))
  const named = rows.filter(({ matched }) => matched)
  const best = Math.min(...exchanges.map(({ preference }) => preference))
  const counts = {
    named: named.length,
    matched: named.filter(({ host }) => holds.get(host) !== false).length,
    exchanges: rows.length,
    bestMatched: named.some(({ preference }) => preference === best),
  }
  if (policy === null) return { counts, gap: null, unmatched: [], unused: [] }
  const isUsed = namingAny(exchanges.map(({ host }) => host))
  return {
    counts,
    gap: gapOf(rows, policy.mode),
    unmatched: [...new Set(rows.filter(({ matched }) => !matched).map(({ host }) => host))],
    unused: [...new Set(patterns)].filter((pattern) => !isUsed(pattern)),
  }
}

function comparedFindings(domain: string, { gap, unmatched, unused }: Compared, { mode }: StsPolicy): Finding[] {
  const severity: Severity = gap === null || gap.level === 'none' ? 'info' : gap.level
  const evidence = { ...gap, mode }
  return firstOfEach([
    ...unmatched.map((subject) => finding('STS_MX_UNMATCHED', { domain, subject, severity, evidence })),
    ...unused.map((subject) => finding('STS_PATTERN_UNUSED', { domain, subject })),
  ])
}

/** Whoever serves a policy was accepted by name and chain. */
function verifierOf(fetched: Fetched): 'accepted' | 'refused' | null {
  if (fetched.kind === 'certificate') return 'refused'
  return fetched.kind === 'answered' && fetched.status === 200 ? 'accepted' : null
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
    case 'certificate':
      return []
    case 'unreachable':
      return [say('STS_POLICY_UNREACHABLE')]
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
  return [
    ...syntaxFindings(domain, text),
    ...(isPlainText(contentType) ? [] : [finding('STS_CONTENT_TYPE', { domain, value: contentType.slice(0, 100) })]),
  ]
}

function syntaxFindings(domain: string, text: string): Finding[] {
  const parsed = parsePolicy(text)
  const say = (severity: Severity, value: string): Finding[] => [
    finding('STS_POLICY_SYNTAX', { domain, severity, value }),
  ]
  if (!parsed.ok) return say('high', `${parsed.detail}: senders cannot use it`)
  if (parsed.faults.length === 0) return []
  const faults = parsed.faults.join('; ')
  return parsed.faults.includes(EMPTY_LINES)
    ? say('medium', `${faults}. Strict senders do not use it`)
    : say('low', `${faults}. Senders mostly use it all the same`)
}

function policyFindings(domain: string, { mode, maxAgeS }: StsPolicy): Finding[] {
  const ids: FindingId[] = [
    ...(mode === 'testing' ? (['STS_MODE_TESTING'] as const) : []),
    ...(mode === 'none' ? (['STS_MODE_NONE'] as const) : []),
    ...(mode !== 'none' && maxAgeS < SHORT_AGE_S ? (['STS_MAX_AGE_SHORT'] as const) : []),
  ]
  return ids.map((id) => finding(id, { domain, evidence: { mode, maxAgeS } }))
}

/** Where MTA-STS or DANE is in use, nobody hears of failures without reports. */
export function tlsRptFindings(
  domain: string,
  texts: readonly string[] | null,
  { isNeeded, takes }: Pick<MailUse, 'takes'> & { readonly isNeeded: boolean },
): Finding[] {
  if (texts === null) return []
  const found = chosenTlsRpt(texts)
  if (found.kind === 'none') {
    const publish = takes === true ? textAt(`_smtp._tls.${domain}`, `v=TLSRPTv1; rua=mailto:tls-reports@${domain}`) : []
    return [finding('TLSRPT_NONE', { domain, severity: isNeeded ? 'medium' : 'low', publish })]
  }
  if (found.kind === 'several') return [finding('TLSRPT_MULTIPLE', { domain })]
  const parsed = parseTlsRpt(found.text)
  return parsed.ok ? [] : [finding('TLSRPT_INVALID', { domain, value: parsed.detail })]
}
