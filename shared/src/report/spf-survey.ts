// An SPF record as its owner has to see it: all it leads to, whoever sends, with what that costs and where it goes wrong.
import { concludedFrom, type Dnssec } from '../dns/dnssec.ts'
import { type AnyAnswer, type Asking, isAskable, textsOf } from './asking.ts'
import { shown } from './record.ts'
import { MOST_LOOKUPS } from './spf.ts'
import { needsValidatedName, parseMacros } from './spf-macro.ts'
import { chosenSpf, type Directive, type ParsedSpf, parseSpf, type Qualifier, type SpfRecord } from './spf-record.ts'

export interface SpfTerm {
  /** Whose record it stands in. */
  readonly domain: string
  readonly term: string
}

export interface SpfSurvey {
  readonly status: 'one' | 'none' | 'several' | 'error' | 'unlearned'
  readonly text: string | null
  /** Of the answer at the domain itself: what is included lies in zones of others. Null where that is unlearned. */
  readonly dnssec: Dnssec | null
  /** Something was not learned, or depends on who sends: `lookups` and `voids` are lower bounds, and there may be more to find. */
  readonly partial: boolean
  /** The first error, in the record or in what it leads to. */
  readonly error: (SpfTerm & { readonly detail: string }) | null
  /** Terms that a receiver looks up in the worst case, counted as far as the limit matters. */
  readonly lookups: number
  /** Look-ups that found nothing, as far as they depend on nobody's address. */
  readonly voids: number
  /** What it ends in; null without `all`, its own or a redirect's, and where that was not learned. */
  readonly all: Qualifier | null
  /** Whose record is the last one and has neither `all` nor a redirect; null where there is none such, or nobody knows. */
  readonly endless: string | null
  /** Terms that let everybody in, whatever the others say. */
  readonly open: readonly SpfTerm[]
  readonly usesPtr: boolean
  /** Names that lead back to themselves, and that have no record to be included; twenty of each, at most. */
  readonly loops: readonly string[]
  readonly broken: readonly string[]
  /** Domains whose record counts, with how deep they lie first; twenty, at most. */
  readonly included: readonly { readonly domain: string; readonly depth: number }[]
}

/** What is learned on the way, as it is learned. */
interface Walk {
  lookups: number
  voids: number
  usesPtr: boolean
  partial: boolean
  error: SpfSurvey['error']
  endless: string | null
  /** Records that were gone to. */
  steps: number
  readonly open: SpfTerm[]
  readonly loops: Set<string>
  readonly broken: Set<string>
  readonly included: Map<string, number>
  readonly answers: Map<string, AnyAnswer | undefined>
}

interface Place {
  readonly domain: string
  readonly depth: number
  /** Domains that led here. */
  readonly path: readonly string[]
  /** Who passes here passes altogether: every include on the way has `+`. */
  readonly isGranting: boolean
  /** The survey's own record, or where that redirects to. */
  readonly isEnd: boolean
}

const NOTHING = {
  partial: false,
  error: null,
  lookups: 0,
  voids: 0,
  all: null,
  endless: null,
  open: [],
  usesPtr: false,
  loops: [],
  broken: [],
  included: [],
} as const

/** Records are read this far beyond the limit of look-ups, to tell by how much it is passed; more is not told of anything. */
const FAR = 2 * MOST_LOOKUPS
/** Of a term as it is written. */
const MOST_OF_TERM = 100

export function* surveySpf(domain: string): Asking<SpfSurvey> {
  const [answer] = yield [{ name: domain, type: 'TXT' }]
  const texts = textsOf(answer)
  const dnssec = concludedFrom([answer])
  if (texts === null) return { ...NOTHING, partial: true, status: 'unlearned', text: null, dnssec }
  const found = chosenSpf(texts)
  if (found.kind !== 'one') return { ...NOTHING, status: found.kind, text: null, dnssec }
  const walk = begun()
  const all = yield* walkRecord(walk, { domain, depth: 0, path: [domain], isGranting: true, isEnd: true }, found.text)
  const { loops, broken, included, steps: _steps, answers: _answers, ...learned } = walk
  return {
    ...learned,
    all,
    status: walk.error === null ? 'one' : 'error',
    text: found.text,
    dnssec,
    loops: [...loops],
    broken: [...broken],
    included: [...included].map(([name, depth]) => ({ domain: name, depth })),
  }
}

function begun(): Walk {
  const counted = {
    lookups: 0,
    voids: 0,
    steps: 0,
    usesPtr: false,
    partial: false,
    error: null,
    endless: null,
    open: [],
  }
  return { ...counted, loops: new Set(), broken: new Set(), included: new Map(), answers: new Map() }
}

function* walkRecord(walk: Walk, place: Place, text: string): Asking<Qualifier | null> {
  const parsed = parseSpf(text)
  if (!parsed.ok) return noted(walk, place, parsed)
  const { isGranting, isEnd } = place
  const { directives, all, redirect } = inForce(parsed.record)
  countTerms(walk, directives, redirect)
  yield* askVoids(walk, place, directives)
  for (const directive of directives) yield* walkTerm(walk, place, directive)
  if (redirect !== null) return yield* follow(walk, place, { name: redirect, isGranting, isEnd })
  if (all === null && isEnd) walk.endless = place.domain
  return all
}

function noted(walk: Walk, { domain }: Place, { term, detail }: Extract<ParsedSpf, { ok: false }>): null {
  walk.error ??= { domain, term: shown(term, MOST_OF_TERM), detail }
  return null
}

interface InForce extends Pick<SpfRecord, 'directives' | 'redirect'> {
  readonly all: Qualifier | null
}

/** RFC 7208 §5.1, §6.1: what stands behind `all` is ignored, and a redirect beside it. */
function inForce({ directives, redirect }: SpfRecord): InForce {
  const last = directives.findIndex(({ mechanism }) => mechanism.kind === 'all')
  if (last === -1) return { directives, redirect, all: null }
  return { directives: directives.slice(0, last + 1), redirect: null, all: directives[last]?.qualifier ?? null }
}

const LOOKED_UP: readonly string[] = ['include', 'a', 'mx', 'ptr', 'exists']

function countTerms(walk: Walk, directives: readonly Directive[], redirect: string | null): void {
  const specs = directives.flatMap(({ mechanism }) => ('domain' in mechanism ? (mechanism.domain ?? []) : []))
  walk.lookups += directives.filter(({ mechanism }) => LOOKED_UP.includes(mechanism.kind)).length
  walk.lookups += redirect === null ? 0 : 1
  // RFC 7208 §4.6.4: a name that is made of the sender's own is looked up for it.
  walk.lookups += [...specs, redirect ?? ''].filter(isOfValidatedName).length
  walk.usesPtr ||= directives.some(({ mechanism }) => mechanism.kind === 'ptr')
  walk.partial ||= specs.some(isOfSender)
}

const isOfValidatedName = (spec: string): boolean => needsValidatedName(parseMacros(spec) ?? [])

/** Macros of a sender cannot be looked up without one. */
const isOfSender = (spec: string): boolean => spec.includes('%')

function* walkTerm(walk: Walk, place: Place, { qualifier, mechanism, term }: Directive): Asking<void> {
  const isGranting = place.isGranting && qualifier === '+'
  if (mechanism.kind === 'include') {
    yield* follow(walk, place, { name: mechanism.domain, isGranting, isEnd: false })
    return
  }
  const isEverybody = mechanism.kind === 'all' || ('block' in mechanism && mechanism.block.length === 0)
  // Behind an error nobody passes (RFC 7208 §4.6).
  if (isEverybody && isGranting && walk.error === null) noteOpen(walk, place.domain, term)
}

function noteOpen({ open }: Walk, domain: string, term: string): void {
  const isKnown = open.some((one) => one.domain === domain && one.term === term)
  if (!isKnown && open.length < FAR) open.push({ domain, term })
}

interface Way extends Pick<Place, 'isGranting' | 'isEnd'> {
  readonly name: string
}

function* follow(walk: Walk, { depth, path }: Place, { name, isGranting, isEnd }: Way): Asking<Qualifier | null> {
  const domain = name.replace(/\.$/, '').toLowerCase()
  if (path.includes(domain)) return added(walk.loops, domain)
  if (!isOfSender(domain) && !isAskable(domain)) return added(walk.broken, shown(domain, MOST_OF_TERM))
  const texts = isOfSender(domain) || walk.steps >= FAR ? null : textsOf(yield* asked(walk, domain, depth + 1))
  if (texts === null) {
    walk.partial = true
    return null
  }
  const found = chosenSpf(texts)
  if (found.kind !== 'one') return added(walk.broken, domain)
  const place = { domain, depth: depth + 1, path: [...path, domain], isGranting, isEnd }
  return yield* walkRecord(walk, place, found.text)
}

function added(names: Set<string>, name: string): null {
  if (names.size < FAR) names.add(name)
  return null
}

/** A name is asked for once, and counts once among what found nothing. */
function* asked(walk: Walk, domain: string, depth: number): Asking<AnyAnswer | undefined> {
  walk.steps += 1
  if (!walk.answers.has(domain)) {
    const [answer] = yield [{ name: domain, type: 'TXT' }]
    walk.answers.set(domain, answer)
    walk.included.set(domain, depth)
    walk.voids += isVoid(answer) ? 1 : 0
  }
  return walk.answers.get(domain)
}

function isVoid(answer: AnyAnswer | undefined): boolean {
  return answer?.kind === 'nxdomain' || answer?.kind === 'nodata'
}

/** What `a` and `mx` name, side by side: those that are not there count against every sender. */
function* askVoids(walk: Walk, { domain }: Place, directives: readonly Directive[]): Asking<void> {
  const questions = directives.flatMap(({ mechanism }) => {
    if (mechanism.kind !== 'a' && mechanism.kind !== 'mx') return []
    const name = mechanism.domain ?? domain
    return isOfSender(name) || !isAskable(name) ? [] : [{ name, type: mechanism.kind === 'mx' ? 'MX' : 'A' } as const]
  })
  walk.partial ||= questions.length > MOST_LOOKUPS
  if (questions.length === 0 || questions.length > MOST_LOOKUPS) return
  const answers = yield questions
  walk.voids += answers.filter(isVoid).length
  walk.partial ||= answers.some(({ kind }) => kind === 'failure')
}
