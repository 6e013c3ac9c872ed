// How octets from a server become replies (RFC 5321 §4.2), and how a reply is made fit to be kept: for the prober's dialogue.
import type { Enhanced, Reply } from './codes.ts'
import { groupsHeard, vocabularyWords } from './meaning-words.ts'

/** RFC 5321 §4.5.3.1.5 counts the line end among its 512 octets; it is left out here, which forgives two octets. */
const MAX_LINE_OCTETS = 512
/** No server known to us says more than twenty lines; beyond a hundred it is a flood. */
const MAX_LINES = 100

/** What is left over between two chunks. Bounded by one line and `MAX_LINES` texts, whatever a server sends. */
export interface Framing {
  readonly finished: boolean
  readonly pending: string
  readonly pendingOctets: number
  readonly code: number | null
  readonly enhanced: Enhanced | null
  readonly lines: readonly string[]
}

export type ProtocolErrorCause = 'not_a_reply' | 'line_too_long' | 'too_many_lines' | 'code_changes'

export type Framed =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'protocol_error'; readonly why: ProtocolErrorCause }

interface Step {
  readonly state: Framing
  readonly framed: Framed | null
}

const between = { pending: '', pendingOctets: 0, code: null, enhanced: null, lines: [] } as const

/** The framing of a connection on which nothing has been said yet. */
export const emptyFraming: Framing = { finished: false, ...between }

/**
 * Takes the next piece of decoded text, cut anywhere, and gives the replies that it completes (RFC 5321 §4.2.1).
 * A lone LF ends a line as CR LF does. After a protocol error the framing is finished and ignores what follows.
 */
export function frame(state: Framing, chunk: string): { readonly state: Framing; readonly framed: readonly Framed[] } {
  const framed: Framed[] = []
  let now = state
  let at = 0
  while (!now.finished && at < chunk.length) {
    const lineEnd = chunk.indexOf('\n', at)
    const stop = lineEnd === -1 ? chunk.length : lineEnd
    // Two units more than a line may have are enough to see that it is too long.
    const grown = grow(now, chunk.slice(at, Math.min(stop, at + MAX_LINE_OCTETS + 2)))
    const step = isTooLong(grown) ? broken('line_too_long') : lineEnd === -1 ? open(grown) : closeLine(grown)
    if (step.framed !== null) framed.push(step.framed)
    now = step.state
    at = stop + 1
  }
  return { state: now, framed }
}

function grow(state: Framing, piece: string): Framing {
  let octets = state.pendingOctets
  let before = state.pending.charCodeAt(state.pending.length - 1)
  for (let i = 0; i < piece.length; i++) {
    const unit = piece.charCodeAt(i)
    octets += octetsOf(unit, before)
    before = unit
  }
  return { ...state, pending: state.pending + piece, pendingOctets: octets }
}

/** UTF-8 octets that one UTF-16 unit adds after the one before it; a surrogate pair comes to 3 + 1. */
function octetsOf(unit: number, before: number): number {
  if (unit < 0x80) return 1
  if (unit < 0x800) return 2
  const completesPair = unit >= 0xdc00 && unit <= 0xdfff && before >= 0xd800 && before <= 0xdbff
  return completesPair ? 1 : 3
}

const isTooLong = (state: Framing): boolean =>
  state.pendingOctets - (state.pending.endsWith('\r') ? 1 : 0) > MAX_LINE_OCTETS

const open = (state: Framing): Step => ({ state, framed: null })

const broken = (why: ProtocolErrorCause): Step => ({
  state: { finished: true, ...between },
  framed: { kind: 'protocol_error', why },
})

/** Any middle digit is taken: RFC 5321 §4.2 allows 0–5, and `571` is common in the field. */
const replyLine = /^([2-5][0-9]{2})(?:([ -])([^]*))?$/

function closeLine(state: Framing): Step {
  const match = replyLine.exec(state.pending.endsWith('\r') ? state.pending.slice(0, -1) : state.pending)
  if (match === null) return broken('not_a_reply')
  const code = Number(match[1])
  if (state.code !== null && state.code !== code) return broken('code_changes')
  if (state.lines.length === MAX_LINES) return broken('too_many_lines')
  const status = splitStatus(match[3] ?? '', code)
  const enhanced = state.enhanced ?? status.enhanced
  const lines = [...state.lines, status.text]
  if (match[2] === '-') return open({ finished: false, pending: '', pendingOctets: 0, code, enhanced, lines })
  return { state: emptyFraming, framed: { kind: 'reply', reply: { code, enhanced, lines } } }
}

/** Some gateways write `#5.1.0`; a status of another class than the code's contradicts RFC 3463 §2 and stays text. */
const leadingStatus = /^#?([245])\.([0-9]{1,3})\.([0-9]{1,3})(?![\w]|\.[0-9])[ \t]*/

function splitStatus(text: string, code: number): { enhanced: Enhanced | null; text: string } {
  const match = leadingStatus.exec(text)
  const first = Math.floor(code / 100)
  if (match === null || Number(match[1]) !== first || first === 3) return { enhanced: null, text }
  const enhanced = { class: first as Enhanced['class'], subject: Number(match[2]), detail: Number(match[3]) }
  return { enhanced, text: text.slice(match[0].length) }
}

/** An address as RCPT says it, the U-form of its domain where that differs, and the local part of its domain's stranger. */
export interface AddressParts {
  readonly localPart: string
  readonly domain: string
  readonly unicodeDomain?: string
  readonly stranger?: string
}

const KEPT_LINES = 8

/**
 * Words that replies are made of, apart from those of the table. As local parts they say nothing about a person, and
 * without them `550 User unknown` about `user@…` would lose the word that carries its meaning.
 */
const replyWords = new Set(
  (
    'user mailbox account recipient address email mail sender domain server host message error code status the this that ' +
    'and but for from with not are was has have been will can may you your our its sorry please see here there help ' +
    'info support admin administrator postmaster abuse contact webmaster delivery failed failure invalid local remote ' +
    'system service smtp command action requested taken transaction temporary permanent reason'
  ).split(' '),
)

/**
 * The reply as it may be stored: at most 8 lines of 512 octets, no control or bidirectional characters, and `<address>`
 * for the address under test in any case, bracketed or not, percent-encoded too; `<stranger>` for the stranger's, `<other>`
 * for anybody else's but an office's (RFC 2142). A
 * local part alone goes as well, unless it is a word of replies: no redaction changes what the table hears.
 */
export function redact(reply: Reply, address: AddressParts): Reply {
  const printable = reply.lines
    .slice(0, KEPT_LINES)
    .map((line) => line.replace(/\t/g, ' ').replace(unprintable, '\uFFFD'))
  const names = namesOf(address)
  const lines = names.reduce(withoutBare, withoutOthers(names.reduce(withoutWhole, printable)))
  return { code: reply.code, enhanced: reply.enhanced, lines: lines.map((line) => cutAtOctets(line, MAX_LINE_OCTETS)) }
}

/** C0, DEL, C1, lone surrogates, and what reorders text on a screen (UAX #9 §2). */
const unprintable = /[\p{Cc}\p{Cs}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

interface Name {
  readonly bare: string
  readonly locals: readonly string[]
  readonly domains: readonly string[]
  readonly placeholder: '<address>' | '<stranger>'
}

/** A local part as people write it: without quotation marks and backslashes. */
export function bareOf(localPart: string): string {
  return localPart.replace(/^"([^]*)"$/, '$1').replace(/\\([^])/g, '$1')
}

function namesOf({ localPart, domain, unicodeDomain = '', stranger = '' }: AddressParts): readonly Name[] {
  const bare = bareOf(localPart)
  const domains = [domain, unicodeDomain]
  const names: Name[] = [{ bare, locals: [localPart, bare], domains, placeholder: '<address>' }]
  if (stranger === '') return names
  return [...names, { bare: stranger, locals: [stranger], domains, placeholder: '<stranger>' }]
}

function withoutWhole(lines: readonly string[], { locals, domains, placeholder }: Name): readonly string[] {
  if (!lines.some((line) => /[@<]|%40/.test(line) && mayHold(line, locals))) return lines
  const one = alternatives(locals)
  const { start, end, flags } = wordOf([...lines, ...locals, ...domains])
  const whole = new RegExp(`<?${start}${one}(?:@|%40)${alternatives(domains)}${end}>?|<${one}>`, flags)
  return lines.map((line) => line.replace(whole, placeholder))
}

/** Cheaper than building a pattern to learn that it matches nothing. Beyond ASCII case folding is the pattern's business. */
function mayHold(line: string, texts: readonly string[]): boolean {
  if (!isAscii(line) || !texts.every(isAscii)) return true
  const lower = line.toLowerCase()
  return texts.some((text) => text !== '' && lower.includes(text.toLowerCase()))
}

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text)

/** 251 and 551 name where mail goes instead, and others quote whom they like: somebody's address all the same. */
const otherAddress = /<?[^\s<>()[\]",;:]+@[^\s<>()[\]",;:]+>?/g
const office = /^<?(?:postmaster|abuse|mailer-daemon)@/i

function withoutOthers(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(otherAddress, (found) => (office.test(found) ? found : '<other>')))
}

/** A placeholder that the table reads as one strange word, where leaving the word out would join its neighbours. */
const WITHHELD = '[withheld]'

function withoutBare(lines: readonly string[], { bare, locals, placeholder }: Name): readonly string[] {
  if (bare.length < 3 || isReplyWord(bare) || !lines.some((line) => mayHold(line, locals))) return lines
  const { start, end, flags } = wordOf([...lines, ...locals])
  const alone = new RegExp(`${start}${alternatives(locals)}${end}`, flags)
  if (!lines.some((line) => line.search(alone) !== -1)) return lines
  const said = groupsHeard(lines)
  const candidates = [placeholder, WITHHELD].map((text) => lines.map((line) => line.replace(alone, text)))
  return candidates.find((candidate) => groupsHeard(candidate) === said) ?? lines
}

const isReplyWord = (word: string): boolean =>
  replyWords.has(word.toLowerCase()) || vocabularyWords.has(word.toLowerCase())

const ASCII_WORD = { start: '(?<![A-Za-z0-9_])', end: '(?![A-Za-z0-9_])', flags: 'gi' } as const
const WORD = { start: '(?<![\\p{L}\\p{N}_])', end: '(?![\\p{L}\\p{N}_])', flags: 'giu' } as const

/** Where words begin and end. Classes of all letters cost half a millisecond to build, and say the same where all is ASCII. */
const wordOf = (texts: readonly string[]) => (texts.every(isAscii) ? ASCII_WORD : WORD)

/** Texts as they are, composed and decomposed (UAX #15), for a pattern. */
function alternatives(texts: readonly string[]): string {
  const forms = new Set(
    texts.filter((text) => text !== '').flatMap((text) => [text, text.normalize('NFC'), text.normalize('NFD')]),
  )
  return `(?:${[...forms].map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|')})`
}

function cutAtOctets(text: string, most: number): string {
  // No UTF-16 unit comes to more than three octets.
  if (3 * text.length <= most) return text
  let octets = 0
  let units = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    octets += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    if (octets > most) return text.slice(0, units)
    units += character.length
  }
  return text
}
