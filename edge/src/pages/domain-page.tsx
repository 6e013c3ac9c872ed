// The page of one domain: its frame leaves at once, and each section as it is learned; one that comes again takes the place of what came before.
import type {
  DomainHistory,
  DomainReport,
  ReportPart,
  ReportSections,
  SectionName,
} from '@postern/shared/contract/domain-report.ts'
import type { Child } from 'hono/jsx'
import { createCards, Places } from './cards.tsx'
import { aroundSections, type DocumentOf } from './document.tsx'
import type { FindingShown } from './findings.tsx'
import { MailServers } from './mail-servers.tsx'
import { Availability, Resolution, Routing } from './models.tsx'
import { Commands, History, Overview, Unmeasured, Verdict } from './overview.tsx'
import { Dane, Dkim, Dmarc, Dns, MtaSts, type Query, Spf, TlsRpt } from './records.tsx'

type Renderers = { readonly [S in Exclude<SectionName, 'verdict'>]: (value: ReportSections[S], query: Query) => Child }

const RENDER: Renderers = {
  mx: (of) => <MailServers of={of} />,
  mta_sts: (of) => <MtaSts of={of} />,
  dane: (of) => <Dane of={of} />,
  tls_rpt: (of) => <TlsRpt of={of} />,
  spf: (of) => <Spf of={of} />,
  dkim: (of, query) => <Dkim of={of} query={query} />,
  dmarc: (of) => <Dmarc of={of} />,
  dns: (of) => <Dns of={of} />,
  routing: (of) => <Routing of={of} />,
  resolution: (of) => <Resolution of={of} />,
  availability: (of) => <Availability of={of} />,
  unmeasured: (of) => <Unmeasured of={of} />,
  commands: (of) => <Commands of={of} />,
}

export interface DomainPage {
  readonly opening: string
  /** What a part of the report adds to the page; empty for what is not shown by itself. */
  readonly part: (part: ReportPart) => string
  readonly history: (reports: DomainHistory['reports']) => string
  /** In place of whatever did not come. */
  readonly brokenOff: () => string
  readonly closing: string
}

interface PageOf extends Pick<DocumentOf, 'nonce'> {
  /** In letters of any script. */
  readonly domain: string
  /** As the visitor has it; `report` names one of those that were made before. */
  readonly query: Query
}

/** Texts to be sent in the order in which they are made: opening, parts, history, closing. */
export function createDomainPage({ domain, query, ...of }: PageOf): DomainPage {
  const document = { ...of, title: `${domain}: mail report`, typed: domain }
  const { card, anchor, has } = createCards(of.nonce)
  /** Where each was told last: its section, and which one of it. */
  const places = new Map<string, readonly [section: SectionName, n: number]>()
  let reportId = ''

  const section = (name: SectionName, { value, findings }: ReportPart): string => {
    for (const [n, one] of findings.entries()) places.set(keyOf(one), [name, n])
    const content =
      name === 'verdict' ? (
        <Verdict domain={domain} of={value as ReportSections['verdict']} />
      ) : (
        (RENDER[name] as (of: unknown, query: Query) => Child)(value, query)
      )
    return card(name, content, findings)
  }
  const anchorOf = (one: FindingShown): string => {
    const [name, n] = places.get(keyOf(one)) ?? []
    return name === undefined ? anchor('verdict') : `${anchor(name)}-${n}`
  }

  return {
    ...aroundSections(document, <Places />),
    part: (part) => {
      if (part.section === 'begun') {
        reportId = (part.value as { id: string }).id
        return ''
      }
      if (part.section !== 'report') return section(part.section, part)
      return card('overview', <Overview report={part.value as DomainReport} anchorOf={anchorOf} query={query} />)
    },
    history: (reports) => card('history', <History of={reports} domain={domain} now={reportId} />),
    brokenOff: () => {
      // What is whole stays.
      const slot = has('overview') ? 'history' : 'overview'
      return card(slot, <p>The report broke off here, and that is our fault: load the page again.</p>)
    },
  }
}

function keyOf({ id, subject }: FindingShown): string {
  return `${id} ${subject}`
}
