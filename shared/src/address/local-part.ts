// The local part of an address: dot-strings, quoted strings and their internationalized kin, for the parser and for print.
import { octets } from './octets.ts'
import { refuse, type Refused } from './refusal.ts'

/** RFC 5321 §4.5.3.1.1, in octets. */
const LONGEST = 64

export interface LocalRead {
  readonly ok: true
  /** As RCPT says it: NFC, in quotation marks only where it needs them. */
  readonly localPart: string
  /** What the local part names, without quoting. */
  readonly content: string
  readonly wasQuoted: boolean
  /** Offset behind it, where the `@` has to be. */
  readonly end: number
}

/** RFC 5321 §4.1.2 Atom, extended by RFC 6531 §3.3 with everything above ASCII. */
const atext = /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]|\P{ASCII}/u
const dotString = new RegExp(`^(?:${atext.source})+(?:\\.(?:${atext.source})+)*$`, 'u')

/** The same without anything above ASCII: what nearly everybody types, and nothing has to be looked for in. */
const plain = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*$/

/** Reads the local part at the beginning of a text that holds an `@`. Linear. */
export function readLocalPart(text: string): LocalRead | Refused {
  return text.startsWith('"') ? readQuoted(text) : readDotString(text)
}

function readDotString(text: string): LocalRead | Refused {
  const end = text.indexOf('@')
  const local = text.slice(0, end)
  if (local.length <= LONGEST && plain.test(local))
    return { ok: true, localPart: local, content: local, wasQuoted: false, end }
  if (end === 0) return refuse('syntax.local.empty', 0)
  const odd = [...local.matchAll(/[^]/g)].find(([unit]) => unit !== '.' && !atext.test(unit))
  if (odd !== undefined) return refuse(oddRule(odd[0]), odd.index)
  const dot = /^\.|\.(?=\.|$)/.exec(local)
  if (dot !== null) return refuse('syntax.local.dot', dot.index)
  return finish({ content: local, wasQuoted: false, start: 0, end })
}

function oddRule(unit: string): 'syntax.comment' | 'syntax.local.space' | 'syntax.local.character' {
  if (unit === '(') return 'syntax.comment'
  return /\s/.test(unit) ? 'syntax.local.space' : 'syntax.local.character'
}

/** qtextSMTP and quoted-pairSMTP of RFC 5321 §4.1.2; RFC 6531 §3.3 adds UTF-8 to the first, not to the second. */
const quotedString = /^"((?:[ !#-[\]-~]|\P{ASCII}|\\[ -~])*)"/u

function readQuoted(text: string): LocalRead | Refused {
  const match = quotedString.exec(text)
  if (match === null) return refuse('syntax.local.quotes', 0)
  const end = match[0].length
  if (text.charAt(end) !== '@') return refuse('syntax.local.quotes', end)
  return finish({ content: (match[1] ?? '').replace(/\\([^])/g, '$1'), wasQuoted: true, start: 1, end })
}

interface Found {
  readonly content: string
  readonly wasQuoted: boolean
  readonly start: number
  readonly end: number
}

function finish({ content, wasQuoted, start, end }: Found): LocalRead | Refused {
  const unsafe = unsafeAt(content)
  if (unsafe !== -1) return refuse('syntax.local.unsafe_character', start + unsafe)
  // RFC 6532 §3.1: NFC, as every keyboard but one types it.
  const normal = content.normalize('NFC')
  const localPart = printLocalPart(normal)
  if (octets(localPart) > LONGEST) return refuse('syntax.local.too_long', start)
  return { ok: true, localPart, content: normal, wasQuoted, end }
}

/** The local part on the wire: quotation marks and backslashes only where a dot-string will not do (RFC 5321 §4.1.2). */
const printLocalPart = (content: string): string =>
  dotString.test(content) ? content : `"${content.replace(/["\\]/g, '\\$&')}"`

/** Letters, marks, numbers, punctuation and symbols; what is invisible, private, unassigned or reorders text is unsafe. */
const visible = /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u
/** Joiners are letters' business in Persian and Indic scripts and hold emoji together: fine between such neighbours. */
const joined = /(?<=\P{ASCII})[\u200c\u200d](?=\P{ASCII})/gu

function unsafeAt(content: string): number {
  const joiners = new Set([...content.matchAll(joined)].map(({ index }) => index))
  let before = '.'
  let at = 0
  for (const character of content) {
    if (character > '\u007f' && !joiners.has(at) && !isSafe(character, before)) return at
    before = character
    at += character.length
  }
  return -1
}

/** A mark needs a letter to stand on, and NFC must not make a special character of ASCII (U+037E becomes `;`). */
function isSafe(character: string, before: string): boolean {
  if (!visible.test(character)) return false
  if (/\p{M}/u.test(character) && before === '.') return false
  const normal = character.normalize('NFC')
  return normal > '\u007f' || atext.test(normal)
}
