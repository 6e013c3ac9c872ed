// One list from its upload to its last webhook, with a part killed every few seconds: what was seen of it, as figures.
import { writeFileSync } from 'node:fs'
import type { BatchBody } from '@postern/shared/contract/batch.ts'
import type { DeliveryBody, MadeWebhook } from '@postern/shared/contract/webhook.ts'
import { ended, results, send } from '../bench/batch/client.ts'
import { type Part, rounded } from '../bench/edge/report.ts'
import { call, type Opened, openAccount, usageOf } from '../journeys/accounts.ts'
import { eventually } from '../journeys/processes.ts'
import { accountsOf, type Row } from './checks.ts'
import { type House, type Parts, victimsOf } from './house.ts'
import { type Kill, killInTurn } from './kills.ts'
import { chaosList, csvOf, settledByEdge } from './list.ts'
import { readNotes, secretFile } from './notes.ts'
import { Progress } from './progress.ts'
import type { Options } from './run.ts'
import { killsPart, rowsPart, serversPart, webhooksPart } from './tables.ts'

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
    serversPart({ list, seen, rounds, messages: parts.stack.messages() }),
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
