// Where one client stands with one mail host; read and written by the protocol, read by the rules of a character.
import type { SessionRecord, ViolationKind } from '../journal.ts'
import { type Host, mayTalkEarly } from './host.ts'
import type { Recipient } from './path.ts'

export interface Session {
  readonly host: Host
  readonly source: string
  readonly record: SessionRecord
  /** Null before HELO or EHLO. */
  hello: 'HELO' | 'EHLO' | null
  /** The greeting was a refusal: nothing but QUIT is served (RFC 5321 §3.1). */
  refused: boolean
  secured: boolean
  /** The client was told on an earlier visit that it need not wait for the greeting. */
  readonly mayTalkEarly: boolean
  /** The reverse-path of the open transaction; null where there is none. */
  sender: string | null
  smtpUtf8: boolean
  /** Recipients that the open transaction has accepted. */
  accepted: number
  /** Recipients named since the connection began. */
  recipients: number
  /** Commands since the connection began, the present one included. */
  commands: number
}

/** What a rule is asked about; `recipient` null stands for the empty path or for commands without one. */
export interface Turn {
  readonly session: Session
  readonly verb: string
  readonly recipient: Recipient | null
  /** The path as written, without its brackets. */
  readonly path: string
}

export function newSession(host: Host, source: string): Session {
  return {
    host,
    source,
    record: host.world.journal.opened({ host: host.name, address: host.address, source }),
    hello: null,
    refused: false,
    secured: false,
    mayTalkEarly: mayTalkEarly(host, source),
    sender: null,
    smtpUtf8: false,
    accepted: 0,
    recipients: 0,
    commands: 0,
  }
}

export function endTransaction(session: Session): void {
  session.sender = null
  session.smtpUtf8 = false
  session.accepted = 0
}

export function violate({ host, source }: Session, kind: ViolationKind, detail: string): void {
  host.world.journal.violated({ kind, host: host.name, source, detail })
}
