// Answers that this isolate knows to be paid for: a repeat is then answered as free at once, where else the ledger finds out.

export interface Paid {
  readonly account: string
  /** HMAC of the wire address. */
  readonly address: string
  /** Id of the answer: its own repeat is the same answer at the same price, not a free one. */
  readonly id: string
  readonly checkedAt: number
  readonly validUntil: number
}

export interface PaidNearby {
  /** Instant at which an answer of another id that was paid for was found, or null. */
  checkedAt(account: string, address: string, id: string): number | null
  remember(paid: Paid): void
}

const MOST = 20_000

export function createPaidNearby(now: () => number): PaidNearby {
  const known = new Map<string, Paid>()
  return {
    checkedAt: (account, address, id) => {
      const paid = known.get(`${account} ${address}`)
      return paid === undefined || paid.id === id || paid.validUntil <= now() ? null : paid.checkedAt
    },
    remember: (paid) => {
      const name = `${paid.account} ${paid.address}`
      known.delete(name)
      known.set(name, paid)
      const [oldest] = known.keys()
      if (known.size > MOST && oldest !== undefined) known.delete(oldest)
    },
  }
}
