// Commands with which anybody can see for themselves what a report says of this domain: made for a terminal, and safe to paste.

export interface Command {
  readonly title: string
  readonly command: string
}

interface CommandsFor {
  /** In A-form. */
  readonly domain: string
  readonly exchanges: readonly string[]
  /** Of a DKIM key, where one is known. */
  readonly selector?: string
}

/** More exchanges than this repeat what the first ones show. */
const MOST_EXCHANGES = 5
/** What may stand in a command: names as the DNS has them, and nothing that a shell reads. */
const NAME = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/

/** None where the domain is no name that could be pasted; exchanges that are none are left out. */
export function commandsFor({ domain, exchanges, selector }: CommandsFor): readonly Command[] {
  if (!isPastable(domain)) return []
  const hosts = [...new Set(exchanges)].filter(isPastable).slice(0, MOST_EXCHANGES)
  return [
    { title: 'Exchanges', command: `dig +noall +answer MX ${domain}` },
    { title: 'SPF', command: `dig +short TXT ${domain}` },
    { title: 'DMARC', command: `dig +short TXT _dmarc.${domain}` },
    ...(selector !== undefined && isPastable(selector)
      ? [{ title: `DKIM key ${selector}`, command: `dig +short TXT ${selector}._domainkey.${domain}` }]
      : []),
    { title: 'MTA-STS record', command: `dig +short TXT _mta-sts.${domain}` },
    { title: 'MTA-STS policy', command: `curl --max-time 10 https://mta-sts.${domain}/.well-known/mta-sts.txt` },
    { title: 'TLS reports', command: `dig +short TXT _smtp._tls.${domain}` },
    { title: 'DNSSEC', command: `dig +dnssec +noall +answer +comments MX ${domain}` },
    ...hosts.flatMap((host) => ofExchange(domain, host)),
  ]
}

function ofExchange(domain: string, host: string): Command[] {
  return [
    { title: `Addresses of ${host}`, command: `dig +noall +answer A ${host} AAAA ${host}` },
    { title: `DANE of ${host}`, command: `dig +dnssec +noall +answer TLSA _25._tcp.${host}` },
    {
      title: `TLS of ${host}`,
      command: `openssl s_client -starttls smtp -connect ${host}:25 -servername ${host} -verify_hostname ${host} </dev/null`,
    },
    // Nothing is sent: the conversation ends behind the recipient.
    { title: `A recipient at ${host}`, command: `swaks --to postmaster@${domain} --server ${host} --quit-after RCPT` },
  ]
}

/** True for a name that means itself to a shell, and no option to a program. */
export function isPastable(name: string): boolean {
  return name.length <= 253 && NAME.test(name)
}
