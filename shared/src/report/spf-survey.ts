// An SPF record as its owner has to see it: all it leads to, whoever sends, with what that costs and where it goes wrong.
import { type Asking, isAskable, textsOf } from './asking.ts'
import { chosen } from './record.ts'
import { MOST_LOOKUPS } from './spf.ts'
import { needsValidatedName, parseMacros } from './spf-macro.ts'
import { type Directive, isSpf, type ParsedSpf, parseSpf, type Qualifier, type SpfRecord } from './spf-record.ts'

export interface SpfSurvey {
  readonly status: 'one' | 'none' | 'several' | 'error' | 'unlearned'
  readonly text: string | null
  /** Term and detail of the first error, in the record or in what it includes. */
  readonly error: { readonly domain: string; readonly term: string; readonly detail: string } | null
  /** Terms that a receiver looks up in the worst case, counted as far as the limit matters. */
  readonly lookups: number
  /** Look-ups that found nothing, as far as they depend on nobody's address. */
  readonly voids: number
  /** What it ends in; null without `all`, its own or a redirect's. */
  readonly all: Qualifier | null
  readonly usesPtr: boolean
  /** Names that lead back to themselves, and that have no record to be included. */
  readonly loops: readonly string[]
  readonly broken: readonly string[]
  /** Every domain whose record counts, with how deep it lies. */
  readonly included: readonly { readonly domain: string; readonly depth: number }[]
}

interface Walk {
  lookups: number
  voids: number
  usesPtr: boolean
  error: SpfSurvey['error']
  readonly loops: string[]
  readonly broken: string[]
  readonly included: { domain: string; depth: number }[]
}

interface Place {
  readonly domain: string
  readonly depth: number
  /** Domains that led here. */
  readonly path: readonly string[]
}

const NOTHING = {
  lookups: 0,
  voids: 0,
  all: null,
  usesPtr: false,
  loops: [],
  broken: [],
  included: [],
  error: null,
} as const
/** Records are looked up this far beyond the limit, to tell by how much it is passed. */
const FAR = 2 * MOST_LOOKUPS

export function* surveySpf(domain: string): Asking<SpfSurvey> {
  const [answer] = yield [{ name: domain, type: 'TXT' }]
  const texts = textsOf(answer)
  if (texts === null) return { ...NOTHING, status: 'unlearned', text: null }
  const found = chosen(texts, isSpf)
  if (found.kind !== 'one') return { ...NOTHING, status: found.kind, text: null }
  const walk: Walk = { lookups: 0, voids: 0, usesPtr: false, error: null, loops: [], broken: [], included: [] }
  const all = yield* walkRecord(walk, { domain, depth: 0, path: [domain] }, found.text)
  return { ...walk, all, status: walk.error === null ? 'one' : 'error', text: found.text }
}

function* walkRecord(walk: Walk, place: Place, text: string): Asking<Qualifier | null> {
  const parsed = parseSpf(text)
  if (!parsed.ok) return noted(walk, place, parsed)
  const { directives, redirect } = parsed.record
  countTerms(walk, parsed.record)
  yield* askVoids(walk, place, directives)
  for (const name of includesOf(directives)) yield* follow(walk, place, name)
  const own = directives.find(({ mechanism }) => mechanism.kind === 'all')
  if (own !== undefined) return own.qualifier
  return redirect === null || isOfSender(redirect) ? null : yield* follow(walk, place, redirect)
}

function noted(walk: Walk, { domain }: Place, { term, detail }: Extract<ParsedSpf, { ok: false }>): null {
  walk.error ??= { domain, term, detail }
  return null
}

const LOOKED_UP: readonly string[] = ['include', 'a', 'mx', 'ptr', 'exists']

function countTerms(walk: Walk, { directives, redirect }: SpfRecord): void {
  const isAllThere = directives.some(({ mechanism }) => mechanism.kind === 'all')
  const looked = directives.filter(({ mechanism }) => LOOKED_UP.includes(mechanism.kind))
  const specs = looked.flatMap(({ mechanism }) => ('domain' in mechanism ? (mechanism.domain ?? []) : []))
  // RFC 7208 §4.6.4: a name that is made of the sender's own is looked up for it.
  walk.lookups += looked.length + [...specs, isAllThere ? '' : (redirect ?? '')].filter(isOfValidatedName).length
  // RFC 7208 §6.1: behind `all` a redirect is ignored.
  walk.lookups += redirect !== null && !isAllThere ? 1 : 0
  walk.usesPtr ||= directives.some(({ mechanism }) => mechanism.kind === 'ptr')
}

const isOfValidatedName = (spec: string): boolean => needsValidatedName(parseMacros(spec) ?? [])

/** Macros of a sender cannot be looked up without one. */
const isOfSender = (spec: string): boolean => spec.includes('%')

function includesOf(directives: readonly Directive[]): string[] {
  return directives.flatMap(({ mechanism }) =>
    mechanism.kind === 'include' && !isOfSender(mechanism.domain) ? [mechanism.domain] : [],
  )
}

function* follow(walk: Walk, { depth, path }: Place, name: string): Asking<Qualifier | null> {
  const domain = name.replace(/\.$/, '').toLowerCase()
  if (path.includes(domain)) {
    walk.loops.push(domain)
    return null
  }
  if (walk.included.length >= FAR || !isAskable(domain)) return null
  walk.included.push({ domain, depth: depth + 1 })
  const [answer] = yield [{ name: domain, type: 'TXT' }]
  const texts = textsOf(answer)
  if (texts === null) return null
  const found = chosen(texts, isSpf)
  if (texts.length === 0) walk.voids += 1
  if (found.kind !== 'one') {
    walk.broken.push(domain)
    return null
  }
  return yield* walkRecord(walk, { domain, depth: depth + 1, path: [...path, domain] }, found.text)
}

/** What `a` and `mx` name, side by side: those that are not there count against every sender. */
function* askVoids(walk: Walk, { domain }: Place, directives: readonly Directive[]): Asking<void> {
  const questions = directives.flatMap(({ mechanism }) => {
    if (mechanism.kind !== 'a' && mechanism.kind !== 'mx') return []
    const name = mechanism.domain ?? domain
    return isOfSender(name) || !isAskable(name) ? [] : [{ name, type: mechanism.kind === 'mx' ? 'MX' : 'A' } as const]
  })
  if (questions.length === 0 || questions.length > MOST_LOOKUPS) return
  const answers = yield questions
  walk.voids += answers.filter(({ kind }) => kind === 'nxdomain' || kind === 'nodata').length
}
