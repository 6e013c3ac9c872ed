// How a batch goes on: what is sent, sorted and asked next, when it is looked at again, and how it ends. For its object alone.
import type { BatchBody } from '@postern/shared/contract/batch.ts'
import type { Account } from '../accounts/account.ts'
import type { Teller } from '../accounts/events.ts'
import { type Partitions, partitionOf, within } from '../accounts/places.ts'
import type { TurnBindings, Turns } from '../probe/turns.ts'
import type { Agenda } from './agenda.ts'
import { recallSeen, takeStashes, uncheckedFrom } from './chunk-book.ts'
import { concluded, leftOver } from './counting.ts'
import { CHECKS, Errands } from './errands.ts'
import { endEvent, progressEvent, quartersOf } from './events.ts'
import { addParcel, openAgenda } from './group-book.ts'
import { parcelsOf } from './groups.ts'
import { Rate } from './pace.ts'
import { fund, priceOfRow, stopOf } from './purse.ts'
import { Seen } from './seen.ts'
import type { SpoolBindings } from './spool.ts'
import { bodyOf, finishedBy, isGoing, isOpen, isToBeSorted, openName, type State, totalOf } from './state.ts'
import { affordable } from './turn.ts'
import type { Work } from './work.ts'

export interface BatchBindings extends SpoolBindings, TurnBindings {
  readonly ACCOUNTS: DurableObjectNamespace<Account>
  readonly TURNS: DurableObjectNamespace<Turns>
  readonly DELIVERIES: DurableObjectNamespace<Teller>
  readonly BATCHES: Queue<Work>
  readonly SNAPSHOTS: KVNamespace
}

const WATCH_MS = 60_000
const SOON_MS = 50
/** Sorting goes on for this long before others have their turn with the object. */
const SORTING_MS = 200
/** Credit is asked for ahead for as many rows as one turn may ask about. */
const AHEAD = 240

export class Course {
  readonly errands = new Errands()
  readonly #storage: DurableObjectStorage
  readonly #env: BatchBindings
  readonly #later: (work: Promise<unknown>) => void
  #known: State | null = null
  #opened: Agenda | null = null
  #seen: Seen | null = null
  #armedAt = Infinity
  #closing: Promise<void> | null = null
  #funding: Promise<unknown> = Promise.resolve()
  #rate = new Rate()

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
    this.#rate.note(this.state() ?? state, state)
    this.#known = state
    this.#storage.kv.put('state', state)
  }

  body(state: State): BatchBody {
    return bodyOf(state, this.#rate.now())
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
    return isGoing(state) && this.#closing === null
  }

  /** Sees to it that so many thousandths more are allowed, where they can be had. */
  fund(more: number): Promise<void> {
    // One at a time: of two that are under way, a smaller wish could take back what was reserved for the larger one.
    const funded = Promise.allSettled([this.#funding]).then(() => this.#fund(more))
    this.#funding = funded
    return funded
  }

  async #fund(more: number): Promise<void> {
    const state = this.state()
    if (state === null || !this.mayWork(state)) return
    const allowed = await fund(state, more, this.account(state))
    const after = this.state()
    if (after === null || !this.mayWork(after)) return this.settle(after ?? state)
    if (allowed > after.allowed) this.keep({ ...after, allowed })
  }

  /** The last word to the account, which reserves nothing for it any more. */
  async settle(state: State): Promise<void> {
    const account = this.account(state)
    await (state.scope === 'live' ? account.settleList(totalOf(state)) : account.endList(state.id))
  }

  async alarm(work: () => Promise<unknown> = () => this.go()): Promise<void> {
    // Re-armed first: whatever fails below is tried again, also after the platform has given up retrying.
    this.#armedAt = Infinity
    await this.#arm(WATCH_MS)
    const [gone] = await Promise.allSettled([work()])
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
    this.#seen = null
    this.#armedAt = Infinity
    this.errands.clear()
    this.#rate = new Rate()
  }

  /** As `go`, behind what is done and must not be done again for a fault of what comes next: the alarm is set. */
  async goOn(): Promise<void> {
    const [gone] = await Promise.allSettled([this.go()])
    if (gone.status === 'rejected') this.#warn(gone.reason)
  }

  /** Does whatever comes next, and sees to it that it will be looked at again. */
  async go(): Promise<void> {
    const state = this.state()
    if (state === null || !isOpen(state)) return
    const now = Date.now()
    if (state.startedAt === null) this.keep({ ...state, startedAt: now })
    // What fails below is tried again, whoever calls.
    await this.#arm(WATCH_MS)
    // Whoever else is away, its time ends it.
    if (now >= finishedBy(this.here())) return this.#close()
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
    const unchecked = state.checked < state.chunks ? uncheckedFrom(this.#storage.sql, CHECKS) : []
    for (const work of this.errands.due(state, unchecked, now)) await this.#env.BATCHES.send(work)
  }

  /** Once everything is checked: rows by bucket, domain and lane. */
  #sort(now: number): void {
    for (let state = this.here(); this.mayWork(state) && isToBeSorted(state); state = this.here()) {
      if (Date.now() - now > SORTING_MS) return
      this.#storage.transactionSync(() => {
        const { stashes, first, isLast } = takeStashes(this.#storage.sql, state.grouped)
        const idOf = (n: number): string => `${state.id}.${state.grouped}.${first}.${n}`
        for (const parcel of parcelsOf(stashes, idOf, now)) addParcel(this.#storage.sql, this.agenda(), parcel)
        if (isLast) this.keep({ ...state, grouped: state.grouped + 1 })
      })
    }
  }

  /** Where nothing is under way and nothing more can be paid, the batch stops; what is paid for stays. */
  async #stopIfPoor(now: number): Promise<void> {
    const state = this.here()
    if (!this.mayWork(state) || this.agenda().size === 0) return
    if (this.agenda().inFlight(now) > 0 || affordable(state, 0) > 0) return
    await this.fund(AHEAD * priceOfRow(state))
    const after = this.here()
    const stopped = stopOf(after, priceOfRow(after))
    if (stopped !== null && this.mayWork(after)) this.keep({ ...after, stopped })
  }

  #hasEnded(state: State, now: number): boolean {
    return this.#closing !== null || !this.mayWork(state) || now >= finishedBy(state) || this.#isThrough(state)
  }

  /** Nothing is left to be done. */
  #isThrough(state: State): boolean {
    return state.isRead && state.checked === state.chunks && !isToBeSorted(state) && this.agenda().size === 0
  }

  /** One at a time; what fails is tried again by the alarm. */
  async #close(): Promise<void> {
    this.#closing ??= this.#end().finally(() => (this.#closing = null))
    return this.#closing
  }

  async #end(): Promise<void> {
    if (!this.#isThrough(this.here())) {
      this.#storage.transactionSync(() => this.keep(concluded(this.#storage.sql, this.here())))
      this.#opened = null
    }
    await this.settle(this.here())
    const state = this.state()
    if (state === null) return
    const status = state.failure !== null ? 'failed' : state.stopped === 'cancelled' ? 'cancelled' : 'completed'
    const ended = { ...leftOver(state), status, finishedAt: Date.now() } as const
    await this.#deliveries(ended).tell(ended.account, [endEvent(ended, this.#rate.now())])
    const after = this.state()
    // What was erased meanwhile stays erased, and what was blanked blank.
    if (after === null) return
    this.keep({ ...ended, upload: after.upload })
    this.errands.clear()
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
    const event = progressEvent(state, this.#rate.now())
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
