// DKIM keys that a caller names: looked at beside a report that is everybody's.
import type { DomainReport, ReportSections } from '@postern/shared/contract/domain-report.ts'
import { dkimFindings, surveyDkim } from '@postern/shared/report/dkim-survey.ts'
import type { Finding } from '@postern/shared/report/finding.ts'
import type { Named } from './learned.ts'
import { createLookUps } from './look-ups.ts'
import type { QuestionPorts } from './questions.ts'
import { dkimOf } from './render-records.ts'
import { rejectsAll } from './sections.ts'

export interface DkimWanted {
  readonly domain: Named
  readonly selectors: readonly string[]
  /** What was remembered is passed over. */
  readonly fresh: boolean
}

export interface KeysNamed {
  readonly value: ReportSections['dkim']
  readonly findings: readonly Finding[]
}

const DNS_MS = 3_000

/** Never rejects. Selectors that the report has already looked at are shown with those that are named. */
export async function keysNamed(
  report: DomainReport,
  { domain: { ascii }, selectors, fresh }: DkimWanted,
  ports: QuestionPorts,
): Promise<KeysNamed> {
  const known = report.dkim.selectors.map(({ selector }) => selector)
  const looks = createLookUps(ports, { deadlineAt: ports.now() + DNS_MS, fresh })
  const survey = await looks.run(surveyDkim(ascii, [...new Set([...selectors, ...known])]))
  const context = {
    nullMx: report.mx.status === 'null_mx',
    spfRejectsAll: rejectsAll(report.spf.record),
    organisation: report.dmarc.organisational_domain,
  }
  return { value: dkimOf(survey), findings: dkimFindings(ascii, survey, context) }
}
