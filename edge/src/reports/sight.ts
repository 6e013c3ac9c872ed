// What a section of a report sees when it is made: whose report it is, and what is known so far.
import type { ReportSections, SectionName } from '@postern/shared/contract/domain-report.ts'
import type { Cidr } from '@postern/shared/dns/ip.ts'
import type { Finding } from '@postern/shared/report/finding.ts'
import type { Learned, Named, Piece } from './learned.ts'

export interface BoardOf {
  readonly domain: Named
  readonly loopback: readonly Cidr[]
  readonly now: number
}

export interface Sight extends BoardOf, Learned {}

/** A sight in which these pieces are there. */
export type With<P extends Piece> = Sight & { readonly [K in P]-?: NonNullable<Learned[K]> }

/** A section as it is told. */
export interface Rendered<S extends SectionName> {
  readonly value: ReportSections[S]
  readonly findings: readonly Finding[]
}
