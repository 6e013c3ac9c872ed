// Usage of the fast path on its way to the ledger: events in a queue, counted in batches, each once however often it comes.
import type { Cost } from '@postern/shared/verdict/cost.ts'
import type { Settlement } from './ledger.ts'

/** What a queue carries: ids and numbers, the address only as HMACs. */
export interface UsageEvent {
  readonly account: string
  readonly settlement: Settlement
}

export interface Ledger {
  settleMany(account: string, settlements: readonly Settlement[]): Promise<readonly Cost[]>
  /** Tells the record of an answer what it came to cost. */
  amend(account: string, id: string, cost: Cost): Promise<void>
}

interface Message {
  readonly body: unknown
  readonly attempts: number
  ack(): void
  retry(options: { delaySeconds: number }): void
}

const LONGEST_DELAY_S = 3_600

/** Counts a batch, account by account; an account that cannot be reached keeps nobody else waiting. */
export async function consume(
  messages: readonly Message[],
  ledger: Ledger,
  warn: (what: string) => void,
): Promise<void> {
  const accounts = new Set(messages.map(accountOf))
  await Promise.all(
    [...accounts].map(async (account) => {
      const own = messages.filter((message) => accountOf(message) === account)
      try {
        await count(account, own, ledger)
        for (const message of own) message.ack()
      } catch (error) {
        warn(`usage of ${account} is not counted yet: ${error instanceof Error ? error.name : 'fault'}`)
        for (const message of own) message.retry({ delaySeconds: delayS(message.attempts) })
      }
    }),
  )
}

function accountOf({ body }: Message): string {
  return (body as UsageEvent).account
}

async function count(account: string, messages: readonly Message[], ledger: Ledger): Promise<void> {
  const settlements = messages.map(({ body }) => (body as UsageEvent).settlement)
  const costs = await ledger.settleMany(account, settlements)
  for (const [at, { id, price }] of settlements.entries()) {
    const cost = costs[at]
    if (cost !== undefined && cost.why !== price.why) await ledger.amend(account, id, cost)
  }
}

function delayS(attempts: number): number {
  return Math.min(LONGEST_DELAY_S, 5 * 2 ** Math.min(attempts, 10))
}
