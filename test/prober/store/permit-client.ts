// A process that asks for permits over and over, as lanes of one name do, and tells what it was granted and when.
import { setTimeout as sleep } from 'node:timers/promises'
import { createDynamo } from '@postern/prober/store/dynamo.ts'
import type { Limits } from '@postern/prober/store/grants.ts'
import { createPermits } from '@postern/prober/store/permits.ts'
import { outcome, wanted } from '../facts.ts'

export interface Errand {
  readonly endpoint: string
  readonly destination: string
  readonly limits: Limits
  readonly recipients: number
  readonly forMs: number
  /** How long each conversation lasts. */
  readonly talksMs: number
}

/** Instants in milliseconds since the epoch, between which the connection was open. */
export interface Talk {
  readonly from: number
  readonly to: number
  readonly recipients: number
}

const permitsAt = (endpoint: string) =>
  createPermits({
    dynamo: createDynamo({
      region: 'local',
      endpoint,
      onFault: (what) => process.send?.({ fault: what }),
      now: Date.now,
    }),
    table: 'traffic',
    lane: 'eu-central-1-a',
    now: Date.now,
  })

async function run({ endpoint, destination, limits, recipients, forMs, talksMs }: Errand): Promise<Talk[]> {
  const talks: Talk[] = []
  const permits = permitsAt(endpoint)
  const end = Date.now() + forMs
  for (let n = 0; Date.now() < end; n += 1) {
    const owner = `${process.pid}-${n}`
    const taken = await permits.take(destination, wanted(owner, { recipients, until: Date.now() + 10_000 }), limits)
    if (taken.kind === 'granted') {
      const [from] = taken.grants.granted.at(-1) ?? [0]
      await sleep(talksMs)
      talks.push({ from, to: Date.now(), recipients })
      await permits.settle(destination, owner, { outcome: outcome(true), alone: false }).write()
    } else if (taken.kind === 'permit') {
      await sleep(Math.max(1, Math.min(taken.retryAt, end) - Date.now()))
    }
  }
  return talks
}

process.on('message', async (errand: Errand) => {
  process.send?.({ talks: await run(errand) })
  process.disconnect()
})
process.send?.({ ready: true })
