// Local parts that no person or duty is called: letters that follow one another in no language, and what machines make.
import type { Address } from '../address/parse.ts'
import { disposable } from './disposable.ts'
import { free } from './free.ts'
import table from './gibberish.json' with { type: 'json' }
import { untagged } from './role.ts'
import type { Signal } from './signal.ts'

const source = `${table.name} ${table.date}`
const size = table.alphabet.length
/** Of all letters behind any two: how surprising they are in names, in steps of `table.step` nats. */
const surprise = Uint8Array.from(table.surprise, (level) => Number.parseInt(level, 16))

/** Where in the alphabet each character of ASCII stands; the one in front stands for all others. */
const placeOf = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(0, table.alphabet.indexOf(String.fromCharCode(code))),
)

/** Shorter ones may be initials or a nickname of any kind. */
const SHORTEST = 6
/** A run of fewer letters is initials, and says nothing. */
const SHORTEST_RUN = 4
/** By how many nats chance has to explain the letters better than names do: chance is rare among local parts. */
const LIKELIER_BY_CHANCE = 7
/** Fewer letters are more often somebody's initials, or a spelling that no list of names has. */
const ENOUGH_LETTERS = 10
const LIKELIER_WHERE_FEW = 10

/** Judged without a tag. What is beyond ASCII is not judged, and so never gibberish. */
export function gibberish(address: Pick<Address, 'localPart' | 'subaddress' | 'domain'>): Signal {
  const name = untagged(address).toLowerCase()
  const value = /^[!-~]+$/.test(name) && name.length >= SHORTEST && (isUnspeakable(name) || isMadeUp(name, address))
  return { signal: 'gibberish', value, source }
}

function isUnspeakable(name: string): boolean {
  const runs = (name.match(/[a-z]+/g) ?? []).filter(({ length }) => length >= SHORTEST_RUN)
  const letters = runs.reduce((sum, { length }) => sum + length, 0)
  return chance(runs) > (letters < ENOUGH_LETTERS ? LIKELIER_WHERE_FEW : LIKELIER_BY_CHANCE)
}

/** Universities and companies hand out numbers with letters in them; where anybody takes a name, machines take such ones. */
function isMadeUp(name: string, { domain }: Pick<Address, 'domain'>): boolean {
  if (!isMachineMade(name)) return false
  return domain.kind === 'name' && (free(domain.ascii).value || disposable(domain.ascii).value)
}

/** Letters and digits that take turns more often than a year, a number or a pun has them do. */
function isMachineMade(name: string): boolean {
  const compact = name.includes('-') ? name.replaceAll('-', '') : name
  if (!/^[a-z0-9]{10,}$/.test(compact)) return false
  const taken = turns(compact)
  if (taken < 3) return false
  if (taken >= 6 || /^[0-9a-f]{16,}$/.test(compact)) return true
  const letters = compact.replace(/[^a-z]/g, '')
  return letters.length >= SHORTEST_RUN && chance([letters]) > 0
}

/** Of a text of letters and digits alone. */
function turns(text: string): number {
  let count = 0
  for (let at = 1; at < text.length; at += 1) if (text.charAt(at) <= '9' !== text.charAt(at - 1) <= '9') count += 1
  return count
}

/** How many nats likelier runs of letters are by chance than as names; negative for names. */
function chance(runs: readonly string[]): number {
  return runs.reduce((sum, run) => sum + surprises(run) - (run.length + 1) * Math.log(size), 0)
}

function surprises(run: string): number {
  let [before, last, sum] = [0, 0, 0]
  // What ends a name is looked up as what begins it: behind its last letter.
  for (let at = 0; at <= run.length; at += 1) {
    const next = at === run.length ? 0 : (placeOf[run.charCodeAt(at)] ?? 0)
    sum += surprise[(before * size + last) * size + next] ?? 0
    before = last
    last = next
  }
  return sum * table.step
}
