// What was seen of a list while parts were killed, told as tables and figures.
import type { BatchBody } from '@postern/shared/contract/batch.ts'
import type { MailSideReport } from '../bench/batch/mail.ts'
import { aligned, type Part, rounded } from '../bench/edge/report.ts'
import { type Row, rowsOf, webhooksOf } from './checks.ts'
import type { Kill } from './kills.ts'
import type { ListedRow } from './list.ts'
import { readNotes } from './notes.ts'
import type { Progress } from './progress.ts'
import { SECOND_DELIVERY } from './queue-faults.ts'

export interface Course {
  readonly kills: readonly Kill[]
  readonly planned: number
  readonly progress: Progress
  readonly seen: MailSideReport
  readonly startedAt: number
  readonly endedAt: number
  readonly batch: BatchBody
}

export function killsPart({ kills, planned, progress, seen, startedAt, endedAt, batch }: Course): Part {
  const s = (ms: number): number => rounded(ms / 1_000, 1)
  const until = (n: number): number => kills[n]?.at ?? endedAt
  const still = kills.map(({ at }, n) => s(progress.longestStandstill(at, until(n + 1))))
  const again = (from: number, to: number): number => seen.repeatedAt.filter((at) => at >= from && at < to).length
  return {
    title: `A list of ${batch.total} rows while parts are killed with -9 and queues deliver twice and out of order`,
    lines: aligned([
      ['killed', 'after s', 'rows done', 'stood still s', 'named again'],
      ['(nobody yet)', '', '', s(progress.longestStandstill(startedAt, until(0))), again(0, until(0))],
      ...kills.map(({ name, at, done }, n) => [name, s(at - startedAt), done, still[n] ?? 0, again(at, until(n + 1))]),
    ]),
    figures: [
      { name: 'wall_s', value: s(endedAt - startedAt) },
      { name: 'kills', value: kills.length },
      { name: 'kills_left_out', value: planned - kills.length, target: { atMost: 0 } },
      { name: 'longest_standstill_s', value: Math.max(0, ...still) },
      { name: 'not_completed', value: batch.status === 'completed' ? 0 : 1, target: { atMost: 0 } },
      { name: 'parked_pieces', value: batch.parked, target: { atMost: 0 } },
    ],
  }
}

export function rowsPart(list: readonly ListedRow[], rows: readonly Row[]): Part {
  const { figures, unknown, wrong } = rowsOf(list, rows)
  const reasons = Object.entries(unknown).map(([reason, count]) => `unknown: ${count} ${reason}`)
  return { title: 'Its rows', lines: [...reasons, ...wrong.map((row) => `wrong: ${row}`)], figures }
}

export function webhooksPart(folder: string, { id }: BatchBody): Part {
  const notes = readNotes(folder)
  const types = Map.groupBy(notes, ({ type }) => type)
  const lines = [...types].map(([type, of]) => [type, of.length, of.filter(({ isAccepted }) => isAccepted).length])
  return {
    title: 'What the receiver was told, which died once between taking the end and saying so',
    lines: aligned([['event', 'deliveries', 'accepted'], ...lines]),
    figures: webhooksOf(notes, id),
  }
}

export interface Seen {
  readonly list: readonly ListedRow[]
  readonly seen: MailSideReport
  readonly rounds: number
  readonly messages: string
}

export function serversPart({ list, seen, rounds, messages }: Seen): Part {
  const askable = list.filter(({ truth, repeats }) => repeats === null && (truth === 'accepted' || truth === 'gone'))
  const more = (than: number): number => seen.times.reduce((sum, [times, of]) => sum + (times > than ? of : 0), 0)
  // Whoever is killed between a server's answer and its note of it asks once more; nobody is unlucky twice in a round.
  const most = 1 + rounds
  return {
    title: 'What servers and queues have seen',
    lines: aligned([['addresses', 'times named'], ...seen.times.map(([times, of]) => [String(of), times] as const)]),
    figures: [
      { name: 'addresses_never_asked', value: askable.length - seen.asked, target: { atMost: 0 } },
      { name: 'addresses_asked_again', value: more(1) },
      { name: `addresses_asked_more_than_${most}_times`, value: more(most), target: { atMost: 0 } },
      { name: 'messages_delivered_twice', value: messages.split(SECOND_DELIVERY).length - 1, target: { atLeast: 1 } },
    ],
  }
}
