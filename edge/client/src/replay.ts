// THE STORY of `postern replay`: each logged reply, what it says and about whom, by which row of the table.
import { loggedPhase, loggedReply } from '@postern/shared/smtp/logged.ts'
import { meaning } from '@postern/shared/smtp/meaning.ts'
import type { LogRow } from './log-rows.ts'

export interface Replayed {
  readonly id: string
  readonly class: string
  readonly says: string
  readonly about: string
  readonly rule: string
}

export interface Output {
  readonly out: (line: string) => void
  readonly err: (line: string) => void
  readonly json: boolean
}

/** Reads to the end whatever single rows are; returns how many could not be understood as replies. */
export async function replay(rows: AsyncIterable<LogRow>, { out, err, json }: Output): Promise<number> {
  let failed = 0
  const counts = new Map<string, number>()
  if (!json) out(aligned({ id: 'id', class: 'class', says: 'says', about: 'about', rule: 'rule' }))
  for await (const row of rows) {
    const result = row.ok ? replayed(row) : row.why
    if (typeof result === 'string') {
      failed += 1
      err(`row ${row.at} ${result}`)
      continue
    }
    counts.set(result.class, (counts.get(result.class) ?? 0) + 1)
    out(json ? JSON.stringify(result) : aligned(result))
  }
  if (!json) err(summary(counts, failed))
  return failed
}

/** What the row comes to, or why it is no reply. */
function replayed({ at, cells }: Extract<LogRow, { ok: true }>): Replayed | string {
  const cell = (name: string): string => cells[name] ?? ''
  const phase = loggedPhase(cell('stage'))
  if (phase === null) return `names no stage: ${JSON.stringify(cell('stage'))}`
  const reply = loggedReply({ code: cell('code'), enhancedCode: cell('enhanced_code'), text: cell('text') })
  if (reply === null) return 'holds no reply: neither a code from 200 to 599 nor words'
  const exchange = cell('exchange').trim().toLowerCase().replace(/\.$/, '')
  const { class: kind, says, about, rule } = meaning(reply, { phase, exchange: exchange === '' ? null : exchange })
  return { id: cell('id') === '' ? String(at) : cell('id'), class: kind, says, about, rule }
}

function aligned({ id, class: kind, says, about, rule }: Replayed): string {
  return `${id.padEnd(12)}  ${kind.padEnd(22)}  ${says.padEnd(7)}  ${about.padEnd(8)}  ${rule}`
}

function summary(counts: ReadonlyMap<string, number>, failed: number): string {
  const kinds = [...counts].toSorted(([, one], [, other]) => other - one).map(([kind, count]) => `${count} ${kind}`)
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return `${total} replies: ${kinds.join(', ') || 'none'}${failed === 0 ? '' : `; ${failed} rows were none`}`
}
