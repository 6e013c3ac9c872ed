// What is known of a domain so far, put into sections: each is told when it is first complete, and again when it changes.
import type { DomainReport, ReportSections, SectionName } from '@postern/shared/contract/domain-report.ts'
import { type Finding, inOrder } from '@postern/shared/report/finding.ts'
import type { Cidr } from '@postern/shared/dns/ip.ts'
import type { Learned, Named, Piece } from './learned.ts'
import { SECTIONS } from './sections.ts'

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

export interface BoardOf {
  readonly domain: Named
  readonly loopback: readonly Cidr[]
  readonly now: number
}

export function createBoard(of: BoardOf, tell: Tell): Board {
  const learned: { -readonly [P in Piece]?: Learned[P] } = {}
  const told = new Map<SectionName, { text: string; told: Told }>()
  const tellOne = (name: SectionName, piece: Piece): void => {
    const { needs, uses, render } = SECTIONS[name]
    if (![...needs, ...uses].includes(piece) || needs.some((one) => learned[one] === undefined)) return
    const made: Told = { section: name, ...render({ ...of, ...learned } as never) }
    const text = JSON.stringify(made)
    if (told.get(name)?.text === text) return
    told.set(name, { text, told: made })
    tell(made)
  }
  return {
    note: (piece, value) => {
      learned[piece] = value
      for (const name of Object.keys(SECTIONS) as SectionName[]) tellOne(name, piece)
      return value
    },
    whole: ({ id, generatedAt, vantage, timing }) => {
      const all = [...told.values()].map((one) => one.told)
      return {
        schema: 'domain-report/1',
        scoring: 1,
        id,
        domain: of.domain.unicode,
        ascii: of.domain.ascii,
        generated_at: new Date(generatedAt).toISOString(),
        vantage,
        ...(Object.fromEntries(all.map(({ section, value }) => [section, value])) as unknown as ReportSections),
        findings: inOrder(all.flatMap(({ findings }) => findings)).map(shown),
        since: null,
        timing,
      }
    },
  }
}

export function shown(one: Finding): DomainReport['findings'][number] {
  return { ...one, refs: [...one.refs] }
}
