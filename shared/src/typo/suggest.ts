// THE STORY of a suggestion: what was typed is read as a domain, and mended slip by slip until nothing more is doubtful.
import { type Address, type Parsed, parse, print } from '../address/parse.ts'
import { specialUse } from '../address/special-use.ts'
import { exists } from './endings.ts'
import popularity from './popularity.json' with { type: 'json' }
import { reading } from './readings.ts'
import { isProvider, isReal } from './real.ts'
import { type Guess, LEAST_PROBABLE, mended } from './slips.ts'

/** What was probably meant. */
export interface Suggestion {
  readonly email: string
  /** In A-form. */
  readonly domain: string
  /** 0–1, from the text alone. */
  readonly probability: number
  /** `typo.…`: what kind of slip was mended first. */
  readonly rule: string
  /** True where people are known to have mailboxes there, so that the DNS need not be asked about it. */
  readonly knownTarget: boolean
}

/** Of which month the knowledge of providers is. */
export const TYPO_SOURCE = `typo ${popularity.date}`

/** Nothing longer is read, as in the parser. */
const LONGEST_TYPED = 1024
/** RFC 1035 §2.3.4, as the parser counts it: no such domain is a slip of another. */
const LONGEST_DOMAIN = 253
/** Slips in one domain; behind the last one nothing may be left to mend, so that a suggestion is never mended itself. */
const MOST_SLIPS = 4

/**
 * What was probably meant by `typed`, or null. Works for addresses and for texts that were refused, as long as the local
 * part is readable, which stays as it is. Never throws; bounded whatever the text.
 */
export function suggest(typed: string, parsed: Parsed): Suggestion | null {
  if (typed.length > LONGEST_TYPED) return null
  const start = beginning(typed, parsed)
  const end = start === null ? null : mend(start)
  if (start === null || end === null || end.rule === '' || end.probability < LEAST_PROBABLE) return null
  const meant = parse(`${start.localPart}@${end.domain}`)
  if (!meant.ok || meant.address.domain.kind !== 'name') return null
  const email = print(meant.address)
  const { ascii: domain } = meant.address.domain
  // Nobody has a mailbox at a registry's own suffix, such as `co.jp`.
  if (email === typed || exists(domain)) return null
  return { email, domain, probability: round(end.probability), rule: end.rule, knownTarget: isProvider(domain) }
}

/** Nothing that only looks like a slip is certain. */
const MOST_PROBABLE = 0.99
const round = (probability: number): number => Math.min(MOST_PROBABLE, Math.round(probability * 100) / 100)

/** Control characters and halves of characters are nobody's slip of a finger: what they cut apart is not put together. */
const DAMAGED = /[\p{Cc}\p{Cs}]/u

interface Beginning extends Guess {
  readonly localPart: string
}

function beginning(typed: string, parsed: Parsed): Beginning | null {
  if (parsed.ok) return fromAddress(parsed.address, { probability: 1, rule: '' })
  if (DAMAGED.test(typed.trim())) return null
  if (parsed.likely !== undefined) {
    const likely = parse(parsed.likely)
    return likely.ok ? fromAddress(likely.address, { probability: 0.95, rule: 'typo.wrapping' }) : null
  }
  const at = typed.indexOf('@')
  const domain = at < 1 ? null : reading(typed.slice(at + 1))
  if (domain === null || domain.length > LONGEST_DOMAIN) return null
  return { localPart: typed.slice(0, at), domain, probability: isReal(domain) ? 0.95 : 0.8, rule: 'typo.unreadable' }
}

function fromAddress({ localPart, domain }: Address, certainty: Omit<Guess, 'domain'>): Beginning | null {
  return domain.kind === 'name' ? { ...certainty, localPart, domain: domain.ascii } : null
}

/** Mends slip after slip, or gives up where that does not end. */
function mend(start: Guess): Guess | null {
  let guess = start
  for (let slips = 0; slips <= MOST_SLIPS; slips++) {
    const better = isBeyondDoubt(guess.domain) ? null : mended(guess.domain)
    if (better === null) return guess
    const rule = guess.rule === '' ? better.rule : guess.rule
    guess = { domain: better.domain, probability: guess.probability * better.probability, rule }
  }
  return null
}

const isBeyondDoubt = (domain: string): boolean =>
  isReal(domain) || specialUse(domain, []) !== null || !domain.includes('.')
