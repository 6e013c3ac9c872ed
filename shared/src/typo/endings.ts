// Which endings of a domain the root and its registries know, and which one was meant by one that they do not.
import { parse } from 'tldts'
import { distance, WEIGHT } from './distance.ts'

/** Endings that people type, with how often one is typed for every `com`: what an unknown one is measured against. */
const common: readonly (readonly [ending: string, share: number])[] = Object.entries({
  com: 1,
  net: 0.1,
  org: 0.08,
  'co.uk': 0.06,
  de: 0.06,
  fr: 0.05,
  it: 0.04,
  'com.br': 0.04,
  ru: 0.04,
  'com.au': 0.03,
  nl: 0.02,
  es: 0.02,
  pl: 0.02,
  eu: 0.02,
  ca: 0.02,
  edu: 0.02,
  'com.mx': 0.015,
  'com.ar': 0.015,
  be: 0.015,
  ch: 0.015,
  'co.in': 0.01,
  'co.jp': 0.01,
  'co.za': 0.01,
  'com.tr': 0.01,
  at: 0.01,
  cz: 0.01,
  dk: 0.01,
  gov: 0.01,
  info: 0.01,
  in: 0.01,
  se: 0.01,
  'org.uk': 0.005,
  'ac.uk': 0.005,
  'co.nz': 0.005,
  'co.kr': 0.005,
  'co.il': 0.005,
  'co.id': 0.005,
  'com.cn': 0.005,
  'com.co': 0.005,
  'com.hk': 0.005,
  'com.my': 0.005,
  'com.pe': 0.005,
  'com.ph': 0.005,
  'com.pl': 0.005,
  'com.sg': 0.005,
  'com.tw': 0.005,
  'com.ua': 0.005,
  'com.ve': 0.003,
  'com.vn': 0.003,
  biz: 0.005,
  fi: 0.005,
  gr: 0.005,
  hu: 0.005,
  ie: 0.005,
  jp: 0.005,
  no: 0.005,
  pt: 0.005,
  ro: 0.005,
  sk: 0.003,
  ua: 0.003,
  uk: 0.003,
  us: 0.003,
})

const shares: ReadonlyMap<string, number> = new Map(common)
const RARE = 0.002

/** True for an ending that many people type. */
export const isCommon = (ending: string): boolean => shares.has(ending)

/** How much rarer an ending is than `com`, in nats. */
export const rarity = (ending: string): number => -Math.log(shares.get(ending) ?? RARE)

/**
 * Registries in whose names mistyped ones of a larger registry gather, with how often the larger one was meant: less often
 * than not, since these are the endings of whole countries, and `.co` is chosen on purpose by many.
 */
export const MAGNETS: ReadonlyMap<string, { readonly meant: string; readonly probability: number }> = new Map([
  ['cm', { meant: 'com', probability: 0.45 }],
  ['om', { meant: 'com', probability: 0.45 }],
  ['co', { meant: 'com', probability: 0.3 }],
  ['ne', { meant: 'net', probability: 0.45 }],
  ['et', { meant: 'net', probability: 0.45 }],
])

/** The labels below which registries sell names, where they do not sell them directly. */
const secondLevel = new Set(['co', 'com', 'net', 'org', 'ac', 'edu', 'gov', 'gob', 'ne', 'or', 'go', 'nom', 'gen'])

/** A label that no registry sells names below, to ask the list with. */
const PROBE = 'no-such-label'

/** Of a pure answer: endings are few, and the list takes its time. */
function remembered(answer: (ending: string) => boolean): (ending: string) => boolean {
  const known = new Map<string, boolean>()
  return (ending) => {
    const before = known.get(ending)
    if (before !== undefined) return before
    const found = answer(ending)
    if (known.size >= MOST_REMEMBERED) known.clear()
    known.set(ending, found)
    return found
  }
}

const MOST_REMEMBERED = 1_000

/** True for an ending of the registries' own part of the Public Suffix List. */
export const exists = remembered((ending) => {
  const { publicSuffix, isIcann } = parse(`${PROBE}.${ending}`, { validateHostname: false })
  if (isIcann === true) return publicSuffix === ending || !ending.includes('.')
  // Below `za` nothing is registered directly, so that only longer endings are listed.
  return !ending.includes('.') && ['co', 'com'].some((second) => parse(`${second}.${ending}`).isIcann === true)
})

/** True where somebody else than the registry sells names below it, such as `co.pl`. */
export const isSold = remembered((ending) => {
  const options = { validateHostname: false, allowPrivateDomains: true }
  const { publicSuffix, isPrivate } = parse(`${PROBE}.${ending}`, options)
  return publicSuffix === ending && isPrivate === true
})

/** `com.com`, `comcom`: the ending was typed, or completed, twice. */
export const twice = (ending: string): string | null => /^(com|net|org)\.?\1$/.exec(ending)?.[1] ?? null

export interface Split {
  /** What is left of the label, without dot; empty in most addresses. */
  readonly below: string
  readonly label: string
  readonly ending: string
}

/** Parts a domain where its owner's label ends; an ending of two labels need not exist, as in `example.co.ul`. */
export function split(domain: string): Split {
  const labels = domain.split('.')
  const registered = labels.length > 2 && secondLevel.has(labels.at(-2) ?? '') ? 2 : 1
  const at = labels.length - registered - 1
  const ending = labels.slice(at + 1).join('.')
  return { below: labels.slice(0, Math.max(0, at)).join('.'), label: labels[at] ?? '', ending }
}

export interface Meant {
  readonly ending: string
  readonly probability: number
}

const GOES_ON = 5.5
/** Any one slip, or two common ones. */
const FARTHEST = 7.6

/** The ending meant by one that no registry has, or null; the probability is that of its being this and not another. */
export function meantEnding(typed: string): Meant | null {
  const sibling = siblingOf(typed)
  if (sibling !== null) return { ending: sibling, probability: 0.85 }
  const begun = beginnings.get(typed)
  if (begun !== undefined) return { ending: begun, probability: 0.6 }
  if (typed.length < 2 || typed.length > LONGEST_ENDING) return null
  const found = common.flatMap(([ending, share]) => {
    const apart = endingDistance(typed, ending)
    return apart > FARTHEST ? [] : [{ ending, weight: share * Math.exp(-apart), apart }]
  })
  const best = found.toSorted((one, other) => other.weight - one.weight)[0]
  if (best === undefined) return null
  const all = found.reduce((sum, { weight }) => sum + weight, 0)
  return { ending: best.ending, probability: (best.weight / all) * (best.apart < 5 ? 0.95 : 0.85) }
}

const LONGEST_ENDING = 10
/** Where somebody stopped typing behind the first letter; another letter may be the last of any country. */
const beginnings = new Map([
  ['c', 'com'],
  ['n', 'net'],
  ['o', 'org'],
])

/** How far an ending is from another; one that goes on behind its end (`comme`, `com1`) is a slip of its own. */
export function endingDistance(typed: string, meant: string): number {
  const rest = typed.startsWith(meant) ? typed.slice(meant.length) : ''
  const goesOn = /^[^.]{1,2}$/.test(rest) ? GOES_ON : Infinity
  return Math.min(goesOn, distance(typed, meant, FARTHEST))
}

/** `co.ar` for `com.ar`, `com.uk` for `co.uk`, `cobr` and `couk`: the country is right, and its registry has one of them. */
function siblingOf(typed: string): string | null {
  const [, second = '', country = ''] = /^(com?|org?|net?|ac|edu|go[bv]?)\.?([a-z]{2})$/.exec(typed) ?? []
  if (country === '' || !exists(country)) return null
  const spelled = `${second}.${country}`
  const sibling = `${siblings.get(second) ?? second}.${country}`
  // Without its dot it may as well be `org` with a letter too many: then only an ending that people type will do.
  if (typed !== spelled) return [spelled, sibling].find((ending) => shares.has(ending)) ?? null
  return exists(sibling) && !isSold(spelled) ? sibling : null
}

/** What one registry calls `co` is `com` at another. */
const siblings = new Map([
  ['co', 'com'],
  ['com', 'co'],
  ['or', 'org'],
  ['org', 'or'],
  ['ne', 'net'],
  ['net', 'ne'],
  ['gob', 'gov'],
  ['gov', 'gob'],
  ['edu', 'ac'],
  ['ac', 'edu'],
])

/** `com` and `co` with one common slip, as the second label of an ending that people type: `cmo.br`, `cp.uk`. Or null. */
export function meantSecondLevel(label: string, country: string): string | null {
  if (label.length > LONGEST_SECOND_LEVEL || exists(`${label}.${country}`) || isSold(`${label}.${country}`)) return null
  const near = ['com', 'co', 'org'].filter((second) => distance(label, second, WEIGHT.neighbourBesides) < Infinity)
  const meant = near.find((second) => shares.has(`${second}.${country}`))
  return meant === undefined ? null : `${meant}.${country}`
}

/** `com`, and a letter too many. */
const LONGEST_SECOND_LEVEL = 4
