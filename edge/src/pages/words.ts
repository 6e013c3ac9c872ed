// The words of a report as people say them: what a reason means, why something was not measured.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'

export const VERDICTS: Readonly<Record<DomainReport['verdict']['reason'], string>> = {
  mx_found: 'takes mail: its MX records lead to mail servers',
  null_mx: 'takes no mail, and says so (null MX)',
  implicit_mx: 'takes mail at its own address: there is no MX record',
  no_mail_host: 'takes no mail: there is neither an MX record nor an address',
  domain_not_found: 'does not exist',
  exchanges_without_address: 'takes no mail: no mail server that it names has an address',
  exchanges_unreachable: 'takes no mail: its mail servers have addresses that nobody can reach',
  dns_failure: 'gave no answer in the DNS, which says nothing of its mail',
}

export const ROUTES: Readonly<Record<DomainReport['mx']['status'], string>> = {
  mx: 'MX records',
  null_mx: 'null MX: no mail is taken',
  implicit: 'no MX record: the domain’s own address takes mail',
  none: 'no MX record and no address',
  nxdomain: 'there is no such domain',
  error: 'the DNS did not answer',
}

export const STARTTLS: Readonly<
  Record<NonNullable<DomainReport['mx']['records'][number]['smtp']>[number]['starttls'], string>
> = {
  ok: 'TLS',
  not_offered: 'not offered',
  refused: 'offered, then refused',
  failed: 'offered, and the handshake fails',
  unmeasured: 'not measured',
}

const PLAIN: Readonly<Record<string, string>> = { unlearned: 'not known', insecure: 'not signed', secure: 'signed' }

/** `lane_busy` as `lane busy`: the words of the interface, as far as a person needs none better. */
export function words(id: string): string {
  return PLAIN[id] ?? id.replaceAll('_', ' ')
}
