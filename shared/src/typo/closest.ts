// Which provider was probably meant by a label and an ending: popularity against the chance that the domain is real.
import { distance, isBeyond, outline, WEIGHT } from './distance.ts'
import { exists, isSold, type Split } from './endings.ts'
import { endingFor, nearestEnding } from './provider-ending.ts'
import { type Provider, providerOf, providers } from './real.ts'

export interface Closest {
  readonly domain: string
  readonly probability: number
}

/** With the weight of a slip, how rare that very slip is, in nats: a certain letter is left out once in 10,000 times. */
const RARITY_OF_SLIPS = 5.7
/** Two likely slips; more than that is another name. */
const FARTHEST = 8.5
/** Longer labels are no slip of a provider's. */
const LONGEST_LABEL = 24

/**
 * The part of all sign-ups that comes from one unlisted domain, by the length of its label: nearly every name of three
 * letters is a company's, hardly any arrangement of ten letters is anybody's.
 */
const realByLength = [1, 1e-4, 2e-5, 3e-6, 1e-6, 3e-7, 1.5e-7, 1e-7, 7e-8, 4e-8, 2e-8]
/** The same for a provider's own name under another ending: mostly kept by the provider or parked. */
const REAL_NAMESAKE = 1e-7
/** The same where the root has no such ending: only a slip can have made it. */
const REAL_WITHOUT_ENDING = 1e-9
/** How much likelier a label is real where it is a word or an abbreviation. */
const WORD = 10

/** The provider meant by a domain that is on no list, or null where none is near. */
export function closest({ below, label, ending }: Split): Closest | null {
  if (below !== '' || label.length > LONGEST_LABEL) return null
  const isUnknown = !exists(ending) && !isSold(ending)
  const found = near(label).flatMap(({ provider, apart }) => {
    const sameBeginning = label.charAt(0) === provider.label.charAt(0)
    const fit = endingFor(provider, { ending, isUnknown, apart, sameBeginning })
    if (fit === null) return []
    const odds =
      (provider.share * Math.exp(-(RARITY_OF_SLIPS + apart + fit.apart))) / chanceOfReal(label, isUnknown, provider)
    return [{ domain: `${provider.label}.${fit.ending}`, odds }]
  })
  const best = found.toSorted((one, other) => other.odds - one.odds)[0]
  if (best === undefined) return null
  return { domain: best.domain, probability: best.odds / (1 + found.reduce((sum, { odds }) => sum + odds, 0)) }
}

interface Near {
  readonly provider: Provider
  readonly apart: number
}

/** A label that some provider has was meant, whatever the ending; else every provider whose label is near enough. */
function near(label: string): Near[] {
  const itself = providerOf(label)
  if (itself !== null) return [{ provider: itself, apart: 0 }]
  const seen = outline(label)
  return ofAboutLength(label.length)
    .filter((provider) => !isBeyond(seen, provider.outline, farthestFrom(provider)) && !isAnotherName(label, provider))
    .map((provider) => ({ provider, apart: distance(label, provider.label, farthestFrom(provider)) }))
    .filter(({ apart }) => apart < Infinity)
}

const byLength = new Map<number, readonly Provider[]>()
/** More letters are missing or too many than two likely slips account for. */
const OTHER_LENGTH = Math.floor(FARTHEST / WEIGHT.halfOfDouble)

/** Kept for each length, of which there are few. */
function ofAboutLength(length: number): readonly Provider[] {
  const known = byLength.get(length) ?? providers.filter(({ label }) => Math.abs(label.length - length) <= OTHER_LENGTH)
  byLength.set(length, known)
  return known
}

const farthestFrom = ({ common }: Provider): number => (common ? WEIGHT.doubled : FARTHEST)

/** An abbreviation with a letter less is another abbreviation; with two swapped or one doubled it may still be a slip. */
const isAnotherName = (label: string, provider: Provider): boolean =>
  isShort(provider) && label.length < provider.label.length

const isShort = ({ label }: Provider): boolean => label.length <= 3

function chanceOfReal(label: string, isUnknown: boolean, provider: Provider): number {
  if (isUnknown) return REAL_WITHOUT_ENDING
  if (label === provider.label) return provider.common ? REAL_NAMESAKE * WORD : REAL_NAMESAKE
  const byLength = realByLength[Math.min(label.length, realByLength.length - 1)] ?? 1
  const factors = [provider.common && !isShort(provider), beginsOtherwise(label, provider)].filter(Boolean).length
  return byLength * WORD ** factors
}

/** The first letter is seldom missed, and another one before `mail` is how mail services are named. */
function beginsOtherwise(label: string, { label: meant }: Provider): boolean {
  const [first, second] = meant
  return !label.startsWith(first ?? '') && (!label.startsWith(second ?? '') || /^.mail$/.test(label))
}

/** `hotmail.cpo.uk`: a slip in the middle makes another domain of what was an ending. Null where it is none. */
export function middleSlip({ below, label, ending }: Split): Closest | null {
  const provider = providerOf(below)
  if (provider === null) return null
  const longer = { ...provider, endings: provider.endings.filter((one) => one.endsWith(`.${ending}`)) }
  const fit = label.length > LONGEST_MIDDLE ? null : nearestEnding(longer, `${label}.${ending}`)
  return fit === null ? null : { domain: `${below}.${fit.ending}`, probability: 0.9 }
}

/** `com`, and a letter too many. */
const LONGEST_MIDDLE = 4
