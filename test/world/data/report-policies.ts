// Domains whose MTA-STS or TLSRPT gives to think of, each for one reason, and the one that does all as it should be done.
import { presenting, trusted } from '../characters.ts'
import type { DomainRow } from '../domain-row.ts'
import type { Policy } from '../policies/policy.ts'
import { publicKeyDigest } from '../smtp/tls-identity.ts'
import { ALL, only, STS, TLS_RPT } from './report-ids.ts'
import { policy, policyBody, STS_RECORD, type Texts, texts } from './report-parts.ts'

type Published = Pick<DomainRow, 'domain' | 'mx' | 'zone' | 'policy'>

function published(domain: string, changes: Policy, records: Texts = {}): Published {
  return {
    domain,
    mx: [trusted],
    zone: texts(domain, { sts: STS_RECORD, ...records }),
    policy: policy(domain, changes),
  }
}

const records: readonly DomainRow[] = [
  {
    ...published('sts-odd-id.test', {}, { sts: 'v=STSv1; id=first-of-may;' }),
    ...only(STS, 'STS_TXT_INVALID'),
    note: 'The MTA-STS record has an id that is none.',
  },
  {
    ...published('sts-twice.test', {}, { sts: [STS_RECORD, 'v=STSv1; id=2;'] }),
    ...only(STS, 'STS_TXT_MULTIPLE'),
    note: 'Two MTA-STS records.',
  },
  {
    ...published('sts-orphan.test', {}, { sts: null }),
    ...only(STS, 'STS_ORPHAN_POLICY'),
    note: 'A policy, and no record that says so.',
  },
  {
    ...published('sts-orphan-old.test', { body: policyBody('', { mx: ['mx.elsewhere.test'] }) }, { sts: null }),
    ...only(STS, 'STS_ORPHAN_POLICY'),
    note: 'A policy without its record, to be enforced, of exchanges that were.',
  },
]

const fetching: readonly DomainRow[] = [
  {
    ...published('sts-unreachable.test', { unreachable: true }),
    findings: ['STS_POLICY_UNREACHABLE'],
    lacks: ['STS_NONE', 'STS_POLICY_STATUS', 'STS_POLICY_SYNTAX', 'STS_MX_UNMATCHED'],
    note: 'Nobody listens where the policy should be.',
  },
  {
    ...published('sts-endless.test', { neverEnds: true }),
    ...only(STS, 'STS_POLICY_UNREACHABLE'),
    note: 'The policy begins and does not end.',
  },
  {
    ...published('sts-redirect.test', { redirect: 'https://exemplary.test/policy.txt' }),
    ...only(STS, 'STS_POLICY_REDIRECT'),
    note: 'The policy is elsewhere: 301.',
  },
  {
    ...published('sts-missing.test', { status: 404, body: ['nothing here'] }),
    ...only(STS, 'STS_POLICY_STATUS'),
    note: 'There is no policy: 404.',
  },
  {
    ...published('sts-expired.test', { certificate: 'expired' }),
    findings: ['STS_CERT_INVALID'],
    lacks: ['STS_NONE', 'STS_CERT_EXPIRING', 'STS_POLICY_STATUS', 'STS_POLICY_UNREACHABLE'],
    note: 'The certificate of the policy host has expired.',
  },
  {
    ...published('sts-other-name.test', { certificate: 'other_name' }),
    findings: ['STS_CERT_INVALID'],
    lacks: ['STS_NONE', 'STS_CERT_EXPIRING', 'STS_POLICY_STATUS', 'STS_POLICY_UNREACHABLE'],
    note: 'The certificate of the policy host is for another name.',
  },
  {
    ...published('sts-expiring.test', { certificate: 'expiring' }),
    ...only(STS, 'STS_CERT_EXPIRING'),
    note: 'The certificate of the policy host has three days left.',
  },
  {
    ...published('sts-large.test', { tooLarge: true }),
    ...only(STS, 'STS_TOO_LARGE'),
    note: 'The policy is 70 KB long.',
  },
  {
    ...published('sts-html.test', { contentType: 'text/html; charset=utf-8' }),
    ...only(STS, 'STS_CONTENT_TYPE'),
    note: 'The policy says that it is HTML.',
  },
]

const worded = (domain: string, changes: Parameters<typeof policyBody>[1]) =>
  published(domain, { body: policyBody(domain, changes) })

const policies: readonly DomainRow[] = [
  {
    ...worded('sts-syntax.test', { mode: 'maybe' }),
    ...only(STS, 'STS_POLICY_SYNTAX'),
    note: 'The policy has a mode that nobody knows.',
  },
  {
    ...worded('sts-short.test', { maxAgeS: 3_600 }),
    ...only(STS, 'STS_MAX_AGE_SHORT'),
    note: 'The policy is kept for an hour.',
  },
  {
    ...worded('sts-testing.test', { mode: 'testing' }),
    ...only(STS, 'STS_MODE_TESTING'),
    note: 'The policy is being tested.',
  },
  {
    ...worded('sts-off.test', { mode: 'none', mx: [] }),
    ...only(STS, 'STS_MODE_NONE'),
    note: 'The policy is switched off.',
  },
  {
    ...worded('sts-unmatched.test', { mx: ['mx.elsewhere.test'] }),
    findings: ['STS_MX_UNMATCHED', 'STS_PATTERN_UNUSED'],
    lacks: ['STS_NONE', 'STS_POLICY_SYNTAX', 'STS_MX_TLS_FAILS_ENFORCE'],
    note: 'The policy names another host than the exchange.',
  },
  {
    ...worded('sts-no-backup.test', { mx: ['mx.sts-no-backup.test'] }),
    mx: [trusted, trusted],
    ...only(STS, 'STS_MX_UNMATCHED'),
    note: 'The policy names the first exchange, not the backup.',
  },
  {
    ...published('sts-tls-fails.test', {}),
    mx: [presenting('expired')],
    ...only(STS, 'STS_MX_TLS_FAILS_ENFORCE', 'TLS_CERT_EXPIRED'),
    note: 'The policy is enforced, and the certificate of the exchange has expired.',
  },
]

const reports: readonly DomainRow[] = [
  {
    ...published('tlsrpt-odd.test', {}, { tlsRpt: 'v=TLSRPTv1; rua=ftp://reports.test' }),
    ...only(TLS_RPT, 'TLSRPT_INVALID'),
    note: 'TLSRPT names what takes no reports.',
  },
  {
    ...published(
      'tlsrpt-twice.test',
      {},
      {
        tlsRpt: ['v=TLSRPTv1; rua=mailto:a@tlsrpt-twice.test', 'v=TLSRPTv1; rua=mailto:b@tlsrpt-twice.test'],
      },
    ),
    ...only(TLS_RPT, 'TLSRPT_MULTIPLE'),
    note: 'Two TLSRPT records.',
  },
  {
    ...published('tlsrpt-none.test', {}, { tlsRpt: null }),
    ...only(TLS_RPT, 'TLSRPT_NONE'),
    note: 'MTA-STS, and nobody who wants to hear of it.',
  },
]

const EXEMPLARY = 'exemplary.test'
const TLSA = [publicKeyDigest(), '0123456789abcdef'.repeat(4)].map((digest) => `TLSA 3 1 1 ${digest}`)

const exemplary: DomainRow = {
  ...published(EXEMPLARY, {}),
  mx: [trusted, trusted],
  zone: [
    '@ 3600 MX 10 mx',
    '@ 3600 MX 20 mx2',
    ...texts(EXEMPLARY, { sts: STS_RECORD }),
    ...['mx', 'mx2'].flatMap((host) => TLSA.map((record) => `_25._tcp.${host} ${record}`)),
  ],
  authentic: true,
  ...only(
    ALL.filter((id) => id !== 'DKIM_UNKNOWN_SELECTOR'),
    'MX_NO_IPV6',
  ),
  note: 'Does all that a report looks at: two exchanges, DNSSEC, DANE, MTA-STS, TLSRPT, SPF, DKIM (selector main), DMARC.',
}

export const reportPolicies: readonly DomainRow[] = [exemplary, ...records, ...fetching, ...policies, ...reports]
