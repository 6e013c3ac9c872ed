// What the records of this room have in common: tags, separated by semicolons, and a reading that says what was wrong.

/**
 * A record that was read. `faults` are what its standard does not allow, and readers pass over; `notices` are what they take
 * as it was meant, or what counts no more. Each completes a sentence about the record.
 */
export type Parsed<T> =
  | { readonly ok: true; readonly record: T; readonly faults: readonly string[]; readonly notices: readonly string[] }
  | { readonly ok: false; readonly detail: string }

export interface Tag {
  readonly name: string
  readonly value: string
}

/**
 * Text as master files and look-up tools show it: character-strings in quotes, one after the other (RFC 1035 §5.1). Anything
 * else stays as it is.
 */
export function unquoted(text: string): string {
  const strings = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inside = '']) => inside.replaceAll(/\\(.)/g, '$1'))
  return /^\s*"/.test(text) && strings.length > 0 ? strings.join('') : text
}

/** An extension's name and value, as MTA-STS and TLSRPT have them alike (RFC 8461 §3.1, RFC 8460 §3). */
const EXTENSION = /^[a-z0-9][a-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+$/i

export function isExtension(tag: Tag | null): boolean {
  return tag !== null && EXTENSION.test(`${tag.name}=${tag.value}`)
}

/** Without blanks and tabs around it: an expression for its end would begin anew at every blank within. */
export function trimmed(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text[from])) from += 1
  while (to > from && isBlank(text[to - 1])) to -= 1
  return text.slice(from, to)
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t'

/** Text of others, as far as anybody reads it: records have up to 64 KB. */
export function shown(text: string, most = 1_000): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** The parts between semicolons, an empty one at the end left out. */
export function partsOf(text: string): string[] {
  const parts = text.split(';').map(trimmed)
  return parts.at(-1) === '' ? parts.slice(0, -1) : parts
}

/** Null where the part is no `name=value`; white space around both is left out. */
export function tagOf(part: string): Tag | null {
  const at = part.indexOf('=')
  return at <= 0 ? null : { name: trimmed(part.slice(0, at)), value: trimmed(part.slice(at + 1)) }
}

export function repeated(tags: readonly Tag[]): string | null {
  const seen = new Set<string>()
  for (const { name } of tags) {
    if (seen.has(name)) return name
    seen.add(name)
  }
  return null
}

/** Of all TXT records at a name, the one that is this protocol's. */
export type Chosen =
  | { readonly kind: 'one'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'several' }

export function chosen(texts: readonly string[], isOurs: (text: string) => boolean): Chosen {
  const [text, another] = texts.filter(isOurs)
  if (text === undefined) return { kind: 'none' }
  return another === undefined ? { kind: 'one', text } : { kind: 'several' }
}
