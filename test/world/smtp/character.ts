// How a mail host behaves, put together from traits; a plain host has none and is strict.
import type { Presented } from '../tls/identities.ts'
import type { Answer } from './reply.ts'
import type { Turn } from './session.ts'

/** Null: this rule has nothing to say, ask the next one. The host itself has the last word. */
export type Rule = (turn: Turn) => Answer | null | Promise<Answer | null>

export interface Trait {
  /** False: the address refuses connections. */
  readonly listens?: boolean
  readonly greetsAfterMs?: number
  /** A client that talks before the greeting is turned away instead of merely noted. */
  readonly enforcesGreeting?: boolean
  /** Before every reply, the greeting included. */
  readonly repliesAfterMs?: number
  /** `stalls`: offered, but of several commands in one write only the first is answered. `enforced`: neither offered nor forgiven. */
  readonly pipelining?: 'offered' | 'absent' | 'enforced' | 'stalls'
  readonly starttls?: boolean
  readonly certificate?: Presented['certificate']
  readonly tlsVersion?: Presented['tlsVersion']
  readonly smtpUtf8?: boolean
  /** Offers PIPE_CONNECT: whom it has offered that may say EHLO, MAIL and RCPT before the greeting, for a day. */
  readonly pipeConnect?: boolean
  /** A MAIL within a transaction begins a new one instead of being out of order. */
  readonly takesNewMail?: boolean
  /** Simultaneous connections that one source may hold. */
  readonly mostConnections?: number
  /** Nobody may connect here at all; the reason is what the violation says. */
  readonly unwelcome?: string
  readonly atGreeting?: Rule
  /** Asked at every command, before anything else. */
  readonly atAnything?: Rule
  readonly atHello?: Rule
  readonly atMail?: Rule
  readonly atRcpt?: Rule
}

type Moment = 'atGreeting' | 'atAnything' | 'atHello' | 'atMail' | 'atRcpt'

export interface Character extends Required<Omit<Trait, Moment | 'unwelcome'>> {
  readonly unwelcome: string | null
  /** In the order of the traits: the first that speaks decides. */
  readonly rules: readonly Trait[]
}

const PLAIN = {
  listens: true,
  greetsAfterMs: 0,
  enforcesGreeting: false,
  repliesAfterMs: 0,
  pipelining: 'offered',
  starttls: false,
  certificate: 'published',
  tlsVersion: 'TLSv1.3',
  smtpUtf8: false,
  pipeConnect: false,
  takesNewMail: false,
  mostConnections: 1,
  unwelcome: null,
} as const

export function characterOf(...traits: readonly Trait[]): Character {
  return Object.assign({}, PLAIN, ...traits, { rules: traits }) as Character
}

/** What the character says at that moment; null where none of its traits speaks. */
export async function spoken(character: Character, moment: Moment, turn: Turn): Promise<Answer | null> {
  for (const trait of character.rules) {
    const answer = await trait[moment]?.(turn)
    if (answer) return answer
  }
  return null
}
