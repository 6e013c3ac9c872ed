// From evidence to verdict: an ordered list of rules over facts, the first that matches wins, and what it cites it needs.
import { providerOf } from '../dns/provider.ts'
import { factOf } from './evidence.ts'
import type { Case, Finding, Rule, Verdict } from './finding.ts'
import { heardOf } from './feedback.ts'
import { dialable, routeAnswer } from './route.ts'
import { worthOf } from './reasons.ts'
import { overlay } from './signals.ts'
import { unanswered } from './unanswered.ts'

const RULES: readonly Rule[] = [syntax, routeAnswer, optOut, heardOf, unanswered]

/** The verdict on one address; always one, since "we did not ask" is one too. Pure, total, never throws. */
export function decide(judged: Case): Verdict {
  for (const rule of RULES) {
    const finding = rule(judged)
    if (finding !== null) return withStatus(overlay(judged, finding))
  }
  return withStatus(overlay(judged, notProbed()))
}

function withStatus(finding: Finding): Verdict {
  return { ...finding, status: worthOf(finding.reason).status }
}

function notProbed(): Finding {
  return { reason: 'not_probed', level: 'estimated', rule: 'probe.not_asked', cites: [], retryAt: null }
}

function syntax({ facts }: Case): Finding | null {
  const fact = factOf(facts, 'syntax')
  if (fact === undefined) return null
  return { reason: 'syntax_invalid', level: 'confirmed', rule: fact.rule, cites: [fact], retryAt: null }
}

function optOut({ facts }: Case): Finding | null {
  const fact = factOf(facts, 'opt_out')
  return fact === undefined
    ? null
    : { reason: 'opted_out', level: 'estimated', rule: 'domain.opted_out', cites: [fact], retryAt: null }
}

/** True where no reply to RCPT could change the verdict: nobody needs to be dialled. */
export function settledWithoutSmtp(judged: Case): boolean {
  return syntax(judged) !== null || routeAnswer(judged) !== null || optOut(judged) !== null
}

/** The provider row that speaks for a case: that of the best exchange that can be asked. */
export function providerFor({ facts, domain }: Case) {
  const route = factOf(facts, 'route')
  const [first] = route === undefined ? [] : dialable(route.route)
  return first === undefined ? null : providerOf(first.exchange, domain)
}
