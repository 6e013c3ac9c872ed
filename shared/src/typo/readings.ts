// How the text behind an @ that is no domain could be read as one: marks for dots, missing dots, too many of them.
import { exists, isCommon, meantEnding } from './endings.ts'
import { providerOf, withoutDots } from './real.ts'

/** A domain in lower case that the text may stand for, or null. It need not be one: the caller parses it. */
export function reading(text: string): string | null {
  // More than one @, but for one that was hit twice, is more than one address.
  if (text.replace(/^@+/, '').includes('@')) return null
  const tidy = text
    .toLowerCase()
    // A comma, a colon and a semicolon are the full stop's neighbours; the others are other scripts' full stops.
    .replace(/[,;:\u3001\u3002\uff0c\uff0e\uff61\u00b7]/g, '.')
    .replace(/[^\p{L}\p{M}\p{N}.\s_-]/gu, '')
    .replace(/[\s._-]*\.[\s._-]*/g, '.')
    .replace(/^[\s._-]+|[\s._-]+$/g, '')
  if (!/[a-z]/.test(tidy)) return null
  return tidy.includes('.') ? tidy.replace(/[\s_]+/g, '') : withDot(tidy)
}

/** Endings that a label runs into where the dot was not hit, the longest first. */
const runInto = ['com', 'net', 'org']
const SHORTEST_LABEL = 3

function withDot(text: string): string | null {
  const joined = text.replace(/[\s_]+/g, '')
  const dotted = withoutDots(joined)
  if (dotted !== null) return dotted
  const provider = providerOf(joined)
  if (provider !== null) return `${joined}.${provider.endings[0] ?? 'com'}`
  const gap = Math.max(...[' ', '_', '-', '\t'].map((mark) => text.lastIndexOf(mark)))
  const behind = text.slice(gap + 1)
  // A hyphen belongs to many names: only an ending that people type stands behind one by mistake.
  const isEnding = text.charAt(gap) === '-' ? isCommon(behind) : exists(behind) || meantEnding(behind) !== null
  if (gap > 0 && isEnding) return `${text.slice(0, gap).replace(/[\s_]+/g, '')}.${behind}`
  const ending = [...couplings(joined), ...runInto].find((end) => joined.endsWith(end.replace('.', '')))
  if (ending === undefined) return null
  const label = joined.slice(0, -ending.replace('.', '').length)
  return label.length < SHORTEST_LABEL ? null : `${label}.${ending}`
}

/** `couk` and `combr`: an ending of two labels whose dots are both missing. */
function couplings(joined: string): string[] {
  const [, second = '', country = ''] = /(com?|net|org)([a-z]{2})$/.exec(joined) ?? []
  const ending = `${second}.${country}`
  return country !== '' && exists(ending) ? [ending] : []
}
