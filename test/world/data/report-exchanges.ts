// Domains whose exchanges, addresses or DNSSEC give to think of in a report; routes.ts has more of them.
import { closedPort, strict, trusted } from '../characters.ts'
import type { DomainRow } from '../domain-row.ts'
import { publicKeyDigest } from '../smtp/tls-identity.ts'
import { DANE, DNS, MX, only } from './report-ids.ts'
import { texts } from './report-parts.ts'

type Sound = Pick<DomainRow, 'domain' | 'mx' | 'zone'>

function sound(domain: string, ...zone: readonly string[]): Sound {
  return { domain, mx: [trusted], zone: [...texts(domain), ...zone] }
}

const exchanges: readonly DomainRow[] = [
  {
    ...sound('null-mx-ten.test', '@ MX 10 .'),
    mx: [],
    ...only(MX, 'MX_NULL', 'MX_NULL_NONZERO_PREF'),
    note: 'Null MX with the preference 10.',
  },
  {
    ...sound('mx-no-address.test', '@ MX 10 here', 'here TXT nothing but this'),
    mx: [],
    ...only(MX, 'MX_NO_ADDRESS'),
    note: 'The exchange exists and has no address.',
  },
  {
    ...sound('mx-twice.test', '@ MX 10 mx', '@ MX 20 mx'),
    ...only(MX, 'MX_DUPLICATE_HOST', 'MX_SINGLE_HOST', 'MX_NO_IPV6'),
    note: 'The exchange is named twice.',
  },
  {
    ...sound('mx-one-address.test', '@ MX 10 mx', '@ MX 20 other', 'other A $mx'),
    ...only(MX, 'MX_DUPLICATE_IP', 'MX_ONE_FAILURE_DOMAIN', 'MX_NO_IPV6'),
    note: 'Two exchanges have the same address.',
  },
  {
    ...sound('mx-ttl-short.test', '@ 60 MX 10 mx'),
    ...only(MX, 'MX_TTL_SHORT', 'MX_SINGLE_HOST', 'MX_NO_IPV6'),
    note: 'MX records are kept for a minute.',
  },
  {
    ...sound('mx-ttl-long.test', '@ 86401 MX 10 mx'),
    ...only(MX, 'MX_TTL_LONG', 'MX_SINGLE_HOST', 'MX_NO_IPV6'),
    note: 'MX records are kept for a second more than a day.',
  },
]

const FITTING = `TLSA 3 1 1 ${publicKeyDigest()}`
const NEXT_KEY = `TLSA 3 1 1 ${'0123456789abcdef'.repeat(4)}`

function signed(domain: string, ...zone: readonly string[]): Sound & Pick<DomainRow, 'authentic'> {
  return { ...sound(domain, ...zone), authentic: true }
}

const dane: readonly DomainRow[] = [
  {
    ...sound('dane-unsigned.test', `_25._tcp.mx ${FITTING}`, `_25._tcp.mx ${NEXT_KEY}`),
    ...only(DANE, 'DANE_TLSA_INSECURE'),
    note: 'TLSA records in a zone that nobody signed.',
  },
  {
    ...sound('dane-unsigned-misfit.test', `_25._tcp.mx ${NEXT_KEY}`),
    ...only(DANE, 'DANE_TLSA_INSECURE'),
    note: 'A TLSA record of another key, in a zone that nobody signed.',
  },
  {
    ...signed('dane-none.test'),
    ...only(DANE, 'DANE_NONE'),
    note: 'A signed domain without TLSA records.',
  },
  {
    ...signed('dane-insecure-host.test', `_25._tcp.mx ${FITTING}`, `_25._tcp.mx ${NEXT_KEY}`),
    insecure: ['mx'],
    ...only(DANE, 'DANE_TLSA_INSECURE'),
    note: 'A signed domain; the zone of its exchange is not.',
  },
  {
    ...signed('dane-bogus.test', `_25._tcp.mx ${FITTING}`, `_25._tcp.mx ${NEXT_KEY}`),
    faults: { '_25._tcp.mx': { kind: 'bogus' } },
    findings: ['DANE_BOGUS'],
    lacks: ['DANE_MISMATCH', 'DANE_TLSA_INSECURE', 'DNS_BOGUS', 'MX_DNS_ERROR'],
    note: 'A signed domain; the signatures of the TLSA records do not hold.',
  },
  {
    ...signed('dane-unlearned.test', `_25._tcp.mx ${FITTING}`, `_25._tcp.mx ${NEXT_KEY}`),
    faults: { '_25._tcp.mx': { kind: 'servfail' } },
    ...only(DANE, 'DANE_TLSA_UNLEARNED'),
    note: 'A signed domain; nobody answers for the TLSA records.',
  },
  {
    ...signed('dane-unusable.test', `_25._tcp.mx TLSA 1 1 1 ${publicKeyDigest()}`),
    findings: ['DANE_UNUSABLE'],
    lacks: ['DANE_MISMATCH', 'DANE_TLSA_INSECURE', 'DANE_BOGUS', 'DANE_NONE', 'DANE_NO_STARTTLS'],
    note: 'The only TLSA record is of a usage that mail has none for.',
  },
  {
    ...signed('dane-mismatch.test', `_25._tcp.mx ${NEXT_KEY}`, `_25._tcp.mx TLSA 3 1 1 ${'42'.repeat(32)}`),
    ...only(DANE, 'DANE_MISMATCH'),
    note: 'TLSA records of other keys than the one in use.',
  },
  {
    ...signed('dane-weaker.test', `_25._tcp.mx ${FITTING}`, `_25._tcp.mx TLSA 3 1 2 ${'42'.repeat(64)}`),
    ...only(DANE, 'DANE_WEAKER_DIGEST'),
    note: 'The SHA-256 digest of the key in use, and the SHA-512 digest of another.',
  },
  {
    ...signed('dane-partial.test', `_25._tcp.mx ${FITTING}`),
    mx: [trusted, trusted],
    ...only(DANE, 'DANE_PARTIAL', 'DANE_SINGLE_TLSA'),
    note: 'One exchange has a TLSA record, the other has none.',
  },
  {
    ...signed('dane-no-tls.test', `_25._tcp.mx ${FITTING}`, `_25._tcp.mx ${NEXT_KEY}`),
    mx: [strict],
    findings: ['DANE_NO_STARTTLS', 'TLS_NOT_OFFERED'],
    lacks: ['DANE_NONE', 'DANE_PARTIAL', 'DANE_SINGLE_TLSA', 'DANE_TLSA_INSECURE', 'DANE_BOGUS', 'DANE_UNUSABLE'],
    note: 'TLSA records, and an exchange that offers no TLS.',
  },
  {
    ...sound('dns-bogus.test'),
    fault: { kind: 'bogus' },
    findings: ['DNS_BOGUS'],
    lacks: ['MX_NXDOMAIN', 'SPF_NONE', 'DMARC_NONE', 'DANE_NONE'],
    note: 'Signatures of the whole domain do not hold.',
  },
  {
    ...sound('dns-sluggish.test'),
    fault: { kind: 'slow', ms: 200 },
    ...only(DNS, 'DNS_COLD_OVER_150MS'),
    note: 'Name servers that take their time over each question.',
  },
  {
    ...sound('route-by-backup.test'),
    mx: [closedPort, trusted],
    findings: ['ROUTE_OVER_300S', 'SMTP_CONNECT_REFUSED'],
    lacks: ['DNS_COLD_OVER_150MS', 'MX_SINGLE_HOST', 'SMTP_CONNECT_TIMEOUT'],
    note: 'Only the backup takes mail: senders that queue before they go on to it are five minutes late.',
  },
]

export const reportExchanges: readonly DomainRow[] = [...exchanges, ...dane]
