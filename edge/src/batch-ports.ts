// What the queues of batches are given: the services of one invocation, put together for reading, checking and asking.
import { within, partitionOf, type Partitions } from './accounts/places.ts'
import type { AskList } from './probe/ask-list.ts'
import type { Turn, Turns } from './probe/turns.ts'
import { type AskPorts, askTurn } from './batches/ask-turn.ts'
import type { Batch } from './batches/batch.ts'
import { check } from './batches/check.ts'
import type { Taste } from './batches/judge.ts'
import type { Batches } from './batches/names.ts'
import { createRepeats } from './batches/repeats.ts'
import { split } from './batches/split.ts'
import { type SpoolBindings, spoolOf } from './batches/spool.ts'
import { surveyed } from './verify/survey.ts'
import { LISTED_S, openName } from './batches/state.ts'
import type { Work } from './batches/work.ts'
import type { Services } from './routes/context.ts'

export interface BatchNamespaces extends SpoolBindings {
  readonly SNAPSHOTS: KVNamespace
  readonly BATCH_OBJECTS: DurableObjectNamespace<Batch>
  readonly TURNS: DurableObjectNamespace<Turns>
}

export function batchesOf(env: BatchNamespaces, partitions: Partitions): Batches {
  return {
    object: (account, id) => within(env.BATCH_OBJECTS, partitionOf(account), partitions).getByName(`${account}/${id}`),
    announce: async (account, id, announcedAt) => {
      const options = { expirationTtl: LISTED_S, metadata: { announcedAt } }
      await Promise.allSettled([env.SNAPSHOTS.put(openName({ account, id }), '', options)])
    },
    withdraw: async (account, id) => {
      await Promise.allSettled([env.SNAPSHOTS.delete(openName({ account, id }))])
    },
    spool: (account) => spoolOf(env, account),
  }
}

/** Settings change seldom: one look an invocation will do. */
function tastes({ objects }: Services): (account: string) => Promise<Taste> {
  const known = new Map<string, Promise<Taste>>()
  return (account) => {
    const taste = known.get(account) ?? tasteOf(account, objects)
    known.set(account, taste)
    return taste
  }
}

async function tasteOf(account: string, objects: Services['objects']): Promise<Taste> {
  const settings = (await objects.account(account).describe())?.profile.settings
  return { refuseFlags: settings?.refuse_flags ?? [], flagOnly: settings?.flag_only ?? [] }
}

/** Reads and checks. @throws where something that is needed does not answer. */
export function doWork(services: Services): (work: Work) => Promise<void> {
  const { batches, secrets, now, objects, verify } = services
  const tasteFor = tastes(services)
  const repeats = createRepeats((id) => objects.account(id), secrets)
  return async (work) => {
    const spool = batches.spool(work.account)
    if (spool === null) throw new Error('the partition has no store')
    const object = batches.object(work.account, work.batch)
    if (work.kind === 'split') return split(object, { spool, secrets, now })
    const survey = (request: Parameters<typeof surveyed>[0]) => surveyed(request, services)
    const lanes = verify.lanesOf(partitionOf(work.account))
    return check(object, work.chunk, { spool, survey, lanes, tasteOf: tasteFor, repeats, now })
  }
}

type TurnsOf = (account: string, lane: string) => DurableObjectStub<Turns>

/**
 * Tells a batch, or a lane, of a message that failed too often.
 * @throws while what the work needs does not answer: then it is not the work that is at fault.
 */
export function doPark({ batches, objects }: Services, turns: TurnsOf): (parked: Work | Turn) => Promise<void> {
  return async (parked) => {
    if (parked.kind !== 'ask') {
      await Promise.all([
        batches.spool(parked.account)?.head(parked.account),
        objects.account(parked.account).describe(),
      ])
      return batches.object(parked.account, parked.batch).parked(parked)
    }
    // What it had asked for is due again as soon as its time is over; its turn goes to whoever waits.
    await turns(parked.account, parked.lane).done(parked.lane, parked.ticket, false)
    return batches.object(parked.account, parked.batch).noteParked()
  }
}

interface Asking {
  readonly turns: TurnsOf
  readonly askList: AskList
  readonly roll: () => number
}

/** Asks lanes. @throws as `doWork`. */
export function doTurn(services: Services, { turns, askList, roll }: Asking): (turn: Turn) => Promise<void> {
  const { batches, secrets, now, objects, verify, config } = services
  const tasteFor = tastes(services)
  const repeats = createRepeats((id) => objects.account(id), secrets)
  return async (turn) => {
    const object = batches.object(turn.account, turn.batch)
    const lane = turns(turn.account, turn.lane)
    const ports: AskPorts = {
      survey: (request) => surveyed(request, services),
      lanes: verify.lanesOf(partitionOf(turn.account)),
      epoch: verify.epoch,
      askList,
      tasteOf: tasteFor,
      repeats,
      allowSpecialUse: config.ALLOW_SPECIAL_USE,
      now,
      roll,
    }
    return askTurn(
      turn,
      {
        take: (name, ticket) => object.take(name, ticket),
        leave: (name, ticket) => object.leave(name, ticket),
        finish: (of, parcels, asked) => object.finish(of, parcels, asked),
        done: (name, ticket, more) => lane.done(name, ticket, more),
      },
      ports,
    )
  }
}

/** Queues whose messages are about lists, or verifications that end later. */
export const BATCH_QUEUES = [
  'postern-batches',
  'postern-asks',
  'postern-batches-parked',
  'postern-inquiries',
  'postern-inquiries-parked',
]
