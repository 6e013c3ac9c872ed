// The domain of an address: names in both forms (UTS 46 non-transitional and IDNA2008), for the parser.
/// <reference path="./tr46.d.ts" />
import { toASCII, toUnicode } from 'tr46'
import { isIdna2008 } from './idna.ts'
import { octets } from './octets.ts'
import { refuse, type Refused } from './refusal.ts'

export interface DomainName {
  readonly kind: 'name'
  /** A-form in lower case, without trailing dot. */
  readonly ascii: string
  readonly unicode: string
}

export interface DomainRead {
  readonly ok: true
  readonly domain: DomainName
}

/** Hyphens are judged below: UTS 46 would refuse `ab--cd`, which RFC 5890 §2.3.1 reserves but the DNS may hold. */
const uts46 = {
  checkHyphens: false,
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  transitionalProcessing: false,
} as const

/** Labels that need no second look, in at most as many letters as a name may have. */
const plain = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/

/** Reads a domain name that begins at `start` of what was typed; offsets of refusals count from there. */
export function readDomainName(text: string, start: number): DomainRead | Refused {
  if (text === '') return refuse('syntax.domain.empty', start)
  if (plain.test(text) && !text.includes('xn--'))
    return { ok: true, domain: { kind: 'name', ascii: text, unicode: text } }
  const odd = oddCharacter(text)
  if (odd !== null) return refuse(odd.rule, start + odd.at)
  return needsIdna(text) ? international(text, start) : named(text, text.toLowerCase(), start)
}

/** What no domain holds in any script; everything above ASCII is left to UTS 46. */
const notInName = /(?![A-Za-z0-9.-])\p{ASCII}/u

function oddCharacter(
  text: string,
): { rule: 'syntax.at_twice' | 'syntax.domain.space' | 'syntax.domain.character'; at: number } | null {
  const at = text.search(notInName)
  if (at === -1) return null
  const character = text.charAt(at)
  if (character === '@') return { rule: 'syntax.at_twice', at }
  return { rule: /\s/.test(character) ? 'syntax.domain.space' : 'syntax.domain.character', at }
}

/** Names of letters, digits and hyphens alone are spared the mapping tables. */
const needsIdna = (text: string): boolean => /\P{ASCII}|(?:^|\.)xn--/iu.test(text)

function international(text: string, start: number): DomainRead | Refused {
  const ascii = toASCII(text, uts46)
  if (ascii === null) return refuse('syntax.domain.idna', start + invalidLabelAt(text))
  const unicode = toUnicode(ascii, uts46).domain
  const labels = unicode.split('.')
  const invalid = labels.some((label) => /\P{ASCII}/u.test(label) && !isULabel(label))
  return invalid ? refuse('syntax.domain.idna', start + invalidLabelAt(text)) : named(unicode, ascii, start)
}

/** RFC 5891 §4.2.3: NFC and mapping are done; what is left are hyphens and the derived property. */
const isULabel = (label: string): boolean => label.slice(2, 4) !== '--' && isIdna2008(label)

/** The dots that UTS 46 §2.3 takes for one. */
const dots = /[.\u3002\uff0e\uff61]/

/** Where the first label begins that is invalid by itself; 0 where only the whole is (RFC 5893 §2, bidi). */
function invalidLabelAt(text: string): number {
  let at = 0
  for (const label of text.split(dots)) {
    const ascii = toASCII(label, uts46)
    if (ascii === null || !isULabel(toUnicode(ascii, uts46).domain)) return at
    at += label.length + 1
  }
  return 0
}

function named(unicode: string, ascii: string, start: number): DomainRead | Refused {
  const fault = labelFault(ascii)
  // Mapping moves labels about; an offset within is told only where nothing was mapped.
  if (fault !== null) return refuse(fault.rule, start + (unicode.length === ascii.length ? fault.at : 0))
  if (ascii.length > 253 || octets(unicode) > 255) return refuse('syntax.domain.too_long', start)
  return { ok: true, domain: { kind: 'name', ascii, unicode: ascii === unicode.toLowerCase() ? ascii : unicode } }
}

type LabelRule = 'syntax.domain.dot' | 'syntax.domain.hyphen' | 'syntax.domain.label_too_long'

function labelFault(ascii: string): { rule: LabelRule; at: number } | null {
  let at = 0
  for (const label of ascii.split('.')) {
    if (label === '') return { rule: 'syntax.domain.dot', at: Math.max(0, at - 1) }
    if (label.startsWith('-')) return { rule: 'syntax.domain.hyphen', at }
    if (label.endsWith('-')) return { rule: 'syntax.domain.hyphen', at: at + label.length - 1 }
    if (label.length > 63) return { rule: 'syntax.domain.label_too_long', at }
    at += label.length + 1
  }
  return null
}
