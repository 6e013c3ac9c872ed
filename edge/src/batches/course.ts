// How a batch goes on: what is sent, sorted and asked next, when it is looked at again, and how it ends. For its object alone.
import type { BatchBody } from '@postern/shared/contract/batch.ts'
import { PRICE } from '@postern/shared/verdict/cost.ts'
import type { Account } from '../accounts/account.ts'
import type { Teller } from '../accounts/events.ts'
import { type Partitions, partitionOf, within } from '../accounts/places.ts'
import type { TurnBindings, Turns } from '../probe/turns.ts'
import type { Agenda } from './agenda.ts'
import { recallSeen, takeStashes, uncheckedFrom } from './chunk-book.ts'
import { concludedGroups, leftOver } from './counting.ts'
import { endEvent, progressEvent, quartersOf } from './events.ts'
import { addParcel, openAgenda } from './group-book.ts'
import { parcelsOf } from './groups.ts'
import { Rate } from './pace.ts'
import { fund, stopOf } from './purse.ts'
import { Seen } from './seen.ts'
import type { SpoolBindings } from './spool.ts'
import { bodyOf, buckets, finishedBy, isOpen, type State, UNIT } from './state.ts'
import { affordable } from './turn.ts'
import type { Work } from './work.ts'

export interface BatchBindings extends SpoolBindings, TurnBindings {
  readonly ACCOUNTS: DurableObjectNamespace<Account>
  readonly TURNS: DurableObjectNamespace<Turns>
  readonly DELIVERIES: DurableObjectNamespace<Teller>
  readonly BATCHES: Queue<Work>
  readonly SNAPSHOTS: KVNamespace
}

/** Chunks that are being checked at a time: a long list leaves room for others in the queue. */
const CHECKS = 6
/** A message of which nothing was heard for so long is sent again. */
const UNHEARD_MS = 120_000
const WATCH_MS = 60_000
const SOON_MS = 50
/** Sorting goes on for this long before others have their turn with the object. */
const SORTING_MS = 200
/** Credit is asked for ahead for as many rows as one turn may ask about. */
const AHEAD = 240

export class Course {
  readonly #storage: DurableObjectStorage
  readonly #env: BatchBindings
  readonly #later: (work: Promise<unknown>) => void
  #known: State | null = null
  #opened: Agenda | null = null
  #seen: Seen | null = null
  #armedAt = Infinity
  #closing: Promise<void> | null = null
  readonly #sent = new Map<string, number>()
  readonly #rate = new Rate()

  constructor(ctx: DurableObjectState, env: BatchBindings) {
    this.#storage = ctx.storage
    this.#env = env
    this.#later = (work) => ctx.waitUntil(work)
  }

  state(): State | null {
    this.#known ??= this.#storage.kv.get<State>('state') ?? null
    return this.#known
  }

  /** @throws where there is no batch: for those who have seen it. */
  here(): State {
    const state = this.state()
    if (state === null) throw new Error('there is no such batch')
    return state
  }

  keep(state: State): void {
    this.#known = state
    this.#storage.kv.put('state', state)
  }

  body(state: State): BatchBody {
    return bodyOf(state, this.#rate.now(this.here().done))
  }

  agenda(): Agenda {
    this.#opened ??= openAgenda(this.#storage.sql)
    return this.#opened
  }

  /** What was seen so far; null where duplicates are not looked for. */
  seen({ dedupe, rows }: State): Seen | null {
    if (dedupe === 'off') return null
    if (this.#seen === null) {
      this.#seen = new Seen(rows)
      recallSeen(this.#storage.sql, this.#seen)
    }
    return this.#seen
  }

  /** All rows are read: nothing more is compared. */
  forgetSeen(): void {
    this.#seen = null
  }

  account({ account }: State): DurableObjectStub<Account> {
    return this.#within(this.#env.ACCOUNTS, account).getByName(account)
  }

  /** True while there is something to be done that anybody may do. */
  mayWork(state: State): boolean {
    return isOpen(state) && state.stopped === null && state.failure === null && this.#closing === null
  }

  /** Sees to it that so many thousandths more are allowed, where they can be had. */
  async fund(more: number): Promise<void> {
    const state = this.here()
    const allowed = await fund(state, more, this.account(state))
    const after = this.here()
    if (allowed > after.allowed) this.keep({ ...after, allowed })
  }

  async alarm(): Promise<void> {
    // Re-armed first: whatever fails below is tried again, also after the platform has given up retrying.
    this.#armedAt = Infinity
    await this.#arm(WATCH_MS)
    const [gone] = await Promise.allSettled([this.go()])
    if (gone.status === 'rejected') this.#warn(gone.reason)
  }

  /** No more alarms but this one. */
  async rest(untilAt: number): Promise<void> {
    this.#armedAt = untilAt
    await this.#storage.setAlarm(untilAt)
  }

  forget(): void {
    this.#known = null
    this.#opened = null
    this.#armedAt = Infinity
  }

  heard(work: string): void {
    this.#sent.delete(work)
  }

  /** Does whatever comes next, and sees to it that it will be looked at again. */
  async go(): Promise<void> {
    const state = this.state()
    if (state === null || !isOpen(state)) return
    const now = Date.now()
    if (state.startedAt === null) this.keep({ ...state, startedAt: now })
    await this.#sendWork(now)
    this.#sort(now)
    await this.#stopIfPoor(now)
    if (this.#hasEnded(this.here(), now)) return this.#close()
    await this.#wantTurns(now)
    this.#tellProgress()
    await this.#arm(this.#pauseMs(this.here(), Date.now()))
  }

  async #sendWork(now: number): Promise<void> {
    const state = this.here()
    if (!this.mayWork(state)) return
    if (!state.isRead && this.#isUnheard('split', now)) await this.#send({ kind: 'split', ...idsOf(state) })
    const open = [...this.#sent].filter(([name, at]) => name !== 'split' && now - at < UNHEARD_MS).length
    if (open >= CHECKS) return
    const wanted = uncheckedFrom(this.#storage.sql, CHECKS).filter((chunk) => this.#isUnheard(`check ${chunk}`, now))
    for (const chunk of wanted.slice(0, CHECKS - open)) await this.#send({ kind: 'check', ...idsOf(state), chunk })
  }

  #isUnheard(name: string, now: number): boolean {
    const at = this.#sent.get(name)
    if (at !== undefined && now - at < UNHEARD_MS) return false
    this.#sent.set(name, now)
    return true
  }

  #send(work: Work): Promise<unknown> {
    return this.#env.BATCHES.send(work)
  }

  /** Once everything is checked: rows by bucket, domain and lane. */
  #sort(now: number): void {
    for (let state = this.here(); isToBeSorted(state); state = this.here()) {
      if (Date.now() - now > SORTING_MS) return
      this.#storage.transactionSync(() => {
        const stashes = takeStashes(this.#storage.sql, state.grouped)
        const idOf = (n: number): string => `${state.id}.${state.grouped}.${n}`
        for (const parcel of parcelsOf(stashes, idOf, now)) addParcel(this.#storage.sql, this.agenda(), parcel)
        this.keep({ ...state, grouped: state.mode === 'fast' ? buckets(state) : state.grouped + 1 })
      })
    }
  }

  /** Where nothing is under way and nothing more can be paid, the batch stops; what is paid for stays. */
  async #stopIfPoor(now: number): Promise<void> {
    const state = this.here()
    if (!this.mayWork(state) || state.mode === 'fast' || this.agenda().size === 0) return
    if (this.agenda().inFlight(now) > 0 || affordable(state, 0) > 0) return
    await this.fund(AHEAD * PRICE.full * UNIT)
    const after = this.here()
    if (affordable(after, 0) <= 0) this.keep({ ...after, stopped: stopOf(after) ?? 'max_cost' })
  }

  #hasEnded(state: State, now: number): boolean {
    if (this.#closing !== null || !this.mayWork(state) || now >= finishedBy(state)) return true
    return state.isRead && state.checked === state.chunks && !isToBeSorted(state) && this.agenda().size === 0
  }

  /** One at a time; what fails is tried again by the alarm. */
  async #close(): Promise<void> {
    this.#closing ??= this.#end().finally(() => (this.#closing = null))
    return this.#closing
  }

  async #end(): Promise<void> {
    const state = this.here()
    const { sql } = this.#storage
    if (this.agenda().size > 0) {
      this.#storage.transactionSync(() => this.keep(concludedGroups(sql, this.here())))
      this.#opened = null
    }
    await this.account(state).settleList(totalOf(this.here()))
    const status = this.here().failure !== null ? 'failed' : state.stopped === 'cancelled' ? 'cancelled' : 'completed'
    const ended = { ...leftOver(this.here()), status, finishedAt: this.here().finishedAt ?? Date.now() } as const
    await this.#deliveries(ended).tell(ended.account, [endEvent(ended, this.#rate.now(this.here().done))])
    this.keep(ended)
    this.#sent.clear()
    await this.#env.SNAPSHOTS.delete(openName(ended))
  }

  async #wantTurns(now: number): Promise<void> {
    const state = this.here()
    const agenda = this.agenda()
    const lanes = agenda.lanesDue(now)
    const { account, id: batch } = state
    const wants = lanes.map((lane) =>
      this.#within(this.#env.TURNS, account)
        .getByName(lane)
        .want(lane, { account, batch }, agenda.due(lane, now).length),
    )
    await Promise.all(wants)
  }

  #tellProgress(): void {
    const state = this.here()
    const quarters = quartersOf(state)
    if (quarters <= state.told || state.done === state.rows) return
    this.keep({ ...state, told: quarters })
    const event = progressEvent(state, this.#rate.now(state.done))
    // Whoever wants to be sure asks; the end is told for certain.
    this.#later(Promise.allSettled([this.#deliveries(state).tell(state.account, [event])]))
  }

  #pauseMs(state: State, now: number): number {
    if (isToBeSorted(state)) return SOON_MS
    const next = this.agenda().nextAt(now) ?? now + WATCH_MS
    return Math.min(WATCH_MS, Math.max(SOON_MS, next - now))
  }

  async #arm(inMs: number): Promise<void> {
    const at = Date.now() + inMs
    if (at >= this.#armedAt && this.#armedAt > Date.now()) return
    this.#armedAt = at
    await this.#storage.setAlarm(at)
  }

  #deliveries({ account }: State): DurableObjectStub<Teller> {
    return this.#within(this.#env.DELIVERIES, account).getByName(account)
  }

  #within<T extends Rpc.DurableObjectBranded>(namespace: DurableObjectNamespace<T>, account: string) {
    return within(namespace, partitionOf(account), JSON.parse(this.#env.PARTITIONS) as Partitions)
  }

  #warn(reason: unknown): void {
    const fault = reason instanceof Error ? `${reason.name}: ${reason.message}` : 'fault'
    // oxlint-disable-next-line no-console -- an object's log is its console
    console.warn(JSON.stringify({ level: 'warn', what: 'batch object', fault }))
  }
}

function isToBeSorted(state: State): boolean {
  return state.isRead && state.checked === state.chunks && state.grouped < buckets(state)
}

const idsOf = ({ account, id: batch }: State) => ({ account, batch })

/** Under this name in KV while it is open, for whoever looks after all open ones. */
export function openName({ account, id }: Pick<State, 'account' | 'id'>): string {
  return `open/${account}/${id}`
}

export function totalOf({ id, keyId, units, chargedRows }: State) {
  return { id, keyId, units: units / UNIT, count: chargedRows }
}
