// A report as it was kept: whether it can still be read, and how much it had learned.
import { type DomainReport, domainReport } from '@postern/shared/contract/domain-report.ts'

/** Null for what is no report of today's shape: one that lacks what was added since would be told with holes. */
export function readKept(text: string | null): DomainReport | null {
  return text === null ? null : (domainReport.safeParse(JSON.parse(text)).data ?? null)
}

/** No resolver had an answer for its exchanges: whatever was known of the domain before is not contradicted. */
export function isUnheard({ mx }: DomainReport): boolean {
  return mx.why === 'no_answer'
}

/** It knows where mail goes, and that some does. */
export function speaksFor({ mx, verdict }: DomainReport): boolean {
  return mx.status !== 'error' && verdict.accepts_mail !== 'no'
}

/** Every question about records was answered. */
export function isLearned({ mx, spf, dmarc, mta_sts: sts, tls_rpt: tlsRpt, dkim }: DomainReport): boolean {
  return (
    mx.status !== 'error' &&
    mx.records.every(({ addresses }) => addresses !== null) &&
    [spf, dmarc, sts, tlsRpt].every(({ status }) => status !== 'unlearned') &&
    dkim.zone !== 'unknown' &&
    (sts.status !== 'published' || sts.fetch.kind !== 'not_fetched')
  )
}

/** True where one knows as much as the other, or more. */
export function knowsAsMuch(one: DomainReport, other: DomainReport): boolean {
  if (isLearned(one) !== isLearned(other)) return isLearned(one)
  return one.unmeasured.length <= other.unmeasured.length
}
