// Every rule that a verdict or its evidence may name, with its source: so that both can be looked up.
import { refusalRules } from '../address/refusal.ts'
import { ruleRow } from '../smtp/meaning.ts'
import type { Fact } from './evidence.ts'

export interface PublishedRule {
  readonly id: string
  /** What it says, as a sentence. */
  readonly says: string
  /** The standard it comes from, or null where it is a choice of this service or a list that the evidence names. */
  readonly source: string | null
}

type Row = readonly [id: string, says: string, source?: string]

const ROWS: readonly Row[] = [
  ['dns.special_use', 'The domain lies under a name that is set aside.', 'RFC 6761 §6'],
  ['dns.nxdomain', 'The domain does not exist.', 'RFC 5321 §5.1'],
  ['dns.nodata', 'The domain has neither exchange nor address.', 'RFC 5321 §5.1'],
  ['dns.none', 'The domain has neither exchange nor address.', 'RFC 5321 §5.1'],
  ['dns.null_mx', 'The domain says that it takes no mail.', 'RFC 7505 §3'],
  ['dns.mx', 'The domain names its exchanges.', 'RFC 5321 §5.1'],
  ['dns.implicit', 'The domain names no exchange; its own address takes the mail.', 'RFC 5321 §5.1'],
  ['dns.dangling', 'No exchange of the domain has an address.', 'RFC 5321 §5.1'],
  ['dns.special_purpose_address', 'Every exchange has an address that nobody else can reach.', 'RFC 6890 §2.2'],
  ['dns.mx_is_address', 'The exchanges are written as addresses, which no name may be.', 'RFC 1035 §3.3.9'],
  ['dns.ipv6_only', 'The exchanges are reachable over IPv6 alone, which our lanes are not.'],
  ['dns.unlearned', 'The look-up taught nothing.'],
  ['dns.timeout', 'No resolver answered in time.'],
  ['dns.failure', 'The resolvers failed, or contradicted one another.'],
  ['dns.nxdomain.unconfirmed', 'One resolver alone says that the domain does not exist.'],
  ['dns.nodata.unconfirmed', 'One resolver alone says that the domain has no mail host.'],
  ['dns.null_mx.unconfirmed', 'One resolver alone says that the domain takes no mail.'],
  ['dns.dangling.unconfirmed', 'One resolver alone says that no exchange has an address.'],
  ['dns.special_purpose_address.unconfirmed', 'One resolver alone says that no exchange can be reached.'],
  ['domain.opted_out', 'The domain asks not to be probed, by a TXT record at _verify-policy.'],
  ['domain.age', 'When the domain was registered, by its registry.', 'RFC 9083 §4.5'],
  ['domain.sender_policy', 'Whether the domain publishes SPF and DMARC.', 'RFC 7208 §4.5, RFC 9989 §4.7'],
  ['probe.canary', 'The operator refused this lane a mailbox that is nobody’s, within a day of this answer.'],
  ['probe.not_asked', 'Nobody asked the mail server.'],
  ['signal.disposable', 'A list or its exchange says that anybody may read the mailbox, or that it is soon gone.'],
  ['signal.suspected_trap', 'The name looks like bait for those who gather addresses.'],
  ['signal.role', 'The name is a duty and not a person.', 'RFC 2142'],
  ['signal.suspected_typo', 'The domain looks like a slip of another one.'],
  ['signal.local_part_unlikely', 'The provider does not give out names like this one.'],
  ['signal.implicit_mx_only', 'The domain names no exchange, and nobody has confirmed its mailbox.', 'RFC 5321 §5.1'],
  ['signal.relay', 'The address is an alias that passes mail on.'],
  ['signal.forwarding', 'The address is a lasting one whose mailbox is elsewhere.'],
  ['signal.free', 'Any person can have a mailbox there.'],
  ['signal.subaddress', 'The address has a tag.', 'RFC 5233 §1'],
  ['signal.gibberish', 'No language would write the name.'],
  ['signal.abuse', 'The account has seen the mailbox under many names, or many such names in a row.'],
  ['typo.provider', 'A provider’s name is one slip away.'],
  ['typo.ending', 'The ending is one slip away from one that is.'],
  ['typo.dot', 'A dot is missing, too many, or in the wrong place.'],
  ['typo.unreadable', 'The domain is none, but can be read as one.'],
  ['typo.wrapping', 'The address stands within something else.'],
  ['typo.www', 'Web pages live under www., mailboxes do not.'],
  ['smtp.smtputf8', 'No exchange takes internationalized addresses.', 'RFC 6531 §3.2'],
  ['smtp.smtputf8_not_offered', 'The exchange takes no internationalized addresses.', 'RFC 6531 §3.2'],
  ['smtp.connect_refused', 'The exchange refused the connection.', 'RFC 5321 §4.5.4.1'],
  ['smtp.connect_timeout', 'The exchange did not answer the connection.', 'RFC 5321 §4.5.4.1'],
  ['smtp.connect_unroutable', 'There is no way from the lane to the exchange.'],
  ['smtp.greeting_timeout', 'The exchange did not greet in time.', 'RFC 5321 §4.5.3.2'],
  ['smtp.reply_timeout', 'The exchange did not reply in time.', 'RFC 5321 §4.5.3.2'],
  ['smtp.closed', 'The exchange closed the connection.'],
  ['smtp.protocol_error', 'What the exchange sent is no SMTP.'],
  ['smtp.tls_error', 'TLS could not be agreed on.', 'RFC 3207 §4'],
  ['smtp.not_reachable_address', 'The exchange has an address that nobody else can reach.'],
  ['smtp.name_not_resolved', 'The lane could not look up the exchange.'],
  ['smtp.name_timeout', 'No resolver told the lane in time where the exchange is.'],
  ['hold.not_asked', 'Whoever asks was not admitted.'],
  ['hold.batch_only', 'The provider is not asked for somebody who waits.'],
  ['hold.never_asked', 'The provider says nothing about mailboxes before it has the message.'],
  ['hold.permit', 'The exchange was asked as much as is polite.'],
  ['hold.breaker_open', 'The exchange failed too often lately.'],
  ['hold.no_lane', 'No lane is fit to ask.'],
  ['hold.in_progress', 'A lane is still asking.'],
  ['hold.attempts_spent', 'The mailbox was asked about as often as is polite.'],
  ['hold.recently_answered', 'The mailbox answered within 24 hours.'],
  ['hold.route_differs', 'The lane found other exchanges than the edge.'],
  ['hold.opted_out', 'The domain asks not to be probed.'],
  ['hold.shunned', 'The exchange refuses our address, and is left alone for hours.'],
  ['hold.lane_unfit', 'The lane has measured that it is not fit to ask.'],
  ['feedback.delivered', 'The account has told us that a message of its own arrived.'],
  ['feedback.bounced', 'The account has told us that a message of its own came back.'],
  ['feedback.contradicted', 'What the account has told us and what the exchange says exclude one another.'],
]

/** All but the table of replies, which is published as it is. */
export const publishedRules: readonly PublishedRule[] = [
  ...refusalRules.map(({ rule, message, cites }) => ({ id: rule, says: message, source: cites })),
  ...ROWS.map(([id, says, source = null]) => ({ id, says, source })),
]

const byId = new Map(publishedRules.map((rule) => [rule.id, rule]))

/** Source of a rule as text, or null where it is a choice of this service. */
export function ruleSource(rule: string, fact: Fact): string | null {
  if (fact.kind === 'syntax') return fact.cites
  // Lists speak for themselves: which one, and of which month.
  if (fact.kind === 'signal' || fact.kind === 'suggestion') return fact.source
  return byId.get(rule)?.source ?? ruleRow(rule)?.source ?? null
}
