// What the DNS alone decides: names that cannot exist, domains that take no mail, and look-ups that taught nothing.
import { type ExchangeTarget, leadsNowhere, type MailRoute } from '../dns/mail-route.ts'
import type { Case, Finding } from './finding.ts'
import { type Fact, factOf, type RouteFact } from './evidence.ts'
import type { Reason } from './reasons.ts'

const RETRY_DNS_MS = 60_000

export function routeAnswer({ facts, now }: Case): Finding | null {
  const special = factOf(facts, 'special_use')
  if (special !== undefined) return no('domain_not_found', 'dns.special_use', special)
  const fact = factOf(facts, 'route')
  const found = fact === undefined ? null : fromRoute(fact)
  if (found === null || found.retryAt === null) return found
  // A failure may be one of a while ago that is remembered: whoever hears of it now has to wait from now on.
  return { ...found, retryAt: Math.max(found.retryAt, now + RETRY_DNS_MS) }
}

function fromRoute(fact: RouteFact): Finding | null {
  const { route } = fact
  switch (route.kind) {
    case 'nxdomain':
      return negative('domain_not_found', 'dns.nxdomain', fact)
    case 'null_mx':
      return negative('null_mx', 'dns.null_mx', fact)
    case 'none':
      return negative('no_mail_host', 'dns.nodata', fact)
    case 'unlearned':
      return unlearned(route.why === 'timeout' ? 'dns_timeout' : 'dns_failure', `dns.${route.why}`, fact)
    case 'mx':
    case 'implicit':
      return fromTargets(
        fact,
        route.exchanges.map(({ target }) => target),
      )
  }
}

/** True where the DNS has proven that no mail can be handed over. */
export function deadRoute(fact: RouteFact): boolean {
  return fromRoute(fact)?.level === 'confirmed'
}

/** A "nothing there" that only one answer stands for is not yet one. */
function negative(reason: Reason, rule: string, fact: RouteFact): Finding {
  return fact.confirmed ? no(reason, rule, fact) : unlearned('dns_failure', `${rule}.unconfirmed`, fact)
}

function fromTargets(fact: RouteFact, targets: readonly ExchangeTarget[]): Finding | null {
  if (targets.length === 0) return null
  if (targets.every(leadsNowhere)) {
    const rule = targets.includes('dangling') ? 'dns.dangling' : 'dns.special_purpose_address'
    return negative('no_mail_host', rule, fact)
  }
  // What is left once dead hosts are set aside decides: no host that we could ask is not "no host".
  const living = targets.filter((target) => !leadsNowhere(target))
  if (living.every((target) => target === 'ip_literal')) return unable('inconclusive', 'dns.mx_is_address', fact)
  if (living.every((target) => target === 'ipv6_only' || target === 'ip_literal')) {
    return unable('no_lane', 'dns.ipv6_only', fact)
  }
  return null
}

/** Exchanges of a route that a lane may be sent to, best first. */
export function dialable(route: MailRoute): { exchange: string; preference: number }[] {
  if (route.kind !== 'mx' && route.kind !== 'implicit') return []
  return route.exchanges
    .filter(({ target }) => target === 'not_looked_up' || target === 'reachable' || target === 'unlearned')
    .map(({ exchange, preference }) => ({ exchange, preference }))
}

function no(reason: Reason, rule: string, fact: Fact): Finding {
  return { reason, level: 'confirmed', rule, cites: [fact], retryAt: null }
}

function unable(reason: Reason, rule: string, fact: Fact): Finding {
  return { reason, level: 'estimated', rule, cites: [fact], retryAt: null }
}

function unlearned(reason: Reason, rule: string, fact: Fact): Finding {
  return { ...unable(reason, rule, fact), retryAt: fact.observedAt + RETRY_DNS_MS }
}
