// One list from its upload to its last webhook, with a part killed every few seconds: what was seen of it, as figures.
import { writeFileSync } from 'node:fs'
import type { BatchBody } from '@postern/shared/contract/batch.ts'
import type { DeliveryBody, MadeWebhook } from '@postern/shared/contract/webhook.ts'
import { ended, results, send } from '../bench/batch/client.ts'
import type { MailSideReport } from '../bench/batch/mail.ts'
import { aligned, type Part, rounded } from '../bench/edge/report.ts'
import { call, type Opened, openAccount, usageOf } from '../journeys/accounts.ts'
import { eventually } from '../journeys/processes.ts'
import { accountsOf, type Row, rowsOf, webhooksOf } from './checks.ts'
import { type House, type Parts, victimsOf } from './house.ts'
import { type Kill, killInTurn } from './kills.ts'
import { chaosList, csvOf, type ListedRow, settledByEdge } from './list.ts'
import { readNotes, secretFile } from './notes.ts'
import { Progress } from './progress.ts'
import { SECOND_DELIVERY } from './queue-faults.ts'
import type { Options } from './run.ts'

const WHOLE = { rows: 20_000, rounds: 2 } as const
const QUICK = { rows: 2_000, rounds: 1 } as const
const LONGEST_MS = 1_200_000
/** Two rungs of the ladder of deliveries, and a receiver that is being started again. */
const TELLING_MS = 60_000
/** More than the list can cost. */
const SPARE_UNITS = 1_000

export interface Running {
  readonly house: House
  readonly say: (text: string) => void
  readonly options: Options
  readonly stopped: AbortSignal
}

export async function runBatch({ house, say, options, stopped }: Running): Promise<Part[]> {
  const { rows: size, rounds } = options.quick ? QUICK : WHOLE
  const list = chaosList(size, options)
  const parts = await house.start()
  const bought = size + SPARE_UNITS
  const account = await openAccount(parts.stack, { units: bought, tier: 'high' })
  const webhook = await subscribe(parts, account, house.folder)
  const service = { url: parts.stack.url, key: account.key }
  const startedAt = Date.now()
  const seconds = (at: number): number => rounded((at - startedAt) / 1_000, 1)
  const { id } = await send(service, csvOf(list), { idempotencyKey: 'chaos' })
  const progress = new Progress()
  const onKill = ({ name, at, done }: Kill): void => {
    house.census.take()
    house.log.note(`killed: ${name}, at ${done} rows`)
    say(`${seconds(at)} s: ${name}, at ${done} rows`)
  }
  const onLook = (seen: BatchBody): void => {
    house.follow()
    if (seen.done !== progress.done) house.log.note(`done ${seen.done} of ${seen.read}`)
    progress.look(seen)
  }
  const victims = victimsOf(parts, settledByEdge(list) + 1)
  // Kills are spread over the rows: more than one share is left when all had their turns.
  const step = size / (rounds * victims.length + 4)
  const [batch, kills] = await Promise.all([
    ended(service, id, { withinMs: LONGEST_MS, onLook }).finally(() => progress.end()),
    killInTurn(victims, { rounds, progress, step, stopped, onKill }),
  ])
  const endedAt = Date.now()
  await told({ parts, account, webhook, batch, folder: house.folder })
  const rows = (await results(service, id)) as Row[]
  const usage = await usageOf(parts.stack, account, 'mode')
  const seen = await parts.mail.report()
  return [
    killsPart({ kills, planned: rounds * victims.length, progress, seen, startedAt, endedAt, batch }),
    rowsPart(list, rows),
    { title: 'What was charged', lines: [], figures: accountsOf({ rows, batch, usage, bought }) },
    webhooksPart(house.folder, batch),
    serversPart(list, seen, parts.stack.messages()),
  ]
}

async function subscribe({ stack, receiverUrl }: Parts, { key }: Opened, folder: string): Promise<MadeWebhook> {
  const { status, body } = await call<MadeWebhook>(stack, key, { path: '/v1/webhooks', body: { url: receiverUrl } })
  if (status !== 201) throw new Error(`no endpoint: ${status} ${JSON.stringify(body)}`)
  writeFileSync(secretFile(folder), body.secret)
  return body
}

interface Telling {
  readonly parts: Parts
  readonly account: Opened
  readonly webhook: MadeWebhook
  readonly batch: BatchBody
  readonly folder: string
}

/** Until the service knows of each delivery that it was taken. */
async function told({ parts, account, webhook, batch, folder }: Telling): Promise<void> {
  const path = `/v1/webhooks/${webhook.id}/deliveries`
  await eventually(async () => {
    if (!readNotes(folder).some((note) => note.type === 'batch.completed' && note.batch === batch.id)) return false
    const { body } = await call<{ deliveries: DeliveryBody[] }>(parts.stack, account.key, { path })
    return body.deliveries.every(({ state }) => state === 'delivered')
  }, TELLING_MS)
}

interface Course {
  readonly kills: readonly Kill[]
  readonly planned: number
  readonly progress: Progress
  readonly seen: MailSideReport
  readonly startedAt: number
  readonly endedAt: number
  readonly batch: BatchBody
}

function killsPart({ kills, planned, progress, seen, startedAt, endedAt, batch }: Course): Part {
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

function rowsPart(list: readonly ListedRow[], rows: readonly Row[]): Part {
  const { figures, unknown, wrong } = rowsOf(list, rows)
  const reasons = Object.entries(unknown).map(([reason, count]) => `unknown: ${count} ${reason}`)
  return { title: 'Its rows', lines: [...reasons, ...wrong.map((row) => `wrong: ${row}`)], figures }
}

function webhooksPart(folder: string, { id }: BatchBody): Part {
  const notes = readNotes(folder)
  const types = Map.groupBy(notes, ({ type }) => type)
  const lines = [...types].map(([type, of]) => [type, of.length, of.filter(({ isAccepted }) => isAccepted).length])
  return {
    title: 'What the receiver was told, which died once between taking the end and saying so',
    lines: aligned([['event', 'deliveries', 'accepted'], ...lines]),
    figures: webhooksOf(notes, id),
  }
}

function serversPart(list: readonly ListedRow[], seen: MailSideReport, messages: string): Part {
  const askable = list.filter(({ truth, repeats }) => repeats === null && (truth === 'accepted' || truth === 'gone'))
  const more = (than: number) => seen.times.reduce((sum, [times, of]) => sum + (times > than ? of : 0), 0)
  return {
    title: 'What servers and queues have seen',
    lines: aligned([['addresses named', 'times'], ...seen.times.map(([times, of]) => [String(of), times] as const)]),
    figures: [
      { name: 'addresses_never_asked', value: askable.length - seen.asked, target: { atMost: 0 } },
      { name: 'addresses_asked_again', value: more(1) },
      { name: 'addresses_asked_more_than_3_times', value: more(3), target: { atMost: 0 } },
      {
        name: 'messages_delivered_twice',
        value: messages.split(SECOND_DELIVERY).length - 1,
        target: { atLeast: 1 },
      },
    ],
  }
}
