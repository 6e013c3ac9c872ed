// Where each rule comes from, so that a verdict can show its source beside its evidence.
import { ruleRow } from '../smtp/meaning.ts'
import type { Fact } from './evidence.ts'

const SOURCES: Readonly<Record<string, string>> = {
  'dns.special_use': 'RFC 6761 §6',
  'dns.nxdomain': 'RFC 5321 §5.1',
  'dns.nodata': 'RFC 5321 §5.1',
  'dns.none': 'RFC 5321 §5.1',
  'dns.null_mx': 'RFC 7505 §3',
  'dns.mx': 'RFC 5321 §5.1',
  'dns.implicit': 'RFC 5321 §5.1',
  'dns.dangling': 'RFC 5321 §5.1',
  'dns.special_purpose_address': 'RFC 6890 §2.2',
  'dns.mx_is_address': 'RFC 1035 §3.3.9',
  'signal.implicit_mx_only': 'RFC 5321 §5.1',
  'smtp.smtputf8': 'RFC 6531 §3.2',
  'smtp.connect_refused': 'RFC 5321 §4.5.4.1',
  'smtp.connect_timeout': 'RFC 5321 §4.5.4.1',
  'smtp.greeting_timeout': 'RFC 5321 §4.5.3.2',
  'smtp.reply_timeout': 'RFC 5321 §4.5.3.2',
  'smtp.tls_error': 'RFC 3207 §4',
}

/** Source of a rule as text, or null where it is a choice of this service. */
export function ruleSource(rule: string, fact: Fact): string | null {
  if (fact.kind === 'syntax') return fact.cites
  // Lists speak for themselves: which one, and of which month.
  if (fact.kind === 'signal' || fact.kind === 'suggestion') return fact.source
  return SOURCES[rule] ?? ruleRow(rule)?.source ?? null
}
