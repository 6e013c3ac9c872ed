// The object of one batch: its rows, its work and what it came to. Its tables and its alarm are the truth; queues only carry.
import { DurableObject } from 'cloudflare:workers'
import type { BatchBody } from '@postern/shared/contract/batch.ts'
import * as chunks from './chunk-book.ts'
import { type BatchBindings, Course } from './course.ts'
import { countAsked, countChecked, givenUp } from './counting.ts'
import { isHopeless, parkedOnce, untroubled } from './errands.ts'
import { keepRemaining, type Later, withoutResult } from './group-book.ts'
import type { Stash } from './groups.ts'
import { priceOfRow } from './purse.ts'
import { SCHEMA } from './schema.ts'
import { scrub, sweep } from './scrub.ts'
import { scrubPreview } from './scrub-preview.ts'
import { withoutErased } from './erased.ts'
import { spoolOf } from './spool.ts'
import { begun, expiresAt, isOpen, LISTED_S, openName, type State, type Wanted } from './state.ts'
import { type Given, planned } from './turn.ts'
import type { Judged, Work } from './work.ts'

/** Where the reading of an upload stands. */
export interface Reading {
  readonly state: State
  /** Number of the next chunk. */
  readonly chunk: number
}

export interface Checked {
  readonly judged: readonly Judged[]
  readonly stashes: ReadonlyMap<number, Stash>
}

export interface Asked {
  readonly judged: readonly Judged[]
  readonly later: ReadonlyMap<number, Later>
  /** Places that are to be left alone for a while, and until when. */
  readonly rests: readonly (readonly [place: string, until: number])[]
}

export interface Finished {
  /** True where there is more for the lane to do now. */
  readonly more: boolean
  /** Rows whose answers are not told after all. */
  readonly untold: readonly number[]
}

/** Rows that one turn may ask about: credit for them is asked for with it. */
const ASKED_AT_ONCE = 240

export class Batch extends DurableObject<BatchBindings> {
  readonly #sql = this.ctx.storage.sql
  #scrubbing: Promise<unknown> = Promise.resolve()
  readonly #course = new Course(this.ctx, this.env)

  /** The same upload under the same name again is the same batch; another one is null. */
  async create(wanted: Wanted): Promise<BatchBody | null> {
    const before = this.#course.state()
    if (before !== null && before.upload.digest !== wanted.upload.digest) return null
    if (before === null) {
      this.#sql.exec(SCHEMA)
      this.#course.keep(begun(wanted))
    }
    await this.#beginWith(() => this.#course.alarm())
    return this.#course.body(this.#course.here())
  }

  /** Its alarm first: one that could not be listed, or whose maker never hears of it, goes on all the same. */
  async #beginWith(work: () => Promise<void>): Promise<void> {
    if (this.#course.here().finishedAt !== null) return
    await work()
    await Promise.allSettled([this.env.SNAPSHOTS.put(openName(this.#course.here()), '', { expirationTtl: LISTED_S })])
  }

  /** Begun already it goes on as it does; `over` where it has ended, or was told to. */
  async start(): Promise<BatchBody | 'over' | null> {
    const state = this.#course.state()
    if (state !== null && (state.finishedAt !== null || state.stopped === 'cancelled')) return 'over'
    if (state?.status === 'previewed') this.#course.keep({ ...state, status: 'queued' })
    if (state !== null) await this.#beginWith(() => this.#course.go())
    return this.describe()
  }

  async describe(): Promise<BatchBody | null> {
    const state = this.#course.state()
    return state === null ? null : this.#course.body(state)
  }

  /** Whose upload and how it is laid out: for whoever reads or writes it. */
  async plan(): Promise<State | null> {
    return this.#course.state()
  }

  /** Where to read on; null where there is no more to read. */
  async reading(): Promise<Reading | null> {
    const state = this.#course.state()
    return state === null || !this.#course.mayWork(state) || state.isRead ? null : { state, chunk: state.chunks }
  }

  /** Takes the next chunk, or an empty last one; what was read before changes nothing. Resolves as `reading`. */
  async addChunk(chunk: chunks.NewChunk, isLast: boolean): Promise<Reading | null> {
    const reading = await this.reading()
    if (reading === null || chunk.n !== reading.chunk || chunk.at !== reading.state.readTo) return reading
    const { state } = reading
    this.ctx.storage.transactionSync(() => {
      const isEmpty = chunk.rows === 0
      const found = isEmpty
        ? 0
        : chunks.addChunk(this.#sql, chunk, { seen: this.#course.seen(state), first: state.rows })
      this.#course.keep({
        ...untroubled(state, 'split'),
        status: 'running',
        readTo: chunk.upto,
        rows: state.rows + chunk.rows,
        chunks: state.chunks + (isEmpty ? 0 : 1),
        duplicates: state.duplicates + found,
        isRead: isLast,
      })
    })
    if (isLast) this.#course.forgetSeen()
    await this.#course.go()
    return this.reading()
  }

  /** Reading goes on in another invocation. */
  async readOn(): Promise<void> {
    this.#course.errands.heard('split')
    await this.#course.go()
  }

  /** The upload cannot be read on: nothing of it is asked any more. */
  async readFailed(failure: NonNullable<State['failure']>): Promise<void> {
    const state = this.#course.state()
    if (state === null || !isOpen(state)) return
    this.#course.keep({ ...state, failure })
    await this.#course.go()
  }

  /** What there is to check in a chunk; null where that is done, or no longer wanted. */
  async takeCheck(n: number): Promise<{ readonly state: State; readonly chunk: chunks.Chunk } | null> {
    const state = this.#course.state()
    if (state === null || !this.#course.mayWork(state)) return null
    const found = chunks.chunk(this.#sql, n)
    return found === null || found.isChecked ? null : { state, chunk: found }
  }

  /** Takes what came of a chunk, once; resolves with the rows whose answers are not told after all. */
  async commitCheck(n: number, { judged, stashes }: Checked): Promise<readonly number[]> {
    await this.#course.fund(judged.reduce((sum, { price }) => sum + price, 0))
    const state = this.#course.state()
    const found = state === null ? null : chunks.chunk(this.#sql, n)
    if (found?.isChecked === true) return []
    if (state === null || found === null || !this.#course.mayWork(state)) return judged.map(({ row }) => row)
    const untold = this.ctx.storage.transactionSync(() => {
      const counts = countChecked(this.#sql, state, { chunk: found, judged })
      chunks.check(this.#sql, n, counts.results)
      chunks.stash(this.#sql, n, withoutErased(this.#sql, stashes))
      this.#course.keep({ ...counts.after, checked: counts.after.checked + 1 })
      return counts.untold
    })
    this.#course.errands.heard(n)
    await this.#course.goOn()
    return untold
  }

  /** Work for a turn at a lane, or null; `under_way` where the turn has its work and is not over. */
  async take(lane: string, ticket: string): Promise<Given | 'under_way' | null> {
    const before = this.#course.state()
    if (before === null || !this.#course.mayWork(before)) return null
    await this.#course.fund((this.#course.agenda().inFlight(Date.now()) + ASKED_AT_ONCE) * priceOfRow(before))
    const state = this.#course.state()
    if (state === null || !this.#course.mayWork(state)) return null
    if (this.#course.agenda().isFlying(`${lane} ${ticket}`, Date.now())) return 'under_way'
    return planned({ sql: this.#sql, agenda: this.#course.agenda(), state }, { lane, ticket, now: Date.now() })
  }

  /** Nothing came of a turn so far: what it had is as due as before. */
  async leave(lane: string, ticket: string): Promise<void> {
    if (this.#course.state() !== null) this.#course.agenda().end(`${lane} ${ticket}`)
  }

  /** Takes what came of a turn, each row's answer once. */
  async finish(
    { lane, ticket }: { lane: string; ticket: string },
    parcels: readonly number[],
    asked: Asked,
  ): Promise<Finished> {
    if (this.#course.state() !== null) await this.#course.fund(asked.judged.reduce((sum, { price }) => sum + price, 0))
    const state = this.#course.state()
    // What comes after the end, or after it was stopped, is neither told nor charged.
    if (state === null) return { more: false, untold: asked.judged.map(({ row }) => row) }
    if (!this.#course.mayWork(state)) return { more: false, untold: withoutResult(this.#sql, asked.judged) }
    const agenda = this.#course.agenda()
    agenda.end(`${lane} ${ticket}`)
    for (const [place, until] of asked.rests) agenda.rest(place, until)
    const untold = this.ctx.storage.transactionSync(() => {
      const counts = countAsked(this.#sql, state, asked.judged)
      const done = new Set(asked.judged.map(({ row }) => row))
      for (const parcel of parcels) keepRemaining(this.#sql, agenda, { parcel, done, later: asked.later })
      this.#course.keep(counts.after)
      return counts.untold
    })
    await this.#course.goOn()
    const after = this.#course.state()
    const more = after !== null && this.#course.mayWork(after) && agenda.lanesDue(Date.now()).includes(lane)
    return { more, untold }
  }

  /** How it stands with the rows of a chunk; null behind the last one. */
  async page(n: number): Promise<chunks.Page | null> {
    return this.#course.state() === null ? null : chunks.page(this.#sql, n)
  }

  /** What has its result keeps it. */
  async cancel(): Promise<BatchBody | null> {
    const state = this.#course.state()
    if (state !== null && (isOpen(state) || state.status === 'previewed')) {
      this.#course.keep({ ...state, status: 'running', stopped: 'cancelled' })
      await this.#course.go()
    }
    return this.describe()
  }

  /** Erases it, its upload first; false where there was none. */
  async erase(): Promise<boolean> {
    const state = this.#course.state()
    if (state === null) return false
    // From now on nobody works on it any more.
    if (state.finishedAt === null) this.#course.keep({ ...state, stopped: 'cancelled' })
    await sweep(spoolOf(this.env, state.account), state, null)
    await this.#course.settle(state)
    await this.#course.account(state).dropList(state.id)
    await this.env.SNAPSHOTS.delete(openName(state))
    await this.ctx.storage.deleteAlarm()
    await this.ctx.storage.deleteAll()
    this.#course.forget()
    return true
  }

  /** Takes a mailbox out of the list: how many rows that were, or null while the list is still being read. */
  async eraseMailbox(keys: readonly Uint8Array[], mailbox: string): Promise<number | null> {
    // One after the other: each begins with what the one before has left.
    const scrubbed = this.#scrubbing.then(() => this.#eraseMailbox(keys, mailbox))
    this.#scrubbing = Promise.allSettled([scrubbed])
    return scrubbed
  }

  async #eraseMailbox(keys: readonly Uint8Array[], mailbox: string): Promise<number | null> {
    const state = this.#course.state()
    const bucket = state === null ? null : spoolOf(this.env, state.account)
    if (state === null || bucket === null) return 0
    if (state.status === 'previewed') {
      const found = await scrubPreview({ course: this.#course, bucket }, mailbox)
      // Where nobody can tell whose rows are behind, it goes as a whole.
      return found === 'unreadable' ? Number(await this.erase()) : found
    }
    if (isOpen(state) && !state.isRead) return null
    return scrub({ storage: this.ctx.storage, course: this.#course, bucket }, keys)
  }

  /** The queue has given a piece of work up: that is counted, and the third time its rows end as they are. */
  async parked(work: Work): Promise<void> {
    const state = this.#course.state()
    if (state === null || !isOpen(state)) return
    // Another message may have done it meanwhile.
    if (work.kind === 'split' ? state.isRead : chunks.chunk(this.#sql, work.chunk)?.isChecked !== false) return
    const errand = work.kind === 'split' ? work.kind : work.chunk
    const after = parkedOnce(state, errand, Date.now())
    this.#course.keep(after)
    if (!isHopeless(after, errand)) {
      this.#course.errands.heard(errand)
      await this.#course.go()
    } else if (work.kind === 'check') {
      await this.commitCheck(work.chunk, { judged: givenUp(this.#sql, work.chunk), stashes: new Map() })
    } else await this.readFailed({ detail: 'The upload could not be read: that failed too often.', row: null })
  }

  /** A turn failed too often: its rows come due again. */
  async noteParked(): Promise<void> {
    const state = this.#course.state()
    if (state !== null && isOpen(state)) this.#course.keep({ ...state, parked: state.parked + 1 })
    await this.#course.go()
  }

  /** Whatever it waits for, it looks once more; false where there is no batch. */
  async touch(): Promise<boolean> {
    await this.alarm()
    return this.#course.state() !== null
  }

  override async alarm(): Promise<void> {
    const state = this.#course.state()
    if (state === null) return
    await this.#course.alarm(() => (Date.now() >= expiresAt(this.#course.here()) ? this.erase() : this.#course.go()))
    const after = this.#course.state()
    if (after !== null && !isOpen(after) && Date.now() < expiresAt(after)) await this.#course.rest(expiresAt(after))
  }
}
