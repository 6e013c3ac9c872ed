// One request for a domain's report: the newest one where that will do, else a new one, kept for those who come after.
import type { DomainReport, ReportPart, SectionName } from '@postern/shared/contract/domain-report.ts'
import { inOrder, type Section } from '@postern/shared/report/finding.ts'
import { countsOf, SECTION_NAMES, type Tell } from './board.ts'
import { type DkimWanted, keysNamed } from './keys-named.ts'
import type { Named } from './learned.ts'
import { makeReport, type ReportPorts } from './report.ts'
import type { Reports } from './reports.ts'
import { worthSaying } from './sections.ts'
import { shown } from './shown.ts'

export interface Wanted {
  readonly id: string
  readonly domain: Named
  /** Selectors of DKIM keys that this caller names: they are nobody else's business. */
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

type TellPart = (part: ReportPart) => void

/** Tells each section as it is learned, and at last the whole report, which it resolves to. */
export async function answerReport(wanted: Wanted, ports: AnswerPorts, tell: TellPart): Promise<DomainReport> {
  const { domain, selectors } = wanted
  const newest = await newestFor(wanted, ports)
  tell({
    section: 'begun',
    value: { id: newest?.id ?? wanted.id, domain: domain.unicode, ascii: domain.ascii },
    findings: [],
  })
  if (newest !== null) for (const part of partsOf(newest)) tell(part)
  const shared = newest ?? (await madeNow(wanted, ports, tell))
  const report = selectors.length === 0 ? shared : await withKeys(shared, { domain, selectors }, { ports, tell })
  tell({ section: 'report', value: report, findings: [] })
  return report
}

async function madeNow(wanted: Wanted, ports: AnswerPorts, tell: TellPart): Promise<DomainReport> {
  const tellPart: Tell = ({ section, value, findings }) => tell({ section, value, findings: findings.map(shown) })
  const made = await makeReport({ ...wanted, fresh: wanted.refresh }, ports, tellPart)
  const kept = await orNull(ports.reports?.keep(JSON.stringify(made)))
  return kept === null ? made : (JSON.parse(kept) as DomainReport)
}

interface Telling {
  readonly ports: AnswerPorts
  readonly tell: TellPart
}

/** The report that is everybody's, with the keys that this caller has named. */
async function withKeys(report: DomainReport, wanted: DkimWanted, { ports, tell }: Telling): Promise<DomainReport> {
  const { value, findings: all } = await keysNamed(report, wanted, ports)
  const findings = worthSaying('dkim', all, report.mx.status).map(shown)
  tell({ section: 'dkim', value, findings })
  const others = report.findings.filter(({ section }) => section !== 'dkim')
  const ordered = inOrder([...others, ...findings])
  return { ...report, dkim: value, findings: ordered, by_severity: countsOf(ordered) }
}

async function newestFor({ refresh }: Wanted, { reports, now }: AnswerPorts): Promise<DomainReport | null> {
  const text = await orNull(reports?.latest())
  if (text === null) return null
  const report = JSON.parse(text) as DomainReport
  const ageMs = now() - Date.parse(report.generated_at)
  // A clock that went back makes nothing young.
  return ageMs >= 0 && ageMs < (refresh ? LEAST_MS : lifeMs(report)) ? report : null
}

/** An object that cannot be reached keeps nothing, and keeps nobody from a report. */
async function orNull(asked: Promise<string | null> | undefined): Promise<string | null> {
  const [settled] = await Promise.allSettled([asked])
  return settled.status === 'fulfilled' ? (settled.value ?? null) : null
}

function lifeMs(report: DomainReport): number {
  const { mx, spf, dmarc, mta_sts: sts, tls_rpt: tlsRpt, dkim, unmeasured } = report
  const isLearned =
    mx.status !== 'error' &&
    mx.records.every(({ addresses }) => addresses !== null) &&
    [spf, dmarc, sts, tlsRpt].every(({ status }) => status !== 'unlearned') &&
    dkim.zone !== 'unknown' &&
    (sts.status !== 'published' || sts.fetch.kind !== 'not_fetched')
  return isLearned && !unmeasured.some(({ why }) => PASSING.includes(why)) ? FRESH_MS : DOUBTFUL_MS
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

function partsOf(report: DomainReport): ReportPart[] {
  return SECTION_NAMES.map((section) => ({
    section,
    value: report[section],
    findings: report.findings.filter((one) => belongsTo(one.section) === section),
  }))
}

/** The section of a report that tells of it. */
function belongsTo(section: Section): SectionName {
  return section === 'smtp' || section === 'tls' ? 'mx' : section
}
