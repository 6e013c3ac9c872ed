// The sections of a page as cards: each has its place, and the one that comes again takes the place of the one before.
import type { SectionName } from '@postern/shared/contract/domain-report.ts'
import type { Child } from 'hono/jsx'
import { htmlOf } from './bricks.tsx'
import { Findings, type FindingShown } from './findings.tsx'

export type Slot = SectionName | 'overview' | 'history'

interface Shown {
  readonly title: string | null
  /** What stands in its place until it is learned. */
  readonly waiting: string
}

/** From the top of the page to its end, in whatever order they are learned. */
const SLOTS: Readonly<Record<Slot, Shown>> = {
  verdict: { title: null, waiting: 'Asking the DNS…' },
  overview: { title: null, waiting: 'Sections appear as they are learned; mail servers may take some seconds.' },
  mx: { title: 'Mail servers', waiting: 'Mail servers…' },
  mta_sts: { title: 'MTA-STS: senders insist on TLS', waiting: 'MTA-STS…' },
  dane: { title: 'DANE: keys vouched for by the DNS', waiting: 'DANE…' },
  tls_rpt: { title: 'Reports of TLS failures', waiting: 'TLS reports…' },
  spf: { title: 'SPF: who may send', waiting: 'SPF…' },
  dkim: { title: 'DKIM: keys that sign', waiting: 'DKIM…' },
  dmarc: { title: 'DMARC: what becomes of the rest', waiting: 'DMARC…' },
  dns: { title: 'DNSSEC', waiting: 'DNSSEC…' },
  routing: { title: 'How long mail takes', waiting: 'Routing…' },
  resolution: { title: 'How long look-ups take', waiting: 'Resolution…' },
  availability: { title: 'How often somebody answers', waiting: 'Availability…' },
  unmeasured: { title: 'What was not measured', waiting: 'What was not measured…' },
  history: { title: 'What it was before', waiting: 'Earlier reports…' },
  commands: { title: 'See for yourself', waiting: 'Commands…' },
}

export interface Cards {
  readonly card: (slot: Slot, content: Child, findings?: readonly FindingShown[]) => string
  /** Where the newest card of a slot stands on the page. */
  readonly anchor: (slot: Slot) => string
  readonly has: (slot: Slot) => boolean
}

export function createCards(nonce: string): Cards {
  const turns = new Map<Slot, number>()
  const anchor = (slot: Slot): string => `${slot}-${turns.get(slot) ?? 0}`
  return {
    anchor,
    has: (slot) => turns.has(slot),
    card: (slot, content, findings = []) => {
      const hidden = turns.has(slot) ? `<style nonce="${nonce}">#${anchor(slot)}{display:none}</style>` : ''
      turns.set(slot, (turns.get(slot) ?? 0) + 1)
      const { title } = SLOTS[slot]
      const text = htmlOf(
        <section
          class={slot === 'verdict' ? '' : 'card'}
          role={slot === 'overview' ? 'status' : undefined}
          slot={slot}
          id={anchor(slot)}
          data-section={slot}
        >
          {title === null ? null : <h2>{title}</h2>}
          {content}
          <Findings of={findings} anchor={anchor(slot)} />
        </section>,
      )
      return `${hidden}${text}\n`
    },
  }
}

/** Places for all sections: a browser puts each where it belongs (declarative shadow DOM), and shows till then what is waited for. */
export function Places() {
  return (
    <template shadowrootmode="open">
      {Object.entries(SLOTS).map(([name, { waiting }]) => (
        <slot name={name}>
          <p part="waiting">{waiting}</p>
        </slot>
      ))}
    </template>
  )
}
