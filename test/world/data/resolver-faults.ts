// Domains about which the resolver itself fails; behind each is a strict host that nobody should need to ask.
import { strict } from '../characters.ts'
import type { ResolverFault } from '../dns/resolver-fault.ts'
import type { DomainRow } from '../domain-row.ts'
import { learns } from '../mailbox.ts'
import * as is from '../outcome.ts'
import { MX, only } from './report-ids.ts'

type Broken = Exclude<ResolverFault['kind'], 'slow'>

function broken(domain: string, kind: Broken, note: string): DomainRow {
  const outcome = kind === 'hang' ? is.within(2_500, is.dnsTimeout) : is.dnsFailure
  return { domain, mx: [strict], fault: { kind }, boxes: { 'jane.roe': learns(outcome) }, note }
}

export const resolverFaults: readonly DomainRow[] = [
  {
    domain: 'dns-slow.test',
    mx: [strict],
    fault: { kind: 'slow', ms: 9_000 },
    boxes: { 'jane.roe': learns(is.within(2_500, is.dnsTimeout)) },
    note: 'The resolver answers after 9 seconds.',
  },
  broken('dns-hang.test', 'hang', 'The resolver never answers.'),
  {
    ...broken('dns-servfail.test', 'servfail', 'The resolver answers SERVFAIL.'),
    ...only(MX, 'MX_DNS_ERROR'),
  },
  broken('dns-truncated.test', 'truncated', 'The answer is marked truncated and holds nothing.'),
  broken('dns-garbage.test', 'garbage', 'The answer is no DNS message.'),
  broken('dns-wrong-id.test', 'wrong_id', 'The answer has the id of another question.'),
  broken('dns-wrong-question.test', 'wrong_question', 'The answer belongs to another question.'),
  broken('dns-http-500.test', 'http_500', 'The resolver answers HTTP 500.'),
]
