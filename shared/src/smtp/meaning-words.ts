// The words of a reply, freed of names that are not its own, and the phrases to listen for: for the table of meanings.
import { z } from 'zod'
import source from './meaning-words.json' with { type: 'json' }

/**
 * The operators of DNS block lists. Their host names are said on purpose (`blocked using zen.spamhaus.org`), while any
 * other host name in a reply is somebody's name and says nothing (`quota.example` is not full).
 */
const listOperators = new Set(source.listOperators)

/**
 * The words of a reply in lower case without accents, one space apart and around, `.` at the end of a sentence.
 * Echoed addresses, domains, host names, IPs and numbers are gone; URLs keep what their path and query say
 * (`?p=NoSuchUser`). Linear in the text; `lines` are the texts of a `Reply`.
 */
export function wordsOf(lines: readonly string[]): string {
  const text = fold(lines.join(' '))
    .replace(/<(?:address|stranger|other)>/gi, '<x@x>')
    .replace(bracketed, ' ')
    .replace(/"[^"]{0,130}"@/g, 'quoted@')
    .replace(whoseIp, '$1 ip ')
    .replace(/ \/ /g, ' or ')
  const words = text
    .split(/\s+/)
    .flatMap((token, at, tokens) => [
      ...(/https?:\/\//i.test(token) ? urlWords(token) : tokenWords(token)),
      ...(/[^@]@[^@]/.test(token) && isEnded(tokens, at + 1) ? ['address'] : []),
    ])
  return ` ${words.filter((word) => !/^[0-9]+$/.test(word)).join(' ')} `
}

/** `ann@b.example is no longer valid`: what is no longer anything needs a subject, and here it is the address. */
const isEnded = (tokens: readonly string[], at: number): boolean =>
  /^(?:is |has become )?no longer /i.test(`${tokens.slice(at, at + 4).join(' ')} `)

/** One word or quoted string in angle brackets is a path without its domain (RFC 5321 §4.1.2). */
const bracketed = /<(?:[^\s<>.:/@]+|"[^"<>]{0,64}")>/g

/** An address that is an IP is no mailbox, and mail from an IP is ours: the IP goes, the word for it stays. */
const whoseIp =
  /\b(from|address):? {0,2}[[(]?(?=[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9])|ipv6:|[0-9a-f]{1,4}:[0-9a-f:]*:)/gi

/** NFKD takes the accents off (`boîte`), NFC puts Hangul and kana together again; the dotless i has no decomposition. */
const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/ı/g, 'i')
    .replace(/['’`´]/g, '')

/** Characters of a local part or domain, as far as a reply would echo them unquoted. */
const addressCharacter = /[^\s<>()[\]",;:]/

function withoutAddresses(token: string): string {
  let rest = token
  for (let at = rest.indexOf('@'); at !== -1; at = rest.indexOf('@')) {
    let from = at
    let to = at + 1
    while (from > 0 && addressCharacter.test(rest.charAt(from - 1))) from--
    while (to < rest.length && addressCharacter.test(rest.charAt(to))) to++
    rest = `${rest.slice(0, from)} ${rest.slice(to)}`
  }
  return rest
}

/** Exchange names its errors like hosts, `RESOLVER.ADR.RecipientNotFound`; the last part is the sentence. */
const exchangeIdentifier = /^(?:RESOLVER|STOREDRV|SMTPSEND|ROUTING|AGENT)\.(?:[A-Z]+\.)*([A-Z][A-Za-z]+)$/

function tokenWords(token: string): string[] {
  return withoutAddresses(token)
    .split(/[^\p{L}\p{M}\p{N}.!?;_-]+/u)
    .flatMap(pieceWords)
}

function pieceWords(piece: string): string[] {
  const end = /[.!?;]$/.test(piece) ? ['.'] : []
  const name = piece.replace(/^[.!?;_-]+|[.!?;_-]+$/g, '')
  if (name === '') return end
  const identifier = exchangeIdentifier.exec(name)?.[1]
  if (identifier !== undefined) return [...humps(identifier), '.']
  // `mailbox full.Please retry` lacks a space; a host name does not change case like that.
  const sentences = /^([^.!?;]*\p{Ll})[.!?;](\p{Lu}\p{Ll}+)$/u.exec(name)
  if (sentences !== null) return [...hyphenated(sentences[1] ?? ''), '.', ...hyphenated(sentences[2] ?? ''), ...end]
  const parts = hyphenated(name)
  return [...(/[.!?;]/.test(name) ? parts.filter((part) => listOperators.has(part)) : parts), ...end]
}

const hyphenated = (name: string): string[] => name.toLowerCase().split(/[.!?;_-]+/)

const humps = (name: string): string[] =>
  name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(' ')

/** The host of a URL is a name; so is a path segment with a dot in it, once the ending of a page is off. */
function urlWords(token: string): string[] {
  const [before = '', after = ''] = token.split(/https?:\/\//i, 2)
  const [host = ''] = after.split(/[/?#]/, 1)
  const said = after
    .slice(host.length)
    .replace(/%40/g, '@')
    .split(/[^\p{L}\p{N}.@-]+/u)
    .map((part) => part.replace(/\.(?:html?|cgi|php|aspx?|jsp)$/i, ''))
    .filter((part) => !/[.@]/.test(part))
    .flatMap((part) => part.split('-').flatMap(humps))
    .filter((word) => word !== '')
  const operators = host
    .toLowerCase()
    .split('.')
    .filter((label) => listOperators.has(label))
  return [...tokenWords(before), '.', ...operators, ...said, '.']
}

/** Groups of phrases by name, as `meaning-words.json` has them: see its `syntax`. */
const vocabularySchema = z.strictObject({
  syntax: z.string(),
  listOperators: z.array(z.string()),
  otherSubjects: z.array(z.string()),
  nouns: z.record(z.string(), z.string()),
  groups: z.record(z.string(), z.strictObject({ why: z.string(), phrases: z.array(z.string()).min(1) })),
})
const vocabulary = vocabularySchema.parse(source)

/** Up to six words that stay with their subject: `the account that you tried to reach does not exist`. */
const gap = `(?: (?!(?:${vocabulary.otherSubjects.join('|')}) )[^ .]+){0,6} `

/** Scripts that write without spaces: their phrases are looked for anywhere. */
const unspaced = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/

function expression(phrase: string): string {
  const nouns = fold(phrase).replace(/\{(\w+)\}/g, (_, name: string) => `(?:${fold(vocabulary.nouns[name] ?? name)})`)
  const pattern = nouns.replaceAll(' ~ ', gap).replaceAll('\\w+', '[^ .]+')
  return unspaced.test(phrase) ? pattern : `(?<= )(?:${pattern})(?= )`
}

const groups = new Map(Object.entries(vocabulary.groups))
/** Made when first listened for: most runs of the Worker never hear a mail server. */
const expressions = new Map<string, RegExp>()

function expressionOf(name: string): RegExp | null {
  const group = groups.get(name)
  if (group === undefined) return null
  const made = expressions.get(name) ?? new RegExp(group.phrases.map(expression).join('|'))
  expressions.set(name, made)
  return made
}

/** The names of all groups, for those who check the table. */
export const vocabularyGroups: ReadonlySet<string> = new Set(groups.keys())

/** Whether words (of `wordsOf`) hold a phrase of the group; an unknown group is never heard. */
export const heard = (words: string, group: string): boolean => expressionOf(group)?.test(words) ?? false

/** The groups that are heard in the lines of a reply: with code, status and phase they are all that the table goes by. */
export function groupsHeard(lines: readonly string[]): string {
  const words = wordsOf(lines)
  return [...groups.keys()].filter((name) => heard(words, name)).join(' ')
}

/** The plain words out of which the phrases are made: whoever bears one of them as a name is not known by it. */
export const vocabularyWords: ReadonlySet<string> = new Set(
  [...Object.values(vocabulary.nouns), ...Object.values(vocabulary.groups).flatMap(({ phrases }) => phrases)]
    .flatMap((phrase) => phrase.replace(/\\w/g, ' ').split(/[^\p{L}\p{M}]+/u))
    .concat(vocabulary.otherSubjects, vocabulary.listOperators)
    .filter((word) => word.length >= 3),
)
