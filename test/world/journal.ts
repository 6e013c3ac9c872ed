// What happened in the world since it began or was last reset: questions, mail sessions and breaches of good manners.

export interface AskedQuestion {
  readonly name: string
  readonly type: string
  readonly via: 'GET' | 'POST'
  /** Kind of the resolver fault that met the question. */
  readonly fault: string | null
  readonly at: number
}

export interface SessionRecord {
  /** Name of the mail host, such as `mx.strict.test`. */
  readonly host: string
  readonly address: string
  /** Where the client came from. */
  readonly source: string
  readonly openedAt: number
  closedAt: number | null
  /** Who ended it; null while it lasts. */
  closedBy: 'client' | 'server' | 'world' | null
  secured: boolean
  /** Command lines without their CRLF, in the order they came. */
  readonly commands: { readonly line: string; readonly at: number }[]
}

export type ViolationKind =
  | 'data'
  | 'talked_before_greeting'
  | 'pipelined_unasked'
  | 'bare_lf'
  | 'line_too_long'
  | 'flood'
  | 'too_many_connections'
  | 'unwelcome'

export interface Violation {
  readonly kind: ViolationKind
  readonly host: string
  readonly source: string
  readonly detail: string
  readonly at: number
}

// A world that runs for days under load keeps the latest, not everything.
const MOST_KEPT = 20_000
const MOST_COMMANDS = 200
const MOST_SHOWN = 600

export class Journal {
  readonly #now: () => number
  readonly #queries: AskedQuestion[] = []
  readonly #sessions: SessionRecord[] = []
  readonly #violations: Violation[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  asked(question: Omit<AskedQuestion, 'at'>): void {
    keep(this.#queries, { ...question, at: this.#now() })
  }

  opened(parties: Pick<SessionRecord, 'host' | 'address' | 'source'>): SessionRecord {
    const { host, address, source } = parties
    const session: SessionRecord = {
      host,
      address,
      source,
      openedAt: this.#now(),
      closedAt: null,
      closedBy: null,
      secured: false,
      commands: [],
    }
    keep(this.#sessions, session)
    return session
  }

  said(session: SessionRecord, line: string): void {
    if (session.commands.length < MOST_COMMANDS) {
      session.commands.push({ line: line.slice(0, MOST_SHOWN), at: this.#now() })
    }
  }

  closed(session: SessionRecord, by: NonNullable<SessionRecord['closedBy']>): void {
    session.closedAt ??= this.#now()
    session.closedBy ??= by
  }

  violated(violation: Omit<Violation, 'at'>): void {
    keep(this.#violations, { ...violation, detail: violation.detail.slice(0, MOST_SHOWN), at: this.#now() })
  }

  queries = (): readonly AskedQuestion[] => [...this.#queries]
  sessions = (): readonly SessionRecord[] => [...this.#sessions]
  violations = (): readonly Violation[] => [...this.#violations]

  clear(): void {
    for (const list of [this.#queries, this.#sessions, this.#violations]) list.length = 0
  }
}

function keep<T>(list: T[], item: T): void {
  list.push(item)
  if (list.length > MOST_KEPT) list.splice(0, list.length - MOST_KEPT / 2)
}
