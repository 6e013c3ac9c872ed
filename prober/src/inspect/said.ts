// What strangers say, made fit to travel and to be kept: capped, printable, and nobody's mailbox in it.
import type { Reply } from '@postern/shared/smtp/codes.ts'
import { redact } from '@postern/shared/smtp/reply.ts'

/** C0, DEL, C1, lone surrogates, line separators, and what reorders text on a screen (UAX #9 §2). */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/** At most `most` UTF-16 units, cut between characters; what cannot be printed is replaced. */
export function printable(text: string, most: number): string {
  const cut = text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')
  return cut.replace(UNPRINTABLE, '\uFFFD')
}

/**
 * A code such as `ECONNRESET` as libraries give them, or null for anything else. The TLS library builds codes from texts of
 * its own, `SSL/TLS ALERT …` among them: what is no letter or digit becomes `_`.
 */
export function codeOf(value: unknown): string | null {
  if (typeof value !== 'string' || !/^[A-Z][^a-z]{0,79}$/.test(value)) return null
  return value.replace(/[^A-Z0-9]/g, '_')
}

// No address is under test: what no printable line holds is nobody's name.
const NOBODY = { localPart: '\0', domain: '\0' }

/** The reply in 8 lines of 512 octets at most; addresses that it names are left out, offices excepted. */
export function shown(reply: Reply): Reply {
  return redact(reply, NOBODY)
}

/** The name with which a server introduces itself: the first word of a greeting or of the answer to EHLO. */
export function nameIn({ lines }: Reply): string | null {
  const [word = ''] = (lines[0] ?? '').trim().split(/\s/, 1)
  return word === '' ? null : printable(word, 255)
}

const MOST_EXTENSIONS = 40

/** The extensions of an EHLO reply as they were said (RFC 5321 §4.1.1.1). */
export function extensionsIn({ lines }: Reply): string[] {
  return lines.slice(1, 1 + MOST_EXTENSIONS).map((line) => printable(line.trim(), 80))
}

/** True where EHLO offers STARTTLS, in any case of letters, however many lines it takes to say so. */
export function offersStartTls({ lines }: Reply): boolean {
  return lines.slice(1).some((line) => /^STARTTLS(?:\s|=|$)/i.test(line.trim()))
}
