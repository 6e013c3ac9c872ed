// What is known of a domain so far, put into sections: each is told when it is first complete, and again when it changes.
import type { DomainReport, ReportSections, SectionName } from '@postern/shared/contract/domain-report.ts'
import { type Finding, inOrder, SEVERITIES, type Severity } from '@postern/shared/report/finding.ts'
import { type Learned, type Piece, routeKind } from './learned.ts'
import { SECTIONS, worthSaying } from './sections.ts'
import { shown } from './shown.ts'
import type { BoardOf } from './sight.ts'

/** One section with the findings that belong to it. */
export interface Told {
  readonly section: SectionName
  readonly value: ReportSections[SectionName]
  readonly findings: readonly Finding[]
}
export type Tell = (told: Told) => void

export interface Board {
  /** Resolves whoever waits for it: gives back what was noted. */
  note<P extends Piece>(piece: P, value: NonNullable<Learned[P]>): NonNullable<Learned[P]>
  /** Once all pieces are there. */
  whole(frame: Frame): DomainReport
}

export interface Frame {
  readonly id: string
  readonly generatedAt: number
  readonly vantage: DomainReport['vantage']
  readonly timing: DomainReport['timing']
}

export function createBoard(of: BoardOf, tell: Tell): Board {
  const learned: { -readonly [P in Piece]?: Learned[P] } = {}
  const told = new Map<SectionName, { text: string; told: Told }>()
  const tellOne = (name: SectionName, piece: Piece): void => {
    const { needs, uses, render } = SECTIONS[name]
    if (![...needs, ...uses].includes(piece) || needs.some((one) => learned[one] === undefined)) return
    const { value, findings } = render({ ...of, ...learned } as never)
    const kind = learned.route === undefined ? null : routeKind(of.domain.ascii, learned.route)
    const made: Told = { section: name, value, findings: worthSaying(name, findings, kind) }
    const text = JSON.stringify(made)
    if (told.get(name)?.text === text) return
    told.set(name, { text, told: made })
    tell(made)
  }
  return {
    note: (piece, value) => {
      learned[piece] = value
      for (const name of SECTION_NAMES) tellOne(name, piece)
      return value
    },
    whole: ({ id, generatedAt, vantage, timing }) => {
      const all = SECTION_NAMES.flatMap((name) => told.get(name)?.told ?? [])
      const findings = inOrder(all.flatMap((one) => one.findings)).slice(0, MOST_FINDINGS)
      const { verdict, ...sections } = Object.fromEntries(
        all.map(({ section, value }) => [section, value]),
      ) as unknown as ReportSections
      return {
        schema: 'domain-report/1',
        scoring: 1,
        id,
        domain: of.domain.unicode,
        ascii: of.domain.ascii,
        generated_at: new Date(generatedAt).toISOString(),
        stale: false,
        vantage,
        verdict,
        profile: 'default',
        by_severity: countsOf(findings),
        findings: findings.map(shown),
        ...sections,
        since: null,
        timing,
      }
    },
  }
}

/** Nobody reads more, and whoever publishes thousands of faults must not fill a report with them. */
export const MOST_FINDINGS = 150

export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[]

export function countsOf(findings: readonly { readonly severity: Severity }[]): DomainReport['by_severity'] {
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as DomainReport['by_severity']
  for (const { severity } of findings) counts[severity] += 1
  return counts
}
