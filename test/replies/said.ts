// Builds replies out of text for the tests of this folder, through the real framing.
import type { Phase, Reply } from '@postern/shared/smtp/codes.ts'
import { type Meaning } from '@postern/shared/smtp/codes.ts'
import { meaning } from '@postern/shared/smtp/meaning.ts'
import { emptyFraming, frame } from '@postern/shared/smtp/reply.ts'

export interface Said {
  readonly reply: string
  readonly phase?: Phase | undefined
  readonly exchange?: string | undefined
}

/** The reply that a server means by this text, lines parted by LF. */
export function replyOf(text: string): Reply {
  const [first] = frame(emptyFraming, `${text.replaceAll('\n', '\r\n')}\r\n`).framed
  if (first?.kind !== 'reply') throw new Error(`not a reply: ${text}`)
  return first.reply
}

export function understood({ reply, phase = 'rcpt', exchange }: Said): Meaning {
  return meaning(replyOf(reply), { phase, exchange: exchange ?? null })
}
