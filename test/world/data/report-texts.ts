// Domains whose SPF, DKIM or DMARC gives to think of, each for one reason; they take no mail, so that nobody has to be looked at.
import type { DomainRow } from '../domain-row.ts'
import { DKIM, DMARC, only, SPF } from './report-ids.ts'
import { dkimKey, type Texts, texts } from './report-parts.ts'

function mailless(domain: string, changes: Texts, zone: readonly string[] = []): Pick<DomainRow, 'domain' | 'zone'> {
  return { domain, zone: ['@ MX 0 .', ...texts(domain, changes), ...zone] }
}

const terms = (count: number, term: (n: number) => string) => Array.from({ length: count }, (_, n) => term(n)).join(' ')

const spf: readonly DomainRow[] = [
  { ...mailless('spf-none.test', { spf: null }), ...only(SPF, 'SPF_NONE'), note: 'No SPF record.' },
  {
    ...mailless('spf-multiple.test', { spf: ['v=spf1 -all', 'v=spf1 mx -all'] }),
    ...only(SPF, 'SPF_MULTIPLE'),
    note: 'Two SPF records.',
  },
  {
    ...mailless('spf-syntax.test', { spf: 'v=spf1 ip4:300.1.2.3 -all' }),
    ...only(SPF, 'SPF_SYNTAX'),
    note: 'SPF names an address that is none.',
  },
  {
    ...mailless('spf-eleven.test', { spf: `v=spf1 ${terms(11, (n) => `exists:e${n}.spf-eleven.test`)} -all` }),
    ...only(SPF, 'SPF_LOOKUPS_OVER_10'),
    note: 'SPF needs eleven look-ups.',
  },
  {
    ...mailless('spf-eight.test', { spf: `v=spf1 ${terms(8, (n) => `exists:e${n}.spf-eight.test`)} -all` }),
    ...only(SPF, 'SPF_LOOKUPS_8_10'),
    note: 'SPF needs eight look-ups.',
  },
  {
    ...mailless('spf-voids.test', { spf: `v=spf1 ${terms(3, (n) => `a:gone${n}.spf-voids.test`)} -all` }),
    ...only(SPF, 'SPF_VOID_OVER_2'),
    note: 'SPF asks for three names that are not there.',
  },
  {
    ...mailless('spf-plus-all.test', { spf: 'v=spf1 +all' }),
    ...only(SPF, 'SPF_PLUS_ALL'),
    note: 'SPF allows everybody.',
  },
  {
    ...mailless('spf-neutral.test', { spf: 'v=spf1 ip4:127.25.0.1 ?all' }),
    ...only(SPF, 'SPF_NEUTRAL_ALL'),
    note: 'SPF ends in ?all.',
  },
  {
    ...mailless('spf-no-all.test', { spf: 'v=spf1 ip4:127.25.0.1' }),
    ...only(SPF, 'SPF_NO_ALL'),
    note: 'SPF has no end.',
  },
  { ...mailless('spf-ptr.test', { spf: 'v=spf1 ptr -all' }), ...only(SPF, 'SPF_PTR'), note: 'SPF uses ptr.' },
  {
    ...mailless('spf-loop.test', { spf: 'v=spf1 include:a.spf-loop.test -all' }, [
      'a TXT v=spf1 include:spf-loop.test -all',
    ]),
    ...only(SPF, 'SPF_LOOP'),
    note: 'SPF includes a record that includes it.',
  },
  {
    ...mailless('spf-broken.test', { spf: 'v=spf1 include:gone.spf-broken.test -all' }),
    ...only(SPF, 'SPF_BROKEN_INCLUDE'),
    note: 'SPF includes what is not there.',
  },
  {
    ...mailless('spf-long.test', { spf: `v=spf1 ${terms(40, (n) => `ip4:127.25.0.${n}`)} -all` }),
    ...only(SPF, 'SPF_LONG'),
    note: 'SPF is longer than 450 octets, in three strings.',
  },
  {
    ...mailless('markup.test', {
      spf: 'v=spf1 include:<script>document.title=1</script>.markup.test -all',
      dmarc: 'v=DMARC1; p=reject; rua=mailto:<img/src=x/onerror=document.title=1>@markup.test',
      tlsRpt: 'v=TLSRPTv1; rua=https://markup.test/"><script>document.title=1</script>',
    }),
    findings: ['SPF_BROKEN_INCLUDE'],
    note: 'Its records are written to be run by whoever shows them.',
  },
]

const dkim: readonly DomainRow[] = [
  { ...mailless('dkim-none.test', { dkim: null }), ...only(DKIM, 'DKIM_NO_ZONE'), note: 'Nothing below _domainkey.' },
  {
    ...mailless('dkim-hidden.test', { dkim: null }, [`hidden._domainkey TXT ${dkimKey(2048)}`]),
    ...only(DKIM, 'DKIM_UNKNOWN_SELECTOR'),
    note: 'A DKIM key at a selector that nobody guesses, and none at main.',
  },
  {
    ...mailless('dkim-weak.test', { dkim: dkimKey(512) }),
    ...only(DKIM, 'DKIM_KEY_WEAK'),
    note: 'A DKIM key of 512 bits at the selector main.',
  },
  {
    ...mailless('dkim-short.test', { dkim: dkimKey(1024) }),
    ...only(DKIM, 'DKIM_KEY_1024'),
    note: 'A DKIM key of 1024 bits at the selector main.',
  },
  {
    ...mailless('dkim-revoked.test', { dkim: 'v=DKIM1; p=' }),
    ...only(DKIM, 'DKIM_REVOKED'),
    note: 'The DKIM key at the selector main is revoked.',
  },
  {
    ...mailless('dkim-testing.test', { dkim: dkimKey(2048, 't=y; ') }),
    ...only(DKIM, 'DKIM_TEST_FLAG'),
    note: 'The DKIM key at the selector main is for testing.',
  },
  {
    ...mailless('dkim-invalid.test', { dkim: 'v=DKIM1; k=rsa; p=no-key' }),
    ...only(DKIM, 'DKIM_INVALID'),
    note: 'What stands at the selector main is no DKIM key.',
  },
]

const dmarc: readonly DomainRow[] = [
  { ...mailless('dmarc-none.test', { dmarc: null }), ...only(DMARC, 'DMARC_NONE'), note: 'No DMARC record.' },
  {
    ...mailless('dmarc-multiple.test', { dmarc: ['v=DMARC1; p=reject', 'v=DMARC1; p=none'] }),
    ...only(DMARC, 'DMARC_MULTIPLE'),
    note: 'Two DMARC records.',
  },
  {
    ...mailless('dmarc-watching.test', { dmarc: 'v=DMARC1; p=none' }),
    ...only(DMARC, 'DMARC_P_NONE', 'DMARC_NO_RUA'),
    note: 'DMARC asks for nothing, and for no reports.',
  },
  {
    ...mailless('dmarc-testing.test', { dmarc: 'v=DMARC1; p=reject; t=y; rua=mailto:dmarc@dmarc-testing.test' }),
    ...only(DMARC, 'DMARC_TESTING'),
    note: 'DMARC is being tested.',
  },
  {
    ...mailless('dmarc-historic.test', { dmarc: 'v=DMARC1; p=reject; pct=50; rua=mailto:dmarc@dmarc-historic.test' }),
    ...only(DMARC, 'DMARC_HISTORIC_TAG'),
    note: 'DMARC has a tag of an earlier standard.',
  },
  {
    ...mailless('dmarc-elsewhere.test', { dmarc: 'v=DMARC1; p=reject; rua=mailto:dmarc@exemplary.test' }),
    ...only(DMARC, 'DMARC_EXT_RUA_UNAUTH'),
    note: 'DMARC reports go to exemplary.test, which did not agree.',
  },
  {
    ...mailless('dmarc-agreed.test', { dmarc: 'v=DMARC1; p=reject; rua=mailto:dmarc@exemplary.test' }, [
      'dmarc-agreed.test._report._dmarc.exemplary.test. TXT v=DMARC1',
    ]),
    ...only(DMARC),
    note: 'DMARC reports go to exemplary.test, which agreed.',
  },
  {
    ...mailless('dmarc-weaker.test', { dmarc: 'v=DMARC1; p=reject; sp=none; rua=mailto:dmarc@dmarc-weaker.test' }),
    ...only(DMARC, 'DMARC_SP_WEAKER'),
    note: 'DMARC asks for less below the domain.',
  },
  {
    ...mailless('dmarc-no-policy.test', { dmarc: 'v=DMARC1; sp=reject' }),
    ...only(DMARC, 'DMARC_INVALID_P'),
    note: 'DMARC has no policy, and no address for reports that would stand in for one.',
  },
  {
    ...mailless('dmarc-odd-tag.test', { dmarc: 'v=DMARC1; p=reject; fo=z; rua=mailto:dmarc@dmarc-odd-tag.test' }),
    ...only(DMARC, 'DMARC_INVALID_TAG'),
    note: 'DMARC has a value that nobody knows.',
  },
  {
    ...mailless('dmarc-wildcard.test', { dmarc: null }, [
      '* TXT v=DMARC1; p=reject; rua=mailto:dmarc@dmarc-wildcard.test',
    ]),
    ...only(DMARC, 'DMARC_WILDCARD_TXT'),
    note: 'A wildcard answers for _dmarc, here and for any name below.',
  },
]

export const reportTexts: readonly DomainRow[] = [...spf, ...dkim, ...dmarc]
