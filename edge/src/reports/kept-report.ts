// A report as it was kept: whether it can still be read, and how much it had learned.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'

/** Another schema is another shape: reports of one are none of the other's. */
const SCHEMA: DomainReport['schema'] = 'domain-report/1'

/** Null for what is no report of today's shape. */
export function readKept(text: string | null): DomainReport | null {
  const report = text === null ? null : (JSON.parse(text) as Partial<DomainReport>)
  return report?.schema === SCHEMA ? (report as DomainReport) : null
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
