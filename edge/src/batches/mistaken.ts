// What is sent as one kind of list and is another: JSON or a web page as CSV, CSV or a whole JSON document as lines of JSON.
import { knownColumn, looksLikeAddress } from './address-column.ts'
import type { Layout } from './layout.ts'

const decoder = new TextDecoder()

/** Octets that are looked at, behind blanks. */
const OPENING_OCTETS = 200

/** Tags that pages begin with; an address in angle brackets has an `@` behind its first word. */
const PAGE = /^<(?:!doctype|!--|\?xml|(?:html|head|body|title|meta|link|style|script|table|div|p|pre|h[1-6])[\s>/])/i
/** A field that begins like this would have to be in quotes, as RFC 4180 §2 has it. */
const JSON_TEXT = /^(?:\{\s*"|\[\s*["{[])/

/** A sentence that says what a list of this type is instead, as its first octets show; null where they leave any doubt. */
export function mistaken(text: Uint8Array, type: Layout['type']): string | null {
  const opening = openingOf(text)
  if (PAGE.test(opening)) {
    return 'The body looks like a web page, not a list: send its addresses as text/csv, one a line.'
  }
  if (type !== 'csv' || !JSON_TEXT.test(opening)) return null
  return 'The body looks like JSON: send it as application/json if it is {"emails": […]}, or as application/x-ndjson if each line is JSON.'
}

function openingOf(text: Uint8Array): string {
  const from = text.findIndex((octet) => octet > 0x20)
  return from === -1 ? '' : decoder.decode(text.subarray(from, from + OPENING_OCTETS))
}

export const LOOKS_LIKE_CSV = 'The body looks like CSV: send it as text/csv.'

/** Lines that are no JSON: a name that columns of addresses have, and addresses below it. */
export function isColumnWithHeader([first = '', ...rest]: readonly string[]): boolean {
  return !looksLikeAddress(first) && knownColumn([first]) === 0 && rest.some(looksLikeAddress)
}

/**
 * CSV as it would be read from lines that are no JSON. Commas, semicolons and tabs between fields are nothing that an
 * address has outside of quotes; a bar is, so that it takes a header to tell such a list from one of addresses.
 */
export function isTable(layout: Layout): boolean {
  if (layout.type !== 'csv' || layout.columns.length < 2) return false
  return layout.delimiter !== '|' || layout.header !== null
}
