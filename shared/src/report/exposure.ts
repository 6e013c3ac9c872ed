// What share of a domain's mail meets each exchange first, as a model: nearly all of it the best preference, a little the next.

export interface Ranked {
  readonly host: string
  /** 0–65535, lower is tried first (RFC 5321 §5.1). */
  readonly preference: number
}

/** Share that goes on from one preference to the next; with two of them the backups have 2.91 %. A product's choice. */
const BACKUP_SHARE = 0.03

/** Place of each exchange's preference among those that there are, 0 for the best: 10 and 20 are as far apart as 0 and 65535. */
export function ranksOf(exchanges: readonly Ranked[]): readonly number[] {
  const preferences = [...new Set(exchanges.map(({ preference }) => preference))].toSorted((a, b) => a - b)
  const ranks = new Map(preferences.map((preference, rank) => [preference, rank]))
  return exchanges.map(({ preference }) => ranks.get(preference) ?? 0)
}

/** Share of each exchange, in their order; together 1, or none where there is no exchange. */
export function exposureOf(exchanges: readonly Ranked[]): readonly number[] {
  const ranks = ranksOf(exchanges)
  const counts = new Map<number, number>()
  for (const rank of ranks) counts.set(rank, (counts.get(rank) ?? 0) + 1)
  const sum = [...counts.keys()].reduce((total, rank) => total + BACKUP_SHARE ** rank, 0)
  return ranks.map((rank) => BACKUP_SHARE ** rank / sum / (counts.get(rank) ?? 1))
}
