// SPF for one sender (RFC 7208 §4): the record's terms in order, with their look-ups counted, until one of them decides.
import { holds } from '../dns/ip.ts'
import { type Asking, exchangesOf, isAskable, textsOf } from './asking.ts'
import { isNear, type SenderAddress, senderAddress } from './spf-address.ts'
import { expand, type MacroContext, needsValidatedName, parseMacros } from './spf-macro.ts'
import { chosenSpf, type Directive, type Mechanism, parseSpf, type Qualifier, type SpfRecord } from './spf-record.ts'

type SpfResult = 'none' | 'neutral' | 'pass' | 'fail' | 'softfail' | 'temperror' | 'permerror'

export interface Sender {
  /** Text of the address that connects. */
  readonly ip: string
  /** The mailbox of MAIL FROM; with an empty local part it is postmaster's (RFC 7208 §4.3). */
  readonly local: string
  readonly domain: string
  readonly helo: string
  /** Who asks, for explanations. */
  readonly receiver: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

interface SpfVerdict {
  readonly result: SpfResult
  /** The domain's own words on a `fail`; null where it has none that can be said. */
  readonly explanation: string | null
  /** Terms that were looked up, and look-ups that found nothing. */
  readonly lookups: number
  readonly voids: number
}

/** RFC 7208 §4.6.4. */
export const MOST_LOOKUPS = 10
export const MOST_VOIDS = 2
const MOST_NAMES = 10

const RESULT_OF: Readonly<Record<Qualifier, SpfResult>> = { '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' }

interface Run {
  readonly sender: Sender
  readonly address: SenderAddress
  lookups: number
  voids: number
}

interface Ended {
  readonly result: SpfResult
  /** Where the explanation of a `fail` lies, and of whose record that is. */
  readonly exp: { readonly spec: string; readonly domain: string } | null
}

const ended = (result: SpfResult): Ended => ({ result, exp: null })

export function* checkHost(sender: Sender): Asking<SpfVerdict> {
  const address = senderAddress(sender.ip)
  if (address === null) return { result: 'permerror', explanation: null, lookups: 0, voids: 0 }
  const run: Run = { sender: { ...sender, local: sender.local || 'postmaster' }, address, lookups: 0, voids: 0 }
  const { result, exp } = isMailDomain(sender.domain) ? yield* checkDomain(run, sender.domain) : ended('none')
  const explanation = result === 'fail' && exp !== null ? yield* explain(run, exp) : null
  return { result, explanation, lookups: run.lookups, voids: run.voids }
}

function isMailDomain(domain: string): boolean {
  const bare = domain.replace(/\.$/, '')
  return isAskable(bare) && bare.includes('.') && !bare.startsWith('[')
}

function* checkDomain(run: Run, domain: string): Asking<Ended> {
  const [answer] = yield [{ name: domain.replace(/\.$/, ''), type: 'TXT' }]
  const texts = textsOf(answer)
  if (texts === null) return ended('temperror')
  const found = chosenSpf(texts)
  if (found.kind === 'none') return ended('none')
  const parsed = found.kind === 'one' ? parseSpf(found.text) : null
  if (parsed?.ok !== true) return ended('permerror')
  return yield* evaluate(run, domain, parsed.record)
}

function* evaluate(run: Run, domain: string, { directives, redirect, exp }: SpfRecord): Asking<Ended> {
  for (const directive of directives) {
    const match = yield* matches(run, domain, directive)
    if (typeof match === 'string') return ended(match)
    const result = RESULT_OF[directive.qualifier]
    if (match) return { result, exp: exp === null ? null : { spec: exp, domain } }
  }
  if (redirect === null) return ended('neutral')
  if (isSpent(run)) return ended('permerror')
  const target = yield* nameOf(run, domain, redirect)
  if (target === null || !isAskable(target)) return ended('permerror')
  const there = yield* checkDomain(run, target)
  return there.result === 'none' ? ended('permerror') : there
}

/** Counts one more term that is looked up (RFC 7208 §4.6.4). */
function isSpent(run: Run): boolean {
  run.lookups += 1
  return run.lookups > MOST_LOOKUPS
}

type Match = boolean | 'temperror' | 'permerror'

function* matches(run: Run, domain: string, { mechanism }: Directive): Asking<Match> {
  if (mechanism.kind === 'all') return true
  if ('block' in mechanism) return holds(mechanism.block, run.address)
  if (isSpent(run)) return 'permerror'
  const named = mechanism.domain === null ? domain : yield* nameOf(run, domain, mechanism.domain)
  if (named === null) return 'permerror'
  const target = named.replace(/\.$/, '')
  // RFC 7208 §4.8: a name that cannot be asked for is one that does not exist.
  if (!isAskable(target)) return mechanism.kind === 'include' ? 'permerror' : false
  return yield* lookedUp(run, target, mechanism)
}

type LookedUp = Extract<Mechanism, { domain: string | null }>

function* lookedUp(run: Run, target: string, mechanism: LookedUp): Asking<Match> {
  switch (mechanism.kind) {
    case 'include': {
      const { result } = yield* checkDomain(run, target)
      if (result === 'temperror') return result
      return result === 'permerror' || result === 'none' ? 'permerror' : result === 'pass'
    }
    case 'exists': {
      const [found] = yield [{ name: target, type: 'A' }]
      return counted(run, textsOf(found), (addresses) => addresses.length > 0)
    }
    case 'a': {
      const [found] = yield [{ name: target, type: typeFor(run) }]
      return counted(run, textsOf(found), (addresses) => addresses.some((one) => isBeside(run, one, mechanism)))
    }
    case 'mx':
      return yield* matchesMx(run, target, mechanism)
    case 'ptr': {
      const names = yield* validatedNames(run)
      return run.voids > MOST_VOIDS ? 'permerror' : names.some((name) => isWithin(name, target))
    }
  }
}

const typeFor = ({ address }: Run): 'A' | 'AAAA' => (address.width === 32 ? 'A' : 'AAAA')

function isBeside(
  { address }: Run,
  other: string,
  { v4Length, v6Length }: { v4Length: number; v6Length: number },
): boolean {
  return isNear(address, other, { v4: v4Length, v6: v6Length })
}

function isWithin(name: string, domain: string): boolean {
  const [inner, outer] = [name.toLowerCase(), domain.toLowerCase()]
  return inner === outer || inner.endsWith(`.${outer}`)
}

/** A look-up that found nothing counts; a third one is an error of the record's (RFC 7208 §4.6.4). */
function counted<T>(run: Run, data: readonly T[] | null, test: (data: readonly T[]) => boolean): Match {
  if (data === null) return 'temperror'
  if (data.length === 0) run.voids += 1
  return run.voids > MOST_VOIDS ? 'permerror' : test(data)
}

function* matchesMx(run: Run, target: string, lengths: { v4Length: number; v6Length: number }): Asking<Match> {
  const [found] = yield [{ name: target, type: 'MX' }]
  const exchanges = exchangesOf(found)
  const isThere = counted(run, exchanges, (data) => data.length > 0)
  if (isThere !== true || exchanges === null) return isThere
  if (exchanges.length > MOST_NAMES) return 'permerror'
  const names = exchanges.map(({ exchange }) => exchange).filter(isAskable)
  const answers = yield names.map((name) => ({ name, type: typeFor(run) }))
  for (const answer of answers) {
    const addresses = textsOf(answer)
    if (addresses === null) return 'temperror'
    if (addresses.some((one) => isBeside(run, one, lengths))) return true
  }
  return false
}

/** Names of the sender's address that lead back to it (RFC 7208 §5.5); faults leave names out, and are none of the record's. */
function* validatedNames(run: Run): Asking<readonly string[]> {
  const [found] = yield [{ name: run.address.reverseName, type: 'PTR' }]
  const names = (textsOf(found) ?? []).slice(0, MOST_NAMES).filter(isAskable)
  if (textsOf(found)?.length === 0) run.voids += 1
  if (names.length === 0) return []
  const answers = yield names.map((name) => ({ name, type: typeFor(run) }))
  const lengths = { v4Length: 32, v6Length: 128 }
  return names.filter((_, n) => (textsOf(answers[n]) ?? []).some((one) => isBeside(run, one, lengths)))
}

/** What a domain-spec comes to, null where a limit is passed; too long a name loses labels from its left (RFC 7208 §7.3). */
function* nameOf(run: Run, domain: string, spec: string): Asking<string | null> {
  const parts = parseMacros(spec) ?? []
  const validated = needsValidatedName(parts) ? yield* validatedFor(run, domain) : 'unknown'
  if (validated === null) return null
  let name = expand(parts, contextOf(run, domain, validated)).replace(/\.$/, '')
  while (name.length > 253 && name.includes('.')) name = name.slice(name.indexOf('.') + 1)
  return name
}

/** The domain itself before one within it before any other (RFC 7208 §7.3); the look-up counts as a term's does (§4.6.4). */
function* validatedFor(run: Run, domain: string): Asking<string | null> {
  if (isSpent(run)) return null
  const names = yield* validatedNames(run)
  if (run.voids > MOST_VOIDS) return null
  const same = names.find((name) => name.toLowerCase() === domain.toLowerCase())
  return same ?? names.find((name) => isWithin(name, domain)) ?? names[0] ?? 'unknown'
}

function contextOf({ sender, address }: Run, domain: string, validated: string): MacroContext {
  return {
    local: sender.local,
    senderDomain: sender.domain,
    domain,
    ip: address.macro,
    readableIp: address.readable,
    isV6: address.width === 128,
    helo: sender.helo,
    validated,
    receiver: sender.receiver,
    now: Math.floor(sender.now / 1_000),
  }
}

/** RFC 7208 §6.2: one record that can be said; anything else is no explanation, and no error. Its look-ups are not counted. */
function* explain(counted: Run, { spec, domain }: NonNullable<Ended['exp']>): Asking<string | null> {
  const run: Run = { ...counted, lookups: 0, voids: 0 }
  const name = yield* nameOf(run, domain, spec)
  if (name === null || !isAskable(name)) return null
  const [found] = yield [{ name, type: 'TXT' }]
  const [text, another] = textsOf(found) ?? []
  if (text === undefined || another !== undefined) return null
  const parts = parseMacros(text, true)
  if (parts === null) return null
  const validated = needsValidatedName(parts) ? yield* validatedFor(run, domain) : 'unknown'
  return expand(parts, contextOf(run, domain, validated ?? 'unknown'))
}
