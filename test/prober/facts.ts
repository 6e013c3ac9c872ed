// Facts as lanes report them, for tests of what is kept of them and for how long.
import type { Reply } from '@postern/shared/smtp/codes.ts'
import type { FaultFact, HoldFact, ProbeFact, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import type { Outcome, Wanted } from '@postern/prober/store/grants.ts'
import { createKeys, type Keys } from '@postern/prober/store/keys.ts'

export const SOURCE = 'eu-central-1-a'
export const EXCHANGE = 'mx.strict.test'

const TEXT: Readonly<Record<number, Reply>> = {
  250: { code: 250, enhanced: { class: 2, subject: 1, detail: 5 }, lines: ['Recipient OK'] },
  451: { code: 451, enhanced: { class: 4, subject: 7, detail: 1 }, lines: ['Greylisted, try again later'] },
  550: { code: 550, enhanced: { class: 5, subject: 1, detail: 1 }, lines: ['No such user here'] },
  554: { code: 554, enhanced: { class: 5, subject: 7, detail: 1 }, lines: ['Your address is on a block list'] },
}

export function reply(to: ReplyFact['to'], code: 250 | 451 | 550 | 554, changes: Partial<ReplyFact> = {}): ReplyFact {
  return {
    kind: 'reply',
    phase: 'rcpt',
    to,
    exchange: EXCHANGE,
    reply: TEXT[code]!,
    observedAt: 0,
    source: SOURCE,
    ...changes,
  }
}

export function fault(why: FaultFact['fault'], changes: Partial<FaultFact> = {}): FaultFact {
  return { kind: 'fault', fault: why, to: 'nobody', exchange: EXCHANGE, observedAt: 0, source: SOURCE, ...changes }
}

/** What a report says, in words short enough for a table: `mailbox:250`, `connect_refused`, `hold:permit`. */
export function told(facts: readonly ProbeFact[]): string[] {
  return facts.map((fact) => {
    if (fact.kind === 'fault') return fact.fault
    if (fact.kind === 'hold') return `hold:${fact.hold}`
    if (fact.kind === 'canary') return `canary:${fact.operator}`
    if (fact.kind === 'feedback') return `feedback:${fact.outcome}`
    return `${fact.to === 'nobody' ? fact.phase : fact.to}:${fact.reply.code}`
  })
}

export function holdOf(facts: readonly ProbeFact[]): HoldFact {
  const found = facts.find((fact) => fact.kind === 'hold')
  if (found === undefined) throw new Error(`nothing holds: ${told(facts).join(' ')}`)
  return found
}

/** Two hexadecimal digits make a whole key ring. */
export function keyText(octet = '5a'): string {
  return JSON.stringify({ current: 'k1', keys: { k1: octet.repeat(32) } })
}

export function testKeys(octet?: string): Keys {
  return createKeys(keyText(octet))
}

const ADDRESS = '192.0.2.1'

/** Somebody who wants a permit to ask about a mailbox of their own. */
export function wanted(owner: string, changes: Partial<Wanted> = {}): Wanted {
  const about = [[`mailbox of ${owner}`, 0]] as const
  return {
    owner,
    address: ADDRESS,
    about,
    controls: [],
    recipients: 1,
    refusable: 0,
    until: 0,
    patient: false,
    ...changes,
  }
}

/** What came of a visit where nothing else did. */
export function outcome(reached: boolean | null, changes: Partial<Outcome> = {}): Outcome {
  const nothing = { pushedBack: false, refusal: null, refused: 0, late: 0, learned: [], manner: null }
  return { address: ADDRESS, reached, ...nothing, ...changes }
}
