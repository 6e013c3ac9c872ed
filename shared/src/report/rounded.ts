// Numbers as they are told: without the noise of binary fractions, to the places that such a number is worth.

/** Decimal places; of nines none is rounded away that anybody counts, and of what is compared none that decides. */
const PLACES = { nines: 12, compared: 12, share: 6, model: 6, evidence: 4, percent: 2, days: 2 } as const

export function rounded(value: number, as: keyof typeof PLACES): number {
  const unit = 10 ** PLACES[as]
  return Math.round(value * unit) / unit
}
