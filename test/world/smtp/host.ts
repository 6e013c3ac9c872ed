// One mail host of the world: where it listens, whom it serves, and what it remembers between connections.
import type { Journal } from '../journal.ts'
import type { MailboxState } from '../mailbox.ts'
import type { Character } from './character.ts'
import type { Recipient } from './path.ts'

/** Where the mail of a domain goes, for servers that call back before they answer. */
export interface Route {
  readonly address: string
  readonly port: number
}

/** What every host shares with the world around it. */
export interface Surroundings {
  readonly journal: Journal
  /** The world's clock in milliseconds, which tests can advance. */
  readonly now: () => number
  /** Factor for real delays. */
  readonly timeScale: number
  readonly resolveSender: (domain: string) => Route | null
}

export interface Host {
  readonly name: string
  readonly address: string
  readonly character: Character
  /** Domain in A-form → local part → state. */
  readonly serves: Map<string, Map<string, MailboxState>>
  /** First visits of a greylisting host: triplet → instant. */
  readonly firstVisits: Map<string, number>
  /** To whom PIPE_CONNECT was offered, and when last: source → instant. */
  readonly earlyOffers: Map<string, number>
  readonly world: Surroundings
}

const DAY_MS = 86_400_000

/** True where this source was told within a day that it need not wait for the greeting. */
export function mayTalkEarly({ earlyOffers, world }: Host, source: string): boolean {
  const at = earlyOffers.get(source)
  return at !== undefined && world.now() - at < DAY_MS
}

/** What a recipient is to this host; `elsewhere` is a domain that it does not serve. */
export function stateOf(host: Host, { local, domain }: Recipient): MailboxState | 'elsewhere' {
  if (domain === null) return 'known'
  const mailboxes = host.serves.get(domain)
  if (mailboxes === undefined) return 'elsewhere'
  // RFC 5321 §4.5.1: postmaster exists everywhere, in any letter case; other local parts are taken as written (§2.4).
  return local.toLowerCase() === 'postmaster' ? 'known' : (mailboxes.get(local) ?? 'unknown')
}
