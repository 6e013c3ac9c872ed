// The list that batches are measured with: many addresses on few domains, as a shop's customers are, some of them gone.

export interface ListShape {
  readonly addresses: number
  readonly domains: number
  /** One of so many is refused by its server. */
  readonly goneEvery: number
}

export interface Listed {
  readonly email: string
  readonly domain: string
  readonly isGone: boolean
}

export function domainName(n: number): string {
  return `d${n}.batch.test`
}

/** Domain `n` has a share of 1/(n+1), spread over the list as if it had been shuffled, the same each time. */
export function zipfList({ addresses, domains, goneEvery }: ListShape): Listed[] {
  const weights = Array.from({ length: domains }, (_, n) => 1 / (n + 1))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const counts = weights.map((weight) => Math.max(1, Math.floor((addresses * weight) / sum)))
  counts[0] = (counts[0] ?? 0) + addresses - counts.reduce((total, count) => total + count, 0)
  const all = counts.flatMap((count, n) =>
    Array.from({ length: count }, (_, m): Listed => {
      const isGone = m % goneEvery === goneEvery - 1
      return { email: `${isGone ? 'unknown' : 'jane'}${m}@${domainName(n)}`, domain: domainName(n), isGone }
    }),
  )
  // A step that shares no factor with the length meets every row once.
  const step = 7_919
  return all.map((_, at) => all[(at * step) % all.length]).filter((one) => one !== undefined)
}
