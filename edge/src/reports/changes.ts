// What changed between two reports of a domain; what one of them could not learn has not changed.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import type { Section } from '@postern/shared/report/finding.ts'

export type Changes = Omit<NonNullable<DomainReport['since']>, 'report' | 'generated_at'>

export function changesBetween(before: DomainReport, after: DomainReport): Changes {
  const [old, fresh] = [comparable(before, after), comparable(after, before)]
  const [was, is] = [watched(before), watched(after)]
  return {
    appeared: [...fresh].filter(([key]) => !old.has(key)).map(([, one]) => one),
    gone: [...old].filter(([key]) => !fresh.has(key)).map(([, one]) => one),
    changed: [...new Set([...was.keys(), ...is.keys()])].flatMap((what) => {
      const [from, to] = [was.get(what), is.get(what)]
      return from === undefined || to === undefined || from === to ? [] : [{ what, from, to }]
    }),
  }
}

type Named = Changes['appeared'][number]

/** Findings of one report on what the other one has learned as well. */
function comparable(report: DomainReport, other: DomainReport): ReadonlyMap<string, Named> {
  const entries = report.findings
    .filter((one) => isLearned(one, report) && isLearned(one, other))
    .map(({ id, subject }): [string, Named] => [`${id} ${subject}`, { id, subject }])
  return new Map(entries)
}

type Found = DomainReport['findings'][number]
type Knows = (one: Found, report: DomainReport) => boolean

/** A finding that is not there means something only where somebody has looked. */
function isLearned(one: Found, report: DomainReport): boolean {
  return (KNOWN_BY_ID[one.id] ?? KNOWN[one.section])(one, report)
}

const never: Knows = () => false
const isNamed: Knows = (_, { mx }) => mx.status !== 'error'
const isSeen: Knows = ({ subject }, { mx }) => {
  // Subjects are hosts, perhaps with an address behind them.
  const host = subject?.split(' ')[0]
  return mx.records.some((record) => record.host === host && record.smtp?.some(({ measured }) => measured) === true)
}
const isReversed: Knows = ({ subject }, { mx }) =>
  mx.records.some(({ addresses }) =>
    addresses?.some(({ address, reverse_names: names }) => address === subject && names !== null),
  )
const hasAddresses: Knows = (one, report) =>
  isNamed(one, report) && report.mx.records.every(({ addresses }) => addresses !== null)
const hasCertificate: Knows = (_, { mta_sts: sts }) => sts.certificate !== null
const hasGap: Knows = (_, { mta_sts: sts }) => sts.gap !== null

const KNOWN: Readonly<Record<Section, Knows>> = {
  mx: hasAddresses,
  dns: isNamed,
  smtp: isSeen,
  tls: isSeen,
  dane: (one, report) => isNamed(one, report) && (one.subject === null || isSeen(one, report)),
  spf: (_, { spf }) => spf.status !== 'unlearned' && !spf.partial,
  dkim: ({ subject }, { dkim }) =>
    subject === null
      ? dkim.zone !== 'unknown'
      : dkim.selectors.some(({ selector, status }) => selector === subject && status !== 'unlearned'),
  dmarc: (_, { dmarc }) => dmarc.status !== 'unlearned',
  mta_sts: (_, { mta_sts: sts }) =>
    sts.status !== 'unlearned' && (sts.status !== 'published' || sts.fetch.kind !== 'not_fetched'),
  tls_rpt: (_, { tls_rpt: tlsRpt }) => tlsRpt.status !== 'unlearned',
}

/** What rests on something else than the rest of its section; what comes and goes with caches and with who asks is never told. */
const KNOWN_BY_ID: Readonly<Record<string, Knows>> = {
  MX_TTL_SHORT: never,
  MX_TTL_LONG: never,
  DNS_COLD_OVER_150MS: never,
  ROUTE_OVER_300S: never,
  DKIM_UNKNOWN_SELECTOR: never,
  MX_RESOLVER_DISAGREE: (_, { mx }) => mx.resolvers_agree !== null,
  PTR_MISSING: isReversed,
  FCRDNS_FAIL: isReversed,
  DMARC_EXT_RUA_UNAUTH: (_, { dmarc }) => dmarc.organisational_domain !== null,
  STS_CERT_INVALID: hasCertificate,
  STS_CERT_EXPIRING: hasCertificate,
  STS_MX_UNMATCHED: hasGap,
  STS_PATTERN_UNUSED: hasGap,
  STS_MX_TLS_FAILS_ENFORCE: isSeen,
}

/** Facts that somebody watches, as text; those that were not learned are absent. */
function watched(report: DomainReport): ReadonlyMap<string, string> {
  const { mx, spf, dmarc, mta_sts: sts, tls_rpt: tlsRpt, dane } = report
  const isNamed = mx.status !== 'error'
  const facts: [string, string | null][] = [
    ['mx', isNamed ? exchangesIn(report) : null],
    ['mx.dnssec', mx.dnssec === 'indeterminate' ? null : mx.dnssec],
    ['spf.record', published(spf, spf.record)],
    ['dmarc.record', published(dmarc, dmarc.record)],
    ['mta_sts.id', published(sts, sts.id)],
    ['mta_sts.policy', sts.policy === null ? null : JSON.stringify(sts.policy)],
    ['tls_rpt.record', published(tlsRpt, tlsRpt.record)],
    ['dane.active', isNamed && dane.active !== null ? String(dane.active) : null],
    ...mx.records.flatMap((record): [string, string | null][] => [
      [`${record.host} addresses`, addressesIn(record)],
      [`${record.host} certificate`, certificatesIn(record)],
    ]),
  ]
  return new Map(facts.flatMap(([what, value]): [string, string][] => (value === null ? [] : [[what, value]])))
}

/** What stands there, or in what manner it does not. */
function published({ status }: { readonly status: string }, text: string | null): string | null {
  return status === 'unlearned' ? null : (text ?? status)
}

function exchangesIn({ mx }: DomainReport): string {
  return [mx.status, ...mx.records.map(({ preference, host }) => `${preference} ${host}`).toSorted()].join(', ')
}

type Exchange = DomainReport['mx']['records'][number]

function addressesIn({ addresses }: Exchange): string | null {
  if (addresses === null || addresses.length === 0) return null
  return addresses
    .map(({ address }) => address)
    .toSorted()
    .join(', ')
}

function certificatesIn({ smtp }: Exchange): string | null {
  const ends = (smtp ?? []).flatMap(({ tls }) =>
    tls?.expires_at == null ? [] : [`${tls.issuer} until ${tls.expires_at}`],
  )
  return ends.length === 0 ? null : [...new Set(ends)].toSorted().join(', ')
}
