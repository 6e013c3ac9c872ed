// What was probably meant instead, after the DNS had its say: it may withdraw a suggestion or strengthen it, never make one.
import { type Fact, factOf, type SuggestionFact } from './evidence.ts'
import { deadRoute } from './route.ts'

export interface Suggested {
  readonly email: string
  /** 0–1, two decimals. */
  readonly probability: number
  readonly fact: SuggestionFact
}

/** From here on a sign-up form should ask whether the suggestion was meant. */
export const LIKELY = 0.5
/** From here on the address itself counts as doubtful. */
export const SUSPECTED = 0.8

/** How much likelier a slip is where the typed domain takes no mail: few people give an address that cannot work. */
const DEAD_ODDS = 20

/** Null where nothing was suggested, or the suggested domain is known to take no mail; not knowing withholds nothing. */
export function suggestionOf(facts: readonly Fact[]): Suggested | null {
  const fact = factOf(facts, 'suggestion')
  if (fact === undefined || fact.target === 'no_mail') return null
  const route = factOf(facts, 'route')
  const isDead = route !== undefined && deadRoute(route)
  const probability = isDead ? strengthened(fact.probability) : fact.probability
  return { email: fact.email, probability: Math.round(probability * 100) / 100, fact }
}

function strengthened(probability: number): number {
  const odds = (probability / (1 - probability)) * DEAD_ODDS
  return probability >= 1 ? 1 : odds / (1 + odds)
}
