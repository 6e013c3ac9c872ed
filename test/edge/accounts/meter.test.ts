// Usage on its way to the ledger: who is told what, and who waits for whom.
import type { Cost } from '@postern/shared/verdict/cost.ts'
import { describe, expect, it } from 'vitest'
import type { Settlement } from '../../../edge/src/accounts/ledger.ts'
import { consume, type Ledger, type UsageEvent } from '../../../edge/src/accounts/meter.ts'

const FAST: Cost = { units: 0.1, charged: true, why: 'fast' }
const REPEAT: Cost = { units: 0, charged: false, why: 'repeat' }

function event(account: string, id: string): UsageEvent {
  const settlement = {
    id,
    keyId: 'key_1',
    mode: 'fast',
    price: FAST,
    address: [],
    checkedAt: 1,
    validUntil: 2,
  } as const
  return { account, settlement: { ...settlement, maxAgeS: 0, asked: true } satisfies Settlement }
}

/** A batch as the platform gives it, which notes what becomes of each message. */
function batchOf(events: readonly UsageEvent[], attempts = 1) {
  const fates = events.map(() => 'open')
  const messages = events.map((body, at) => ({
    body,
    attempts,
    ack: () => {
      fates[at] = 'counted'
    },
    retry: ({ delaySeconds }: { delaySeconds: number }) => {
      fates[at] = `in ${delaySeconds} s`
    },
  }))
  return { messages, fates }
}

/** A ledger that charges all at their price, but for those ids that it knows as repeats, and notes what it was told. */
function ledgerThat(wish: Partial<Ledger> = {}, repeats: readonly string[] = []) {
  const told: string[] = []
  const ledger: Ledger = {
    settleMany: async (account, settlements) => {
      told.push(`${account}: ${settlements.map(({ id }) => id).join(' ')}`)
      return settlements.map(({ id, price }) => (repeats.includes(id) ? REPEAT : price))
    },
    amend: async (account, id, cost) => {
      told.push(`${account}: ${id} came to ${cost.why}`)
    },
    ...wish,
  }
  return { ledger, told }
}

const warned: string[] = []
const warn = (what: string): void => {
  warned.push(what)
}
const fault = (): never => {
  throw new TypeError('is not there')
}

describe('a batch', () => {
  it('is told account by account, in the order that it came in', async () => {
    const { ledger, told } = ledgerThat()
    const { messages, fates } = batchOf([event('a', '1'), event('b', '2'), event('a', '3')])
    await consume(messages, ledger, warn)
    expect(told).toEqual(['a: 1 3', 'b: 2'])
    expect(fates).toEqual(['counted', 'counted', 'counted'])
  })

  it('amends the records whose cost differs from their price, and no others', async () => {
    const { ledger, told } = ledgerThat({}, ['2'])
    await consume(batchOf([event('a', '1'), event('a', '2'), event('a', '3')]).messages, ledger, warn)
    expect(told).toEqual(['a: 1 2 3', 'a: 2 came to repeat'])
  })

  it('counts the others where an account cannot be reached, and says which one that was', async () => {
    warned.length = 0
    const settleMany: Ledger['settleMany'] = async (account, settlements) =>
      account === 'a' ? fault() : settlements.map(({ price }) => price)
    const { messages, fates } = batchOf([event('a', '1'), event('b', '2'), event('a', '3')])
    await consume(messages, ledgerThat({ settleMany }).ledger, warn)
    expect(fates).toEqual(['in 10 s', 'counted', 'in 10 s'])
    expect(warned).toEqual(['usage of a is not counted yet: TypeError'])
  })

  it('counts the others while an account keeps it waiting', async () => {
    let answer = (): void => {}
    const silent = new Promise<Cost[]>((resolve) => {
      answer = () => resolve([FAST])
    })
    const settleMany: Ledger['settleMany'] = async (account, settlements) =>
      account === 'a' ? silent : settlements.map(({ price }) => price)
    const { messages, fates } = batchOf([event('a', '1'), event('b', '2')])
    const consumed = consume(messages, ledgerThat({ settleMany }).ledger, warn)
    await new Promise(setImmediate)
    expect(fates).toEqual(['open', 'counted'])
    answer()
    await consumed
    expect(fates).toEqual(['counted', 'counted'])
  })

  it('comes back where a record could not be told what its answer came to cost', async () => {
    const { messages, fates } = batchOf([event('a', '1')])
    await consume(messages, ledgerThat({ amend: async () => fault() }, ['1']).ledger, warn)
    expect(fates).toEqual(['in 10 s'])
  })

  it.each([
    [1, 10],
    [2, 20],
    [5, 160],
    [9, 2_560],
    [10, 3_600],
    [99, 3_600],
  ])('that failed %d times comes back after %d s, and never later than an hour', async (attempts, delay) => {
    const { messages, fates } = batchOf([event('a', '1')], attempts)
    await consume(messages, ledgerThat({ settleMany: async () => fault() }).ledger, warn)
    expect(fates).toEqual([`in ${delay} s`])
  })

  it('of nothing tells nobody anything', async () => {
    const { ledger, told } = ledgerThat()
    await consume([], ledger, warn)
    expect(told).toEqual([])
  })
})
