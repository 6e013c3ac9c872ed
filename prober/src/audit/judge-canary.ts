// What an operator's canaries prove, pure: a mailbox that is there and one that is not, asked as any other would be.
import type { Canary } from '@postern/shared/contract/audit.ts'
import type { Reply, ReplyClass } from '@postern/shared/smtp/codes.ts'
import { meaning } from '@postern/shared/smtp/meaning.ts'
import type { Heard } from './ask.ts'
import type { Finding } from './judge.ts'

export interface CanarySeen {
  /** Of the host that was asked; null where none was. */
  readonly exchange: string | null
  readonly good: Heard
  readonly dead: Heard
}

export interface CanaryFinding extends Finding {
  /** What the dead one's answer is worth; null where it says nothing. */
  readonly refused: Canary['refused'] | null
}

// These say something of the mailbox or of how we spoke, and nothing of our standing.
const HARMLESS: readonly ReplyClass[] = ['mailbox_full', 'needs_tls', 'protocol_error', 'size', 'content']

/**
 * An operator that refuses a mailbox which is there refuses us: "all 550" is how probing addresses are answered once they
 * are listed. What it says of others is worth nothing from then on, its refusals included.
 */
export function judgeCanary({ exchange, good, dead }: CanarySeen): CanaryFinding {
  if (isTurnedAway(good, exchange)) {
    return { state: 'unfit', detail: `the good canary is refused${codeOf(good)}`, refused: false }
  }
  const accepted = (heard: Heard) => heard.mailbox !== null && heard.mailbox.code < 300
  if (accepted(dead)) return { state: 'unmeasured', detail: 'the dead canary is accepted', refused: false }
  if (!accepted(good)) {
    return { state: 'unmeasured', detail: `no final answer about the good canary${codeOf(good)}`, refused: null }
  }
  if (!isRefusedAsMailbox(dead.mailbox, exchange)) {
    return { state: 'unmeasured', detail: `the dead canary is not refused as a mailbox${codeOf(dead)}`, refused: null }
  }
  return { state: 'ok', detail: 'the good canary is accepted, the dead one refused', refused: true }
}

function isTurnedAway({ mailbox, refusal }: Heard, exchange: string | null): boolean {
  const [reply, phase] = mailbox === null ? [refusal, 'greeting' as const] : [mailbox, 'rcpt' as const]
  if (reply === null || reply.code < 500) return false
  return !HARMLESS.includes(meaning(reply, { phase, exchange }).class)
}

function isRefusedAsMailbox(reply: Reply | null, exchange: string | null): boolean {
  if (reply === null || reply.code < 500) return false
  const { says, about } = meaning(reply, { phase: 'rcpt', exchange })
  return says === 'no' && about === 'mailbox'
}

function codeOf({ mailbox, refusal, reach }: Heard): string {
  const reply = mailbox ?? refusal
  if (reply === null) return reach === 'not_connected' ? ' (no connection)' : ''
  const { code, enhanced } = reply
  return enhanced === null ? ` (${code})` : ` (${code} ${enhanced.class}.${enhanced.subject}.${enhanced.detail})`
}
