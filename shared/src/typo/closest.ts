// Which provider was probably meant by a label and an ending: popularity against the chance that the domain is real.
import { distance, WEIGHT } from './distance.ts'
import { endingDistance, exists, isSold, MAGNETS, meantEnding, rarity, type Split } from './endings.ts'
import { type Provider, providerOf, providers } from './real.ts'

export interface Closest {
  readonly domain: string
  readonly probability: number
}

/** Of everybody who types a domain, one in so many slips in one certain, likely way (weight 3.5); in nats. */
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
  const isNew = !exists(ending) && !isSold(ending)
  const found = near(label).flatMap(({ provider, apart }) => {
    const sameBeginning = label.charAt(0) === provider.label.charAt(0)
    const fit = endingFor(provider, { ending, isNew, apart, sameBeginning })
    if (fit === null) return []
    const odds =
      (provider.share * Math.exp(-(RARITY_OF_SLIPS + apart + fit.apart))) / chanceOfReal(label, isNew, provider)
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
  return providers.flatMap((provider) => {
    if (Math.abs(provider.label.length - label.length) > 2) return []
    const apart = distance(label, provider.label, provider.common ? WEIGHT.doubled : FARTHEST)
    return apart > FARTHEST || isAnotherName(label, provider) ? [] : [{ provider, apart }]
  })
}

/** An abbreviation with a letter less is another abbreviation; with two swapped or one doubled it may still be a slip. */
const isAnotherName = (label: string, { label: meant }: Provider): boolean =>
  meant.length <= 3 && label.length < meant.length

function chanceOfReal(label: string, isNew: boolean, provider: Provider): number {
  if (isNew) return REAL_WITHOUT_ENDING
  if (label === provider.label) return provider.common ? REAL_NAMESAKE * WORD : REAL_NAMESAKE
  const byLength = realByLength[Math.min(label.length, realByLength.length - 1)] ?? 1
  const factors = [provider.common, beginsOtherwise(label, provider)].filter(Boolean).length
  return byLength * WORD ** factors
}

/** The first letter is seldom missed, and another one before `mail` is how mail services are named. */
function beginsOtherwise(label: string, { label: meant }: Provider): boolean {
  const [first, second] = meant
  return !label.startsWith(first ?? '') && (!label.startsWith(second ?? '') || /^.mail$/.test(label))
}

interface Typed {
  readonly ending: string
  readonly isNew: boolean
  /** How far the label is from the provider's. */
  readonly apart: number
  readonly sameBeginning: boolean
}

interface Fit {
  readonly ending: string
  readonly apart: number
}

function endingFor(provider: Provider, typed: Typed): Fit | null {
  if (provider.endings.includes(typed.ending)) return { ending: typed.ending, apart: 0 }
  // A word with a slip in it and a foreign ending is one coincidence too many.
  if (provider.common && typed.apart > 0) return null
  return typed.isNew ? unknownEnding(provider, typed) : otherEnding(provider, typed)
}

/** An ending that exists and that the provider has not, at a provider who is at home everywhere. */
const ABROAD = 2.3

function unknownEnding(provider: Provider, { ending, apart }: Typed): Fit | null {
  const meant = meantEnding(ending)?.ending ?? ''
  if (provider.endings.includes(meant) && meant.replace('.', '') === ending)
    return { ending: meant, apart: WEIGHT.missing }
  const own = nearestEnding(provider, ending)
  if (own !== null) return own
  if (isAbroad(provider, meant)) return { ending: meant, apart: WEIGHT.missing }
  return apart === 0 && !provider.common ? { ending: provider.endings[0] ?? 'com', apart: FARTHEST } : null
}

/** The likeliest of a provider's own endings; its first is where most of its mailboxes are. */
function nearestEnding({ endings }: Provider, typed: string): Fit | null {
  const fits = endings.flatMap((ending, at) => {
    const apart = endingDistance(typed, ending)
    return apart === Infinity ? [] : [{ ending, apart: apart + (at === 0 ? 0 : rarity(ending)) }]
  })
  return fits.toSorted((one, other) => one.apart - other.apart)[0] ?? null
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

const generic = new Set(['com', 'net', 'org'])
/** What an ending that exists weighs against the provider's own, besides its distance. */
const CHOSEN = 2

function otherEnding(provider: Provider, { ending, apart, sameBeginning }: Typed): Fit | null {
  const magnet = MAGNETS.get(ending)
  if (magnet !== undefined && provider.endings.includes(magnet.meant))
    return { ending: magnet.meant, apart: WEIGHT.missing }
  // The label is being repaired; an ending that exists is the least doubtful part of what was typed.
  if (apart > 0) return isAbroad(provider, ending) && sameBeginning ? { ending, apart: ABROAD } : null
  const [main = ''] = provider.endings
  if (generic.has(ending) && generic.has(main) && !provider.common) return { ending: main, apart: WEIGHT.vowel }
  const slip = ending.length > 2 ? endingDistance(ending, main) : Infinity
  return slip <= WEIGHT.vowel ? { ending: main, apart: slip + CHOSEN } : null
}

/** The share from which a provider is known in countries where it has no ending of its own. */
const KNOWN_EVERYWHERE = 0.03

function isAbroad({ share, common }: Provider, ending: string): boolean {
  return share >= KNOWN_EVERYWHERE && !common && /^(?:com?\.)?[a-z]{2}$/.test(ending)
}
