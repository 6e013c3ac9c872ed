// The object of one lane's list function: who may use its hands next, account by account in turn, batch by batch within one.
import { DurableObject } from 'cloudflare:workers'

/** Whose turn it is: as it travels, ids only. */
export interface Turn {
  readonly kind: 'ask'
  readonly account: string
  readonly batch: string
  readonly lane: string
  readonly ticket: string
}

export interface Waiter {
  readonly account: string
  readonly batch: string
}

export interface TurnBindings {
  readonly ASKS: Queue<Turn>
}

interface Ticket extends Waiter {
  readonly id: string
  readonly until: number
}

interface State {
  readonly lane: string
  /** In the order in which they came. */
  readonly waiting: readonly Waiter[]
  readonly tickets: readonly Ticket[]
  /** Accounts in the order in which they were served last. */
  readonly served: readonly string[]
  readonly issued: number
}

/** As many jobs at a time as the function has hands, in the smallest deployment. */
const HANDS = 4
/** A job's longest time, its way there and back, and what a queue takes. */
const TICKET_MS = 90_000
const MOST_SERVED = 200

export class Turns extends DurableObject<TurnBindings> {
  /** Wishes for so many turns at a time, those included that it has or waits for; the same wish again changes nothing. */
  async want(lane: string, waiter: Waiter, turns: number): Promise<void> {
    const state = this.#state(lane)
    const has = [...state.waiting, ...state.tickets].filter((one) => isSame(one, waiter)).length
    const more = Math.min(turns, HANDS) - has
    if (more > 0) await this.#grant({ ...state, waiting: [...state.waiting, ...Array<Waiter>(more).fill(waiter)] })
  }

  /** Gives a turn back; `more` where there is more to do at once. */
  async done(lane: string, ticket: string, more: boolean): Promise<void> {
    const state = this.#state(lane)
    const own = state.tickets.find(({ id }) => id === ticket)
    const tickets = state.tickets.filter(({ id }) => id !== ticket)
    const again = own !== undefined && more ? [{ account: own.account, batch: own.batch }] : []
    await this.#grant({ ...state, tickets, waiting: [...state.waiting, ...again] })
  }

  override async alarm(): Promise<void> {
    const state = this.#state('')
    if (state.lane !== '') await this.#grant(state)
  }

  /** Hands out what is free; a turn of which nothing is heard comes back to whoever waits. */
  async #grant(before: State): Promise<void> {
    const now = Date.now()
    const lost = before.tickets.filter(({ until }) => until <= now)
    let state: State = {
      ...before,
      tickets: before.tickets.filter(({ until }) => until > now),
      waiting: [...before.waiting, ...lost.map(({ account, batch }) => ({ account, batch }))],
    }
    const turns: Turn[] = []
    while (state.waiting.length > 0 && state.tickets.length < HANDS) {
      const next = nextOf(state)
      const id = `${state.issued}`
      state = taken(state, next, { ...next, id, until: now + TICKET_MS })
      turns.push({ kind: 'ask', ...next, lane: state.lane, ticket: id })
    }
    this.ctx.storage.kv.put('state', state)
    if (state.tickets.length > 0) await this.ctx.storage.setAlarm(Math.min(...state.tickets.map(({ until }) => until)))
    // A message that is lost costs its ticket's time.
    if (turns.length > 0) await this.env.ASKS.sendBatch(turns.map((body) => ({ body })))
  }

  #state(lane: string): State {
    return this.ctx.storage.kv.get<State>('state') ?? { lane, waiting: [], tickets: [], served: [], issued: 1 }
  }
}

/** Of the accounts that wait, the one that was served longest ago; of its batches, the one that waits longest. */
function nextOf({ waiting, served }: State): Waiter {
  const lastServed = (account: string): number => served.lastIndexOf(account)
  const [first, ...rest] = waiting
  if (first === undefined) throw new Error('nobody waits')
  return rest.reduce((best, one) => (lastServed(one.account) < lastServed(best.account) ? one : best), first)
}

function taken(state: State, next: Waiter, ticket: Ticket): State {
  const at = state.waiting.indexOf(next)
  return {
    ...state,
    waiting: state.waiting.filter((_, n) => n !== at),
    tickets: [...state.tickets, ticket],
    served: [...state.served.filter((account) => account !== next.account), next.account].slice(-MOST_SERVED),
    issued: state.issued + 1,
  }
}

function isSame(one: Waiter, other: Waiter): boolean {
  return one.account === other.account && one.batch === other.batch
}
