// How far a slip of the fingers is from one text to another: Damerau with keyboard distance, for labels and endings.

/** Weights are nats: a smaller one means that many more people slip in that way. */
export const WEIGHT = {
  halfOfDouble: 3,
  missing: 3.5,
  transposed: 3.5,
  doubled: 3.8,
  neighbour: 4.2,
  neighbourBesides: 4.4,
  vowel: 4.7,
  other: 6.5,
} as const

/** QWERTY, whose neighbours are nearly those of AZERTY and QWERTZ. */
const rows = ['1234567890-', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm,.']

function around(key: string, x: number, y: number): string[] {
  // Each row is shifted to the right by about half a key, so that a key touches two keys of the row below; thumbs on
  // glass miss by one more to the right.
  const near = [rows[y]?.[x + 1], rows[y + 1]?.[x - 1], rows[y + 1]?.[x], rows[y + 1]?.[x + 1]]
  return near.flatMap((other) => (other === undefined ? [] : [key + other, other + key]))
}

const neighbours = new Set(rows.flatMap((row, y) => Array.from(row, (key, x) => around(key, x, y)).flat()))
const vowels = 'aeiouy'

/** Of all pairs of characters of ASCII: what typing the one for the other weighs, and the one beside the other. */
const ASCII = 128
const insteadOf = table((one, other) => {
  if (neighbours.has(one + other)) return WEIGHT.neighbour
  return vowels.includes(one) && vowels.includes(other) ? WEIGHT.vowel : WEIGHT.other
})
const besides = table((one, other) => {
  if (one === other) return WEIGHT.doubled
  if (neighbours.has(one + other)) return WEIGHT.neighbourBesides
  // Names are spelled as they sound: `gemail`, `hotamail`.
  return vowels.includes(one) ? WEIGHT.vowel : WEIGHT.other
})

/** What stands on no key has no neighbours, and only its own double is special. */
function table(weight: (one: string, other: string) => number): Float64Array {
  const weights = new Float64Array(ASCII * ASCII).fill(WEIGHT.other)
  const characters = Array.from({ length: ASCII }, (_, code) => String.fromCharCode(code))
  for (const [code, one] of characters.entries()) weights[code * ASCII + code] = weight(one, one)
  for (const key of rows.join(''))
    for (const [code, other] of characters.entries()) weights[key.charCodeAt(0) * ASCII + code] = weight(key, other)
  return weights
}

const of = (weights: Float64Array, one: number, other: number): number =>
  one < ASCII && other < ASCII ? (weights[one * ASCII + other] ?? WEIGHT.other) : WEIGHT.other

/**
 * The weight of the likeliest slips that turn `meant` into `typed` (optimal string alignment), or Infinity beyond
 * `limit`. Both texts are short: the caller bounds them.
 */
export function distance(typed: string, meant: string, limit: number): number {
  if (isBeyond(outline(typed), outline(meant), limit)) return Infinity
  const width = meant.length + 1
  let [twoAgo, above, row] = width > WIDEST ? threeRows(width) : spares
  above[0] = 0
  for (let x = 1; x < width; x++) above[x] = at(above, x - 1) + omission(meant, x)
  for (let y = 1; y <= typed.length; y++) {
    if (fill(row, { typed, meant, y, above, twoAgo }) > limit) return Infinity
    const spare = twoAgo
    twoAgo = above
    above = row
    row = spare
  }
  const total = at(above, width - 1)
  return total > limit ? Infinity : total
}

type Rows = [Float64Array, Float64Array, Float64Array]

const threeRows = (width: number): Rows => [new Float64Array(width), new Float64Array(width), new Float64Array(width)]

/** A label and one. */
const WIDEST = 64
/** Rows for whoever measures: nobody else does meanwhile, and making them takes longer than filling them. */
const spares = threeRows(WIDEST)

/** What a text looks like from afar: its length, and a bit for each letter that it has. */
export interface Outline {
  readonly length: number
  readonly letters: number
}

export function outline(text: string): Outline {
  return { length: text.length, letters: letters(text) }
}

/** A slip mends at most one letter that is missing and one that is too many: what is farther apart need not be measured. */
export function isBeyond(typed: Outline, meant: Outline, limit: number): boolean {
  const slips = Math.max(
    Math.abs(typed.length - meant.length),
    bits(meant.letters & ~typed.letters),
    bits(typed.letters & ~meant.letters),
  )
  return slips * WEIGHT.halfOfDouble > limit
}

function letters(text: string): number {
  let set = 0
  for (let at = 0; at < text.length; at++) set |= 1 << (text.charCodeAt(at) & 31)
  return set
}

/** How many bits are set, counted in pairs, then in fours, then in all octets at once. */
function bits(set: number): number {
  const pairs = set - ((set >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

interface Step {
  readonly typed: string
  readonly meant: string
  readonly y: number
  readonly above: Float64Array
  readonly twoAgo: Float64Array
}

/** Fills the next row of the alignment, and answers with the least of it. */
function fill(row: Float64Array, { typed, meant, y, above, twoAgo }: Step): number {
  const letter = typed.charCodeAt(y - 1)
  const before = y > 1 ? typed.charCodeAt(y - 2) : ASCII
  const after = y < typed.length ? typed.charCodeAt(y) : ASCII
  const tooMany = Math.min(of(besides, letter, before), of(besides, letter, after))
  row[0] = at(above, 0) + tooMany
  let least = row[0]
  for (let x = 1; x <= meant.length; x++) {
    const wanted = meant.charCodeAt(x - 1)
    const same = letter === wanted ? 0 : of(insteadOf, letter, wanted)
    let best = Math.min(at(above, x - 1) + same, at(above, x) + tooMany, at(row, x - 1) + omission(meant, x))
    const swapped = x > 1 && same > 0 && before === wanted && letter === meant.charCodeAt(x - 2)
    if (swapped) best = Math.min(best, at(twoAgo, x - 2) + WEIGHT.transposed)
    row[x] = best
    if (best < least) least = best
  }
  return least
}

function omission(meant: string, x: number): number {
  const letter = meant.charCodeAt(x - 1)
  const double = letter === meant.charCodeAt(x - 2) || letter === meant.charCodeAt(x)
  return double ? WEIGHT.halfOfDouble : WEIGHT.missing
}

const at = (row: Float64Array, x: number): number => row[x] ?? Infinity
