// Macros of SPF (RFC 7208 §7): what a domain-spec says, and what it comes to for one sender.

/** Letters that stand for something anywhere, and those that do so in explanations only (RFC 7208 §7.2). */
const LETTERS = 'slodiphv'
const EXPLAINING = 'crt'

export interface MacroContext {
  readonly local: string
  /** Of the sender, and of the record that is being evaluated. */
  readonly senderDomain: string
  readonly domain: string
  /** As macros say it: dotted decimal, or 32 nibbles with dots between them. */
  readonly ip: string
  readonly readableIp: string
  readonly isV6: boolean
  readonly helo: string
  /** The validated name of the address, `unknown` where there is none. */
  readonly validated: string
  /** Of the machine that asks, and seconds since the epoch: in explanations alone. */
  readonly receiver: string
  readonly now: number
}

type MacroPart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'macro'
      readonly letter: string
      readonly escaped: boolean
      /** As many labels as are kept, from the right; null for all. */
      readonly keep: number | null
      readonly reversed: boolean
      readonly delimiters: string
    }

const MACRO = /^%\{([a-z])(\d*)(r?)([.\-+,/_=]*)\}/i
const ESCAPES: Readonly<Record<string, string>> = { '%%': '%', '%_': ' ', '%-': '%20' }

/** Null for what is no macro-string (RFC 7208 §7.1). */
export function parseMacros(text: string, isExplanation = false): readonly MacroPart[] | null {
  const parts: MacroPart[] = []
  for (let rest = text; rest !== ''; ) {
    const read = rest.startsWith('%') ? readMacro(rest, isExplanation) : readText(rest, isExplanation)
    if (read === null) return null
    parts.push(read.part)
    rest = rest.slice(read.length)
  }
  return parts
}

interface Read {
  readonly part: MacroPart
  readonly length: number
}

function readText(rest: string, isExplanation: boolean): Read | null {
  const [text = ''] = (isExplanation ? /^[\x20-\x24\x26-\x7e]+/ : /^[\x21-\x24\x26-\x7e]+/).exec(rest) ?? []
  return text === '' ? null : { part: { kind: 'text', text }, length: text.length }
}

function readMacro(rest: string, isExplanation: boolean): Read | null {
  const escape = ESCAPES[rest.slice(0, 2)]
  if (escape !== undefined) return { part: { kind: 'text', text: escape }, length: 2 }
  const found = MACRO.exec(rest)
  if (found === null) return null
  const [whole, letter = '', digits = '', reversed, delimiters = ''] = found
  const known = isExplanation ? LETTERS + EXPLAINING : LETTERS
  const keep = digits === '' ? null : Number(digits)
  if (!known.includes(letter.toLowerCase()) || keep === 0) return null
  const part = {
    kind: 'macro',
    letter: letter.toLowerCase(),
    escaped: letter !== letter.toLowerCase(),
    keep,
    reversed: reversed !== '',
    delimiters: delimiters === '' ? '.' : delimiters,
  } as const
  return { part, length: whole.length }
}

/** A macro-string with an end that can be a name: a top label that is no number, or a macro (RFC 7208 §7.1). */
export function isDomainSpec(text: string): boolean {
  const parts = parseMacros(text)
  const last = parts?.at(-1)
  if (last === undefined) return false
  if (last.kind === 'macro' || /%[%_-]$/.test(text)) return true
  const label = /\.([a-z0-9-]+)\.?$/i.exec(text)?.[1] ?? ''
  return /[a-z-]/i.test(label) && !label.startsWith('-') && !label.endsWith('-')
}

export function needsValidatedName(parts: readonly MacroPart[]): boolean {
  return parts.some((part) => part.kind === 'macro' && part.letter === 'p')
}

export function expand(parts: readonly MacroPart[], context: MacroContext): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : expandOne(part, context))).join('')
}

function expandOne(macro: Extract<MacroPart, { kind: 'macro' }>, context: MacroContext): string {
  const split = valueOf(macro.letter, context).split(new RegExp(`[${macro.delimiters.replaceAll(/[-/]/g, '\\$&')}]`))
  const ordered = macro.reversed ? split.toReversed() : split
  const kept = (macro.keep === null ? ordered : ordered.slice(-macro.keep)).join('.')
  return macro.escaped ? urlEscaped(kept) : kept
}

function valueOf(letter: string, context: MacroContext): string {
  switch (letter) {
    case 's':
      return `${context.local}@${context.senderDomain}`
    case 'l':
      return context.local
    case 'o':
      return context.senderDomain
    case 'd':
      return context.domain
    case 'i':
      return context.ip
    case 'p':
      return context.validated
    case 'v':
      return context.isV6 ? 'ip6' : 'in-addr'
    case 'h':
      return context.helo
    case 'c':
      return context.readableIp
    case 'r':
      return context.receiver
    default:
      return String(context.now)
  }
}

/** RFC 3986 §2.3: everything but the unreserved characters. */
function urlEscaped(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}
