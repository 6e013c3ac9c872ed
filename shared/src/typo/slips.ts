// What can have gone wrong in a domain that is on no list: one explanation each, the most telling first.
import { closest, middleSlip } from './closest.ts'
import { exists, isSold, MAGNETS, meantEnding, meantSecondLevel, type Split, split, twice } from './endings.ts'
import { isProvider, isReal, withoutDots } from './real.ts'

export interface Guess {
  readonly domain: string
  readonly probability: number
  /** `typo.…`; empty where nothing was mended yet. */
  readonly rule: string
}

/** A guess that is wrong nine times in ten is noise. */
export const LEAST_PROBABLE = 0.1

const explanations = [misplacedDots, movedDot, doubledEnding, provider, browsersPrefix, secondLevel, ofEnding]

/** The first slip that explains a domain (A-form, two labels at least), mended; or null. */
export function mended(domain: string): Guess | null {
  const parts = { ...split(domain), domain }
  for (const explanation of explanations) {
    const guess = explanation(parts)
    if (guess !== null) return guess
  }
  return null
}

interface Parts extends Split {
  readonly domain: string
}

/** `in.box.com`: so short are the names of hosts. */
const SHORT_HOST = 2

/** `gmxd.e`. Below a real domain stand its own hosts: `my.yahoo.com` is not `myyahoo.com`. */
function misplacedDots({ domain, below, label, ending }: Parts): Guess | null {
  const isHost = below.length > 0 && below.length <= SHORT_HOST
  const meant = isReal(`${label}.${ending}`) || isHost ? null : withoutDots(domain)
  return meant === null ? null : { domain: meant, probability: 0.95, rule: 'typo.dot' }
}

/** `examplec.om`: the dot one key early or late. What is left of it would be a rare ending. */
function movedDot({ domain }: Parts): Guess | null {
  const [, label = '', first = '', rest = ''] = /^(.{3,}?)\.?(c|co|n|ne|o|or)\.(om|m|et|t|rg|g)$/.exec(domain) ?? []
  const ending = first + rest
  if (label === '' || !['com', 'net', 'org'].includes(ending)) return null
  const meant = `${label}.${ending}`
  // Any other is as likely a name of a country's own, such as `ethiopian.et`.
  return isReal(meant) ? { domain: meant, probability: 0.97, rule: 'typo.dot' } : null
}

function doubledEnding(parts: Parts): Guess | null {
  const once = twice(parts.ending)
  return once === null ? null : guessed(`${stem(parts)}.${once}`, 0.85)
}

function provider(parts: Parts): Guess | null {
  const found = middleSlip(parts) ?? closest(parts)
  return found === null || found.probability < LEAST_PROBABLE ? null : { ...found, rule: 'typo.provider' }
}

function browsersPrefix({ domain }: Parts): Guess | null {
  const meant = domain.startsWith('www.') ? domain.slice(4) : ''
  return isProvider(meant) ? { domain: meant, probability: 0.9, rule: 'typo.www' } : null
}

/** `example.cmo.br`: names are sold below `com.br`, and hosts of a company called `cmo` are rare. */
function secondLevel({ below, label, ending }: Parts): Guess | null {
  const meant = below === '' ? null : meantSecondLevel(label, ending)
  return meant === null ? null : guessed(`${below}.${meant}`, label.length > 2 ? 0.8 : 0.6)
}

function ofEnding(parts: Parts): Guess | null {
  const { label, ending } = parts
  if (label === '') return null
  const magnet = MAGNETS.get(ending)
  // Whoever bought a name of one or two letters did so on purpose.
  if (magnet !== undefined && label.length > 2)
    return { domain: `${stem(parts)}.${magnet.meant}`, probability: magnet.probability, rule: 'typo.ending' }
  if (exists(ending) || isSold(ending) || ending.includes('xn--')) return null
  const meant = meantEnding(ending)
  return meant === null ? null : guessed(`${stem(parts)}.${meant.ending}`, meant.probability)
}

const stem = ({ below, label }: Parts): string => (below === '' ? label : `${below}.${label}`)

/** An ending under which a known domain appears was meant all the more. */
const guessed = (domain: string, probability: number): Guess => ({
  domain,
  probability: isReal(domain) ? Math.max(probability, 0.95) : probability,
  rule: 'typo.ending',
})
