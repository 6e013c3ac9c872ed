// Domains whose mail host itself gives to think of in a report: how it greets, what TLS it has, what its address is called.
import {
  breakingTls,
  greetingAs,
  greetingLate,
  presenting,
  refusingAtGreeting,
  speakingOldTls,
  trusted,
} from '../characters.ts'
import type { DomainRow } from '../domain-row.ts'
import type { Character } from '../smtp/character.ts'
import { say } from '../smtp/reply.ts'
import { only, SMTP, TLS } from './report-ids.ts'
import { texts } from './report-parts.ts'

function sound(domain: string, host: Character): Pick<DomainRow, 'domain' | 'mx' | 'zone'> {
  return { domain, mx: [host], zone: texts(domain) }
}

export const reportHosts: readonly DomainRow[] = [
  {
    ...sound('smtp-not-now.test', refusingAtGreeting(say(450, '4.3.2', 'System not accepting network messages'))),
    ...only(SMTP, 'SMTP_421_554_GREETING'),
    note: 'Greets with 450.',
  },
  {
    ...sound('smtp-odd-greeting.test', refusingAtGreeting(say(250, '', 'welcome'))),
    ...only(SMTP, 'SMTP_BANNER_NOT_220'),
    note: 'Greets with 250.',
  },
  {
    ...sound('smtp-other-name.test', greetingAs('mail.elsewhere.test')),
    ...only(SMTP, 'SMTP_BANNER_NAME_MISMATCH'),
    note: 'Greets with the name of another host.',
  },
  {
    ...sound('smtp-slow.test', greetingLate(5_500)),
    findings: ['SMTP_SLOW', 'TLS_NOT_OFFERED'],
    lacks: ['SMTP_CONNECT_TIMEOUT', 'SMTP_BANNER_NOT_220'],
    note: 'Greets after 5.5 seconds.',
  },
  {
    ...sound('no-reverse.test', trusted),
    reverse: null,
    ...only(SMTP, 'PTR_MISSING'),
    note: "The exchange's address has no name.",
  },
  {
    ...sound('other-reverse.test', trusted),
    reverse: 'gone.other-reverse.test',
    ...only(SMTP, 'FCRDNS_FAIL'),
    note: "The name of the exchange's address leads nowhere.",
  },
  {
    ...sound('tls-broken.test', breakingTls),
    ...only(TLS, 'TLS_HANDSHAKE_FAILED'),
    note: 'Offers STARTTLS, and every handshake fails.',
  },
  {
    ...sound('tls-old.test', speakingOldTls),
    ...only(TLS, 'TLS_OLD_VERSION'),
    note: 'Speaks TLS 1.1 at best.',
  },
  {
    ...sound('tls-expired.test', presenting('expired')),
    ...only(TLS, 'TLS_CERT_EXPIRED'),
    note: 'The certificate of the exchange has expired.',
  },
  {
    ...sound('tls-expiring.test', presenting('expiring')),
    ...only(TLS, 'TLS_CERT_EXPIRING'),
    note: 'The certificate of the exchange has three of its ninety days left.',
  },
  {
    ...sound('tls-self-signed.test', presenting('self_signed')),
    ...only(TLS, 'TLS_CERT_UNTRUSTED'),
    note: 'The certificate of the exchange is for its name, and self-signed.',
  },
  {
    ...sound('tls-other-name.test', presenting('other_name')),
    ...only(TLS, 'TLS_CERT_MISMATCH'),
    note: 'The certificate of the exchange is for another name.',
  },
  {
    ...sound('tls-trusted.test', trusted),
    findings: ['MX_SINGLE_HOST', 'MX_NO_IPV6', 'STS_NONE', 'DANE_NONE'],
    lacks: [...TLS, ...SMTP],
    note: 'One exchange, with a certificate that is trusted.',
  },
]
