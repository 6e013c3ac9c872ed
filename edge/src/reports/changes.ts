// What changed between two reports of a domain; what one of them could not learn has not changed.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import type { Section } from '@postern/shared/report/finding.ts'

export type Changes = Omit<NonNullable<DomainReport['since']>, 'report' | 'generated_at'>

export function changesBetween(before: DomainReport, after: DomainReport): Changes {
  const both = new Set([...learnedIn(before)].filter((section) => learnedIn(after).has(section)))
  const named = ({ findings }: DomainReport): string[] =>
    findings
      .filter(({ section }) => both.has(section))
      .map(({ id, subject }) => (subject === null ? id : `${id} ${subject}`))
  const [old, fresh] = [new Set(named(before)), new Set(named(after))]
  const [was, is] = [watched(before), watched(after)]
  return {
    appeared: [...fresh].filter((one) => !old.has(one)),
    gone: [...old].filter((one) => !fresh.has(one)),
    changed: [...new Set([...was.keys(), ...is.keys()])].flatMap((what) => {
      const [from, to] = [was.get(what), is.get(what)]
      return from === undefined || to === undefined || from === to ? [] : [{ what, from, to }]
    }),
  }
}

/** Sections of which a report knows enough for a finding that is not there to mean something. */
function learnedIn({ mx, spf, dkim, dmarc, mta_sts: sts, tls_rpt: tlsRpt, unmeasured }: DomainReport): Set<Section> {
  const isSeen = mx.records.length > 0 && unmeasured.every(({ what }) => what !== 'smtp')
  const isNamed = mx.status !== 'error'
  const known: Readonly<Record<Section, boolean>> = {
    mx: isNamed,
    smtp: isSeen,
    tls: isSeen,
    spf: spf.status !== 'unlearned',
    dkim: dkim.zone !== 'unknown',
    dmarc: dmarc.status !== 'unlearned',
    mta_sts: sts.status !== 'unlearned' && (sts.status !== 'published' || sts.fetch.kind !== 'not_fetched'),
    tls_rpt: tlsRpt.status !== 'unlearned',
    dane: isNamed && isSeen,
    dns: isNamed,
  }
  return new Set((Object.keys(known) as Section[]).filter((section) => known[section]))
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
    ['dane.active', isNamed ? String(dane.active) : null],
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
