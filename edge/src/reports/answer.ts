// One request for a domain's report: the newest one where that will do, else a new one, kept for those who come after.
import type { DomainReport, ReportPart, SectionName } from '@postern/shared/contract/domain-report.ts'
import { inOrder, type Section } from '@postern/shared/report/finding.ts'
import { partAs, reportAs, type ToldAs, USUAL } from './as-wanted.ts'
import { countsOf, MOST_FINDINGS, SECTION_NAMES, type Tell } from './board.ts'
import { type Life, lifeOf, willDo } from './freshness.ts'
import { readKept } from './kept-report.ts'
import { type DkimWanted, keysNamed } from './keys-named.ts'
import type { Named } from './learned.ts'
import type { LookUps } from './look-ups.ts'
import { makeReport, type ReportPorts } from './report.ts'
import { worthSaying } from './sections.ts'
import { keptOf, latestOf, type ShelfPorts, standInFor } from './shelf.ts'
import { shown } from './shown.ts'

export interface Wanted {
  readonly id: string
  readonly domain: Named
  /** Selectors of DKIM keys that this caller names: they are nobody else's business. */
  readonly selectors: readonly string[]
  readonly refresh: boolean
  /** As everybody is told, where it is absent. */
  readonly told?: ToldAs
}

export interface Begun {
  /** As `Shelf.latest` has it; null too where that did not answer. */
  readonly newest: Promise<string | null>
  /** In which the domain's exchanges are already asked for; null where a report that is kept will do. */
  readonly looks: LookUps | null
}

export interface AnswerPorts extends ReportPorts, ShelfPorts {
  /** What went ahead of the answer, where anything did. */
  readonly begun?: Begun
  /** What is remembered of how long the newest report will do. */
  readonly lives: { readonly known: () => Life | null; readonly note: (life: Life) => void }
}

type TellPart = (part: ReportPart) => void

/** Tells each section as it is learned, and at last the whole report, which it resolves to. */
export async function answerReport(wanted: Wanted, ports: AnswerPorts, tellPart: TellPart): Promise<DomainReport> {
  const { domain, selectors, told = USUAL } = wanted
  const tell: TellPart = (part) => tellPart(partAs(part, told))
  const newest = await newestFor(wanted, ports)
  tell(begun(newest?.id ?? wanted.id, domain))
  if (newest !== null) for (const part of partsOf(newest)) tell(part)
  const shared = newest ?? (await madeNow(wanted, ports, tell))
  const named = { domain, selectors, fresh: wanted.refresh }
  const report = selectors.length === 0 ? shared : await withKeys(shared, named, { ports, tell })
  tell({ section: 'report', value: report, findings: [] })
  return reportAs(report, told)
}

function begun(id: string, { unicode, ascii }: Named): ReportPart {
  return { section: 'begun', value: { id, domain: unicode, ascii }, findings: [] }
}

async function madeNow(wanted: Wanted, ports: AnswerPorts, tell: TellPart): Promise<DomainReport> {
  const tellPart: Tell = ({ section, value, findings }) => tell({ section, value, findings: findings.map(shown) })
  const made = await makeReport({ ...wanted, fresh: wanted.refresh }, ports, tellPart)
  const report = await toldFor(await keptOf(made, ports), ports)
  // Another one was made beside it, and is everybody's; or one that had heard more stands in for it.
  if (report.id !== made.id) for (const part of [begun(report.id, wanted.domain), ...partsOf(report)]) tell(part)
  return report
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
  const ordered = inOrder([...others, ...findings]).slice(0, MOST_FINDINGS)
  return { ...report, dkim: value, findings: ordered, by_severity: countsOf(ordered) }
}

/** Null where it will not do. */
async function newestFor({ refresh }: Wanted, ports: AnswerPorts): Promise<DomainReport | null> {
  const report = readKept(await (ports.begun?.newest ?? latestOf(ports)))
  if (report === null || !willDo(lifeOf(report), { refresh, now: ports.now() })) return null
  return toldFor(report, ports)
}

/** What is told where this is the newest: that one, or where it heard nothing one that did. It is asked again after its own time. */
async function toldFor(newest: DomainReport, ports: AnswerPorts): Promise<DomainReport> {
  if (ports.reports !== null) ports.lives.note(lifeOf(newest))
  return (await standInFor(newest, ports)) ?? newest
}

export function partsOf(report: DomainReport): ReportPart[] {
  return SECTION_NAMES.map((section) => ({
    section,
    value: report[section],
    findings: report.findings.filter((one) => tellerOf(one) === section),
  }))
}

/** Findings that another part of a report tells than the section that they are of. */
const TOLD_BY: Readonly<Record<string, SectionName>> = {
  DNS_COLD_OVER_150MS: 'resolution',
  ROUTE_OVER_300S: 'routing',
  STS_MX_TLS_FAILS_ENFORCE: 'mx',
}

function tellerOf({ id, section }: { readonly id: string; readonly section: Section }): SectionName {
  return TOLD_BY[id] ?? (section === 'smtp' || section === 'tls' ? 'mx' : section)
}
