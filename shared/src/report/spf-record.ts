// An SPF record as it is written (RFC 7208 §4.6, §12): its terms, or what is wrong with it.
import { type Cidr, parseAddress } from '../dns/ip.ts'
import { chosen, type Chosen } from './record.ts'
import { isDomainSpec, parseMacros } from './spf-macro.ts'

const QUALIFIERS = ['+', '-', '~', '?'] as const
export type Qualifier = (typeof QUALIFIERS)[number]

/** `domain` is a domain-spec as written, null where the record's own domain is meant; lengths are of blocks. */
export type Mechanism =
  | { readonly kind: 'all' }
  | { readonly kind: 'include' | 'exists'; readonly domain: string }
  | { readonly kind: 'a' | 'mx'; readonly domain: string | null; readonly v4Length: number; readonly v6Length: number }
  | { readonly kind: 'ptr'; readonly domain: string | null }
  | { readonly kind: 'ip4' | 'ip6'; readonly block: Cidr }

export interface Directive {
  readonly qualifier: Qualifier
  readonly mechanism: Mechanism
  /** As written. */
  readonly term: string
}

export interface SpfRecord {
  readonly directives: readonly Directive[]
  readonly redirect: string | null
  readonly exp: string | null
}

export type ParsedSpf =
  | { readonly ok: true; readonly record: SpfRecord }
  /** `detail` completes a sentence about the term. */
  | { readonly ok: false; readonly term: string; readonly detail: string }

/** RFC 7208 §4.5: records that do not begin so are left out; several that are left are an error. */
export function chosenSpf(texts: readonly string[]): Chosen {
  return chosen(texts, (text) => /^v=spf1(?: |$)/i.test(text))
}

/** The part behind the version; `text` is one whole TXT record. */
export function parseSpf(text: string): ParsedSpf {
  const directives: Directive[] = []
  const modifiers = new Map<string, string>()
  for (const term of text.slice('v=spf1'.length).split(' ').filter(Boolean)) {
    const modifier = /^([a-z][a-z0-9\-_.]*)=(.*)$/is.exec(term)
    const wrong = modifier === null ? addDirective(directives, term) : addModifier(modifiers, modifier)
    if (wrong !== null) return { ok: false, term, detail: wrong }
  }
  return {
    ok: true,
    record: { directives, redirect: modifiers.get('redirect') ?? null, exp: modifiers.get('exp') ?? null },
  }
}

/** RFC 7208 §6: those that are known stand once; all others are ignored if they are well formed. */
function addModifier(known: Map<string, string>, [, name = '', value = '']: RegExpExecArray): string | null {
  const key = name.toLowerCase()
  if (key !== 'redirect' && key !== 'exp') {
    return value === '' || parseMacros(value) !== null ? null : 'is no modifier: its value is no macro-string'
  }
  if (known.has(key)) return 'stands there twice'
  if (!isDomainSpec(value)) return 'names no domain'
  known.set(key, value)
  return null
}

function addDirective(directives: Directive[], term: string): string | null {
  const [, sign, name = '', rest = ''] = /^([-+~?]?)([a-z0-9]+)(.*)$/is.exec(term) ?? []
  const mechanism = mechanismOf(name.toLowerCase(), rest)
  if (typeof mechanism === 'string') return mechanism
  const qualifier = QUALIFIERS.find((one) => one === sign) ?? '+'
  directives.push({ qualifier, mechanism, term })
  return null
}

function mechanismOf(name: string, rest: string): Mechanism | string {
  const read = READERS.get(name)
  return read === undefined ? 'is no mechanism' : read(rest)
}

const READERS: ReadonlyMap<string, (rest: string) => Mechanism | string> = new Map([
  ['all', (rest) => (rest === '' ? { kind: 'all' } : 'has something behind "all"')],
  ['include', (rest) => named('include', rest)],
  ['exists', (rest) => named('exists', rest)],
  ['a', (rest) => addressed('a', rest)],
  ['mx', (rest) => addressed('mx', rest)],
  [
    'ptr',
    (rest) => (rest === '' || isNamed(rest) ? { kind: 'ptr', domain: rest.slice(1) || null } : 'names no domain'),
  ],
  ['ip4', (rest) => network('ip4', rest)],
  ['ip6', (rest) => network('ip6', rest)],
])

function named(kind: 'include' | 'exists', rest: string): Mechanism | string {
  return isNamed(rest) ? { kind, domain: rest.slice(1) } : 'names no domain'
}

const isNamed = (rest: string): boolean => rest.startsWith(':') && isDomainSpec(rest.slice(1))

/** `[":" domain-spec] ["/" v4 length] ["//" v6 length]`; slashes may stand in the domain-spec, but for its end. */
function addressed(kind: 'a' | 'mx', rest: string): Mechanism | string {
  const [, name = '', v4, v6] = /^(.*?)(?:\/(\d+))?(?:\/\/(\d+))?$/s.exec(rest) ?? []
  if (name !== '' && !isNamed(name)) return 'names no domain'
  const [v4Length, v6Length] = [lengthOf(v4, 32), lengthOf(v6, 128)]
  if (v4Length === null || v6Length === null) return 'has no length of a block'
  return { kind, domain: name.slice(1) || null, v4Length, v6Length }
}

/** Without leading zeros; the whole width where nothing is said, null where it is no length. */
function lengthOf(text: string | undefined, width: number): number | null {
  if (text === undefined) return width
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= width ? Number(text) : null
}

function network(kind: 'ip4' | 'ip6', rest: string): Mechanism | string {
  const [, text = '', suffix] = /^:([^/]*)(?:\/(.*))?$/s.exec(rest) ?? []
  const address = parseAddress(text)
  if (address === null || address.width !== (kind === 'ip4' ? 32 : 128)) return 'names no address of its family'
  const length = lengthOf(suffix, address.width)
  return length === null ? 'has no length of a block' : { kind, block: { ...address, length } }
}
