// Answers that this isolate knows to be paid for: a repeat is then answered as free at once, where else the ledger finds out.

export interface Paid {
  readonly account: string
  /** HMAC of the wire address. */
  readonly address: string
  readonly checkedAt: number
  readonly validUntil: number
}

export interface PaidNearby {
  /** Instant at which the answer that was paid for was found, or null. */
  checkedAt(account: string, address: string): number | null
  remember(paid: Paid): void
}

const MOST = 20_000

export function createPaidNearby(now: () => number): PaidNearby {
  const known = new Map<string, Paid>()
  return {
    checkedAt: (account, address) => {
      const paid = known.get(`${account} ${address}`)
      return paid === undefined || paid.validUntil <= now() ? null : paid.checkedAt
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
