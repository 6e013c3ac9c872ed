// What a batch may spend: its own bound and what its account reserves for it, a step at a time.
import { PRICE } from '@postern/shared/verdict/cost.ts'
import type { Account } from '../accounts/account.ts'
import { UNIT } from '../accounts/schema.ts'
import type { State } from './state.ts'

/** Reserved beyond what is wanted, in thousandths: enough not to ask for every job, little enough to leave the account its credit. */
const STEP = 200 * UNIT

/** The most that a row may cost, in thousandths. */
export function priceOfRow({ mode }: Pick<State, 'mode'>): number {
  return PRICE[mode] * UNIT
}

export type Purse = Pick<State, 'id' | 'keyId' | 'scope' | 'maxCost' | 'units' | 'chargedRows' | 'allowed'>

/** The thousandths up to which the batch may come, with so many more wanted. */
export function bound({ maxCost }: Pick<State, 'maxCost'>): number {
  return maxCost === null ? Number.MAX_SAFE_INTEGER : Math.floor(maxCost * UNIT)
}

/** Asks the account for more where what it allowed does not cover `more`; resolves with what it allows in all, in thousandths. */
export async function fund(purse: Purse, more: number, account: DurableObjectStub<Account>): Promise<number> {
  const wanted = Math.min(bound(purse), purse.units + more)
  if (purse.scope === 'test') return Number.MAX_SAFE_INTEGER
  if (wanted <= purse.allowed) return purse.allowed
  const upTo = Math.min(bound(purse), wanted + STEP)
  const total = { id: purse.id, keyId: purse.keyId, units: purse.units / UNIT, count: purse.chargedRows }
  return Math.round((await account.fund(total, upTo / UNIT)) * UNIT)
}

/** What stands in the way of another row at `price` thousandths, or null. */
export function stopOf(purse: Purse, price: number): 'max_cost' | 'insufficient_credits' | null {
  if (purse.units + price > bound(purse)) return 'max_cost'
  return purse.units + price > purse.allowed ? 'insufficient_credits' : null
}
