// One request for a domain's report: the newest one where that will do, else a new one, kept for those who come after.
import type { DomainReport, SectionName } from '@postern/shared/contract/domain-report.ts'
import type { Section } from '@postern/shared/report/finding.ts'
import { shown, type Tell, type Told } from './board.ts'
import type { Named } from './learned.ts'
import { makeReport, type ReportPorts } from './report.ts'
import type { Reports } from './reports.ts'
import { SECTIONS } from './sections.ts'

export interface Wanted {
  readonly id: string
  readonly domain: Named
  readonly selectors: readonly string[]
  readonly refresh: boolean
}

export interface AnswerPorts extends ReportPorts {
  /** Null where nothing is kept of what this caller asks. */
  readonly reports: Pick<DurableObjectStub<Reports>, 'latest' | 'keep'> | null
}

/** What holds for a quarter of an hour, and what could not be learned for two minutes. */
const FRESH_MS = 900_000
const DOUBTFUL_MS = 120_000
/** Whoever wants a new one gets it, but not one a second. */
const LEAST_MS = 60_000

/** Part of a report as it is told while it is made. */
export interface Part {
  readonly section: SectionName | 'report'
  readonly value: unknown
  readonly findings?: DomainReport['findings']
}

/** Tells each section as it is learned, and at last the whole report, which it resolves to. */
export async function answerReport(
  wanted: Wanted,
  ports: AnswerPorts,
  tell: (part: Part) => void,
): Promise<DomainReport> {
  const newest = await newestFor(wanted, ports)
  if (newest !== null) {
    for (const part of partsOf(newest)) tell(part)
    return newest
  }
  const tellPart: Tell = ({ section, value, findings }: Told) => tell({ section, value, findings: findings.map(shown) })
  const made = await makeReport({ ...wanted, fresh: wanted.refresh }, ports, tellPart)
  const kept = await orNull(ports.reports?.keep(JSON.stringify(made)))
  const report = kept === null ? made : (JSON.parse(kept) as DomainReport)
  tell({ section: 'report', value: report })
  return report
}

async function newestFor({ refresh, selectors }: Wanted, { reports, now }: AnswerPorts): Promise<DomainReport | null> {
  const text = await orNull(reports?.latest())
  if (text === null) return null
  const report = JSON.parse(text) as DomainReport
  const ageMs = now() - Date.parse(report.generated_at)
  const isAsked = selectors.every((selector) => report.dkim.selectors.some((one) => one.selector === selector))
  // A clock that went back makes nothing young.
  return isAsked && ageMs >= 0 && ageMs < (refresh ? LEAST_MS : lifeMs(report)) ? report : null
}

/** An object that cannot be reached keeps nothing, and keeps nobody from a report. */
async function orNull(asked: Promise<string | null> | undefined): Promise<string | null> {
  const [settled] = await Promise.allSettled([asked])
  return settled.status === 'fulfilled' ? (settled.value ?? null) : null
}

function lifeMs({ mx, unmeasured }: DomainReport): number {
  return mx.status === 'error' || unmeasured.some(({ why }) => PASSING.includes(why)) ? DOUBTFUL_MS : FRESH_MS
}

/** What may be measured a little later. */
const PASSING: readonly string[] = [
  'lane_busy',
  'lane_unreachable',
  'in_progress',
  'permit',
  'deadline',
  'breaker_open',
]

function partsOf(report: DomainReport): Part[] {
  const names = Object.keys(SECTIONS) as SectionName[]
  return [
    ...names.map((section) => ({
      section,
      value: report[section],
      findings: report.findings.filter((one) => belongsTo(one.section) === section),
    })),
    { section: 'report', value: report },
  ]
}

/** The section of a report that tells of it. */
function belongsTo(section: Section): SectionName {
  return section === 'smtp' || section === 'tls' ? 'mx' : section
}
