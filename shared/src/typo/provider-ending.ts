// Which of a provider's endings was meant, where its label was typed or nearly so: for the search of the closest provider.
import { WEIGHT } from './distance.ts'
import { endingDistance, MAGNETS, meantEnding, rarity } from './endings.ts'
import type { Provider } from './real.ts'

/** An ending as it was typed behind a provider's label. */
export interface Typed {
  readonly ending: string
  readonly isUnknown: boolean
  /** How far the label is from the provider's. */
  readonly apart: number
  readonly sameBeginning: boolean
}

/** The ending that was meant, and how far the typed one is from it. */
export interface Fit {
  readonly ending: string
  readonly apart: number
}

export function endingFor(provider: Provider, typed: Typed): Fit | null {
  if (provider.endings.includes(typed.ending)) return { ending: typed.ending, apart: 0 }
  // A word with a slip in it and a foreign ending is one coincidence too many.
  if (provider.common && typed.apart > 0) return null
  return typed.isUnknown ? unknownEnding(provider, typed) : otherEnding(provider, typed)
}

/** An ending that exists and that the provider has not, at a provider who is at home everywhere. */
const ABROAD = 2.3
/** An ending that nobody has and that is like none of the provider's. */
const UNLIKE = 8.5

function unknownEnding(provider: Provider, { ending, apart }: Typed): Fit | null {
  const meant = meantEnding(ending)?.ending ?? ''
  const spelled = { ending: meant, apart: WEIGHT.missing }
  if (provider.endings.includes(meant) && (sameCountry(meant, ending) || meant.replace('.', '') === ending))
    return spelled
  // Where the country is right, the second label alone is in doubt.
  const own = sameCountry(meant, ending) ? null : nearestEnding(provider, ending)
  if (own !== null) return own
  if (isAbroad(provider, meant)) return spelled
  return apart === 0 && !provider.common ? { ending: provider.endings[0] ?? 'com', apart: UNLIKE } : null
}

/** `com.pk` and `co.pk`. */
const sameCountry = (one: string, other: string): boolean =>
  one.includes('.') && one.slice(one.indexOf('.')) === other.slice(other.indexOf('.'))

/** The likeliest of a provider's own endings; its first is where most of its mailboxes are. */
export function nearestEnding({ endings }: Provider, typed: string): Fit | null {
  const fits = endings.flatMap((ending, at) => {
    const apart = endingDistance(typed, ending)
    return apart === Infinity ? [] : [{ ending, apart: apart + (at === 0 ? 0 : rarity(ending)) }]
  })
  return fits.toSorted((one, other) => one.apart - other.apart)[0] ?? null
}

const generic = new Set(['com', 'net', 'org'])
/** What an ending that exists weighs against the provider's own, besides its distance. */
const CHOSEN = 2

function otherEnding(provider: Provider, { ending, apart, sameBeginning }: Typed): Fit | null {
  const magnet = MAGNETS.get(ending)
  if (magnet !== undefined && provider.endings.includes(magnet.meant))
    return { ending: magnet.meant, apart: WEIGHT.missing }
  // The label is being repaired; an ending that exists is the least doubtful part of what was typed.
  if (apart > 0) return isAbroad(provider, ending) && sameBeginning ? { ending, apart: ABROAD } : null
  return namesakesEnding(provider, ending)
}

/** The provider's very name, under an ending that somebody else may have chosen. */
function namesakesEnding({ endings, common }: Provider, ending: string): Fit | null {
  const [main = ''] = endings
  // `yahoo.uk` for `yahoo.co.uk`.
  const compatriot = endings.find((own) => own.endsWith(`.${ending}`))
  if (compatriot !== undefined && !common) return { ending: compatriot, apart: WEIGHT.missing + WEIGHT.halfOfDouble }
  if (generic.has(ending) && generic.has(main) && !common) return { ending: main, apart: WEIGHT.vowel }
  const slip = ending.length > 2 ? endingDistance(ending, main) : Infinity
  return slip <= WEIGHT.vowel ? { ending: main, apart: slip + CHOSEN } : null
}

/** The share from which a provider is known in countries where it has no ending of its own. */
const KNOWN_EVERYWHERE = 0.03

function isAbroad({ share, common }: Provider, ending: string): boolean {
  return share >= KNOWN_EVERYWHERE && !common && /^(?:com?\.)?[a-z]{2}$/.test(ending)
}
