// Makes signals/gibberish.json: how surprising each letter of a name is behind the two before it.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isHeldOut, names } from './names.ts'

/** `^` for what is before the first letter and behind the last. */
const ALPHABET = '^abcdefghijklmnopqrstuvwxyz'
const SIZE = ALPHABET.length
/** A step of the table in nats, and its highest: what was never seen behind two letters and hardly behind one. */
const STEP = 0.85
const LEVELS = 16

const known = names()
const first = known.first.filter((name) => !isHeldOut(name))
const last = known.last.filter((name) => !isHeldOut(name))
const words = known.words.filter((word) => !isHeldOut(word))
const initials = [...new Set(first.map((name) => name.charAt(0)))]

const initial = (at: number): string => initials[at % initials.length] ?? ''

/** Local parts as people build them: a name, initials on either side of it, two names without a mark between them. */
const texts = [
  ...[...first, ...last, ...words].flatMap((name) => [name, name]),
  ...last.map((name, at) => `${initial(at)}${name}`),
  ...last.map((name, at) => `${initial(at)}${initial(at * 5 + 2)}${name}`),
  ...[...first, ...last].map((name, at) => `${name}${initial(at * 3 + 1)}`),
  ...last.map((name, at) => `${first[(at * 7) % first.length] ?? ''}${name}`),
]

const pairs = new Float64Array(SIZE ** 2)
const triples = new Float64Array(SIZE ** 3)

for (const text of texts) {
  const codes = Array.from(`^^${text}^`, (letter) => ALPHABET.indexOf(letter))
  for (let at = 2; at < codes.length; at++) {
    const [a = 0, b = 0, c = 0] = codes.slice(at - 2, at + 1)
    pairs[b * SIZE + c] = (pairs[b * SIZE + c] ?? 0) + 1
    triples[(a * SIZE + b) * SIZE + c] = (triples[(a * SIZE + b) * SIZE + c] ?? 0) + 1
  }
}

const sum = (counts: Float64Array): number => counts.reduce((total, count) => total + count, 0)

/** Witten–Bell: what two letters seldom begin is judged by the second, and that by nothing. */
function smoothed(counts: Float64Array, behind: (c: number) => number): (c: number) => number {
  const total = sum(counts)
  const kinds = counts.filter((count) => count > 0).length + 1
  return (c) => ((counts[c] ?? 0) + kinds * behind(c)) / (total + kinds)
}

function level(probability: number): string {
  return Math.min(LEVELS - 1, Math.round(-Math.log(probability) / STEP)).toString(LEVELS)
}

const surprise = Array.from({ length: SIZE ** 2 }, (_, context) => {
  const b = context % SIZE
  const byOne = smoothed(pairs.subarray(b * SIZE, (b + 1) * SIZE), () => 1 / SIZE)
  const byTwo = smoothed(triples.subarray(context * SIZE, (context + 1) * SIZE), byOne)
  return Array.from(ALPHABET, (_letter, c) => level(byTwo(c))).join('')
})

const table = {
  name: 'gibberish',
  date: '2026-11',
  source: 'counted in the names and words of @faker-js/faker 10.6.0 (MIT), and in the syllables of pinyin and romaji',
  texts: texts.length,
  alphabet: ALPHABET,
  step: STEP,
  surprise: surprise.join(''),
}

writeFileSync(
  fileURLToPath(new URL('../src/signals/gibberish.json', import.meta.url)),
  `${JSON.stringify(table, null, 2)}\n`,
)
process.stdout.write(
  `${first.length} first names, ${last.length} last names, ${words.length} words: ${texts.length} texts\n`,
)
