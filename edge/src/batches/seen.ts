// Which addresses a list has had already, and in which row first: a table of 64-bit keys that a million rows leave small.

/** Octets of a key; all zero stands for none. */
export const KEY_OCTETS = 8

/** Open addressing over typed arrays: 12 octets an entry, at most half full. */
export class Seen {
  #high: Uint32Array
  #low: Uint32Array
  #rows: Uint32Array
  #count = 0

  constructor(capacity = 1_024) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, 2 * capacity)))
    this.#high = new Uint32Array(size)
    this.#low = new Uint32Array(size)
    this.#rows = new Uint32Array(size)
  }

  /** The row that had the key first, or null where this is the first one; then it is remembered. */
  firstOf(high: number, low: number, row: number): number | null {
    if (high === 0 && low === 0) return null
    const at = this.#find(high, low)
    if (this.#high[at] !== 0 || this.#low[at] !== 0) return this.#rows[at] ?? null
    this.#high[at] = high
    this.#low[at] = low
    this.#rows[at] = row
    this.#count += 1
    if (2 * this.#count > this.#rows.length) this.#grow()
    return null
  }

  #find(high: number, low: number): number {
    const mask = this.#rows.length - 1
    let at = (low ^ (high >>> 7)) & mask
    while ((this.#high[at] !== 0 || this.#low[at] !== 0) && (this.#high[at] !== high || this.#low[at] !== low)) {
      at = (at + 1) & mask
    }
    return at
  }

  #grow(): void {
    const [high, low, rows] = [this.#high, this.#low, this.#rows]
    this.#high = new Uint32Array(2 * rows.length)
    this.#low = new Uint32Array(2 * rows.length)
    this.#rows = new Uint32Array(2 * rows.length)
    for (let old = 0; old < rows.length; old += 1) {
      const [h = 0, l = 0] = [high[old], low[old]]
      if (h === 0 && l === 0) continue
      const at = this.#find(h, l)
      this.#high[at] = h
      this.#low[at] = l
      this.#rows[at] = rows[old] ?? 0
    }
  }
}

/** The rows among `keys` (8 octets each, the first being row `from`) that came before, each with its first row. */
export function duplicatesIn(seen: Seen, keys: Uint8Array, from: number): [row: number, first: number][] {
  const view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
  const found: [number, number][] = []
  for (let at = 0; at < keys.byteLength; at += KEY_OCTETS) {
    const row = from + at / KEY_OCTETS
    const first = seen.firstOf(view.getUint32(at), view.getUint32(at + 4), row)
    if (first !== null && first !== row) found.push([row, first])
  }
  return found
}
