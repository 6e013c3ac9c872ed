// When asking once more can help: the delay that a reply names, else the first step of the ladder for its kind.
import { meaning } from '../smtp/meaning.ts'
import type { FaultFact, ReplyFact } from './evidence.ts'

// Postgrey and its kin let the second visit pass after 60 s to 5 min; Postfix itself comes back after 5 min.
const GREYLISTED_MS = 60_000
const TEMPORARY_MS = 60_000
const RATE_MS = 5 * 60_000
const SLOW_MS = 60_000
const MAX_NAMED_MS = 24 * 60 * 60_000

/** Instant from which another visit is worth its while, or null where time alone changes nothing. */
export function againAt(fact: ReplyFact | FaultFact): number | null {
  if (fact.kind === 'fault') return faultDelayMs(fact)
  const said = meaning(fact.reply, fact)
  if (said.retryAfterS !== null && said.says === 'later') {
    // Half a second more than named: many servers count in whole seconds.
    return fact.observedAt + Math.min(said.retryAfterS * 1_000 + 500, MAX_NAMED_MS)
  }
  const delayMs = DELAY_MS[said.class]
  return delayMs === undefined || fact.reply.code >= 500 ? null : fact.observedAt + delayMs
}

const DELAY_MS: Readonly<Record<string, number>> = {
  greylisted: GREYLISTED_MS,
  verification_pending: TEMPORARY_MS,
  temporary: TEMPORARY_MS,
  rate_limited: RATE_MS,
}

function faultDelayMs(fact: FaultFact): number | null {
  return fact.fault === 'greeting_timeout' ? fact.observedAt + SLOW_MS : null
}
