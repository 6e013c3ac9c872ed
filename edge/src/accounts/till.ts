// Where answers are paid for: the last known copy first, the account's object where it has to be, and its silence as a value.
import type { Cost } from '@postern/shared/verdict/cost.ts'
import type { Admission, Admitted } from './admission.ts'
import type { Settlement } from './ledger.ts'
import type { UsageEvent } from './meter.ts'
import type { Objects } from './objects.ts'
import type { PaidNearby } from './paid.ts'
import type { Scope } from './places.ts'
import type { Found, RecordRow } from './records.ts'
import type { Snapshot } from './snapshot.ts'
import type { Snapshots } from './snapshots.ts'

/** Begins work when the answer has left; its faults are logged. */
export type Later = (work: () => Promise<unknown>) => void

export interface TillParts {
  readonly objects: Objects
  readonly usage: Pick<Queue<UsageEvent>, 'send'>
  readonly snapshots: Snapshots
  readonly paid: PaidNearby
  readonly later: Later
  readonly now: () => number
  readonly warn: (what: string) => void
}

/** Where the ledger does not answer, `unavailable`: nobody is served unknown, and nobody is told that their key is wrong. */
export type Entry = Admitted | { readonly ok: false; readonly why: 'unavailable' }

export interface Till {
  /** The last known copy of the account, which is never waited for; null where there is none yet. */
  peek(account: string): Snapshot | null
  /** When another answer was found that this isolate knows to be paid for, or null. */
  paidNearby(account: string, address: string, id: string): number | null
  admit(account: string, admission: Admission): Promise<Entry>
  /** What the answer costs. Where the object is lost meanwhile, the queue takes the charge and the price stands. */
  settle(account: string, settlement: Settlement, record: RecordRow): Promise<Cost>
  /** Counts an answer that is being given; nobody waits for any of it. */
  meter(account: string, settlement: Settlement, record: RecordRow): void
  /** Counts a sandbox answer, and keeps it apart. */
  practise(account: string, settlement: Settlement, record: RecordRow): Promise<void>
  find(account: string, scope: Scope, id: string): Promise<Found>
}

export function openTill(parts: TillParts): Till {
  const { objects, snapshots, paid, later, now } = parts
  return {
    peek: (account) => snapshots.peek(account, later),
    paidNearby: (account, address, id) => paid.checkedAt(account, address, id),
    admit: (account, admission) => admit(parts, account, admission),
    settle: (account, settlement, record) => settle(parts, account, { settlement, record }),
    meter: (account, settlement, record) => meter(parts, account, { settlement, record }),
    practise: async (account, settlement, record) => {
      const counted = objects.account(account).settleMany([settlement])
      await Promise.all([counted, objects.recordsOf(account, 'test', record.id).keep([record])])
    },
    find: async (account, scope, id) => {
      const found = await objects.recordsOf(account, scope, id).find(id, now())
      if (found.kind !== 'absent' || scope === 'test') return found
      const waiting = await objects.account(account).waitingById(id)
      // It may have been moved between the two looks.
      if (waiting === null) return objects.recordsOf(account, scope, id).find(id, now())
      return waiting.record === '' ? { kind: 'gone' } : { kind: 'found', record: waiting.record }
    },
  }
}

async function admit({ objects, warn }: TillParts, account: string, admission: Admission): Promise<Entry> {
  try {
    return await objects.account(account).admit(admission)
  } catch (error) {
    warn(`account object: ${faultOf(error)}`)
    return { ok: false, why: 'unavailable' }
  }
}

interface Charge {
  readonly settlement: Settlement
  readonly record: RecordRow
}

async function settle(
  { objects, usage, paid, later, warn }: TillParts,
  account: string,
  charge: Charge,
): Promise<Cost> {
  try {
    const cost = await objects.account(account).settle(charge)
    if (cost.charged) rememberPaid(paid, account, charge.settlement)
    return cost
  } catch (error) {
    warn(`settling by queue: ${faultOf(error)}`)
    const { settlement, record } = charge
    await usage.send({ account, settlement })
    later(() => objects.recordsOf(account, 'live', record.id).keep([record]))
    return settlement.price
  }
}

function meter({ objects, usage, paid, later }: TillParts, account: string, { settlement, record }: Charge): void {
  later(() => usage.send({ account, settlement }).catch(() => objects.account(account).settleMany([settlement])))
  later(() => objects.recordsOf(account, 'live', record.id).keep([record]))
  if (settlement.price.charged) rememberPaid(paid, account, settlement)
}

/** A full answer covers fast ones; the other way round nothing is remembered that a full one would ask for. */
function rememberPaid(paid: PaidNearby, account: string, { id, address, checkedAt, validUntil }: Settlement): void {
  const [current] = address
  if (current !== undefined && validUntil !== null)
    paid.remember({ account, address: current, id, checkedAt, validUntil })
}

function faultOf(error: unknown): string {
  return error instanceof Error ? error.name : 'fault'
}
