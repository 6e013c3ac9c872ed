// Findings as people read them: how grave, what it is, why, what to do, by which standard, and what it rests on.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import { lineOf } from '@postern/shared/report/publish.ts'
import { Facts, Paste, Prose } from './bricks.tsx'
import { words } from './words.ts'

export type FindingShown = DomainReport['findings'][number]

/** From here on a finding lies open. */
const OPEN: readonly FindingShown['severity'][] = ['critical', 'high', 'medium']

const HOW: Readonly<Record<FindingShown['confidence'], string>> = {
  measured: 'measured',
  inferred: 'concluded from what was measured',
  model: 'a model, with the assumptions that are shown',
}

export function isGrave({ severity }: Pick<FindingShown, 'severity'>): boolean {
  return OPEN.includes(severity)
}

/** `anchor` begins the names by which each can be led to. */
export function Findings({ of, anchor }: { of: readonly FindingShown[]; anchor: string }) {
  return (
    <>
      {of.map((one, n) => (
        <One one={one} anchor={`${anchor}-${n}`} />
      ))}
    </>
  )
}

function One({ one, anchor }: { one: FindingShown; anchor: string }) {
  const evidence = Object.entries(one.evidence)
  return (
    <details class={one.severity} open={isGrave(one)} data-finding={one.id}>
      <summary>
        <span class="grade">{one.severity}</span> {one.title}
        {one.subject === null ? null : (
          <>
            : <code>{one.subject}</code>
          </>
        )}
      </summary>
      <p id={anchor}>
        <Prose text={one.explanation} />
      </p>
      <p>
        <b>What to do: </b>
        <Prose text={adviceOf(one)} />
      </p>
      {one.publish.map((record) => (
        <Publish of={record} />
      ))}
      <p class="soft">
        {one.id} · {HOW[one.confidence]}
        {one.refs.map((ref) => (
          <>
            {' · '}
            <Reference of={ref} />
          </>
        ))}
      </p>
      {evidence.length === 0 ? null : (
        <Facts of={evidence.map(([name, value]) => [words(name), <code>{textOf(value)}</code>])} />
      )}
    </details>
  )
}

/** Without the lines to publish, which stand below it by themselves. */
function adviceOf({ fix, publish }: FindingShown): string {
  return publish.length === 0 ? fix : (fix.split('\n')[0] ?? fix)
}

function Publish({ of }: { of: FindingShown['publish'][number] }) {
  if (of.type !== 'file') return <Paste text={lineOf(of)} what={of.name} />
  return (
    <>
      <p class="soft">
        <code>{of.name}</code>, as text/plain:
      </p>
      <Paste text={of.value} what={of.name} />
    </>
  )
}

function Reference({ of: { rfc, section } }: { of: FindingShown['refs'][number] }) {
  const part = section !== undefined && /^[A-Z]/.test(section) ? 'appendix' : 'section'
  const anchor = section === undefined ? '' : `#${part}-${section}`
  return (
    <a href={`https://www.rfc-editor.org/rfc/rfc${rfc}${anchor}`}>
      RFC {rfc}
      {section === undefined ? '' : ` §${section}`}
    </a>
  )
}

function textOf(value: unknown): string {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(textOf).join('\n')
  if (typeof value !== 'object') return typeof value === 'string' ? value : JSON.stringify(value)
  return Object.entries(value)
    .map(([name, member]) => `${words(name)} ${textOf(member)}`)
    .join(', ')
}
