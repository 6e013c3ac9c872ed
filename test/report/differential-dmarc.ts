// DMARC as we and mailauth read it: domains below one another, records of a grammar that goes wrong, and what counts then.
import { surveyDmarc } from '@postern/shared/report/dmarc-survey.ts'
import { isAligned } from '@postern/shared/report/dmarc-walk.ts'
import fc from 'fast-check'
import { dmarc } from 'mailauth/lib/dmarc/index.js'
import type { Subject } from './compared.ts'
import { from, mostly } from './drawn.ts'
import { resolverOf } from './mailauth-resolver.ts'
import { evaluated, type Zone } from './zone.ts'

export interface DmarcCase {
  readonly domain: string
  /** Of each name what is at `_dmarc.` below it. */
  readonly records: Readonly<Record<string, readonly string[]>>
  /** What the domain itself is; an alias leads nowhere. */
  readonly is: 'there' | 'absent' | 'alias'
  /** Names whose records cannot be learned. */
  readonly failing: readonly string[]
  readonly spf: string
  readonly dkim: readonly string[]
}

function zoneOf({ domain, records, is, failing }: DmarcCase): Zone {
  const zone = new Map<string, ReadonlyMap<string, readonly unknown[] | 'timeout'>>()
  for (const [name, texts] of Object.entries(records))
    zone.set(`_dmarc.${name}`, new Map([['TXT', failing.includes(name) ? 'timeout' : texts]]))
  if (is === 'there') zone.set(domain, new Map([['A', ['192.0.2.1']]]))
  if (is === 'alias') zone.set(domain, new Map([['CNAME', ['nowhere.invalid']]]))
  return zone
}

/** Where something was not learned, only what counts all the same. */
function ours(given: DmarcCase): unknown {
  const zone = zoneOf(given)
  const of = (domain: string) => evaluated(surveyDmarc(domain), zone).result
  const { effective, organisation, status } = of(given.domain)
  const policy = effective?.policy ?? (status === 'unlearned' ? status : null)
  const foundAt = effective?.foundAt ?? null
  if (given.failing.length > 0) return { policy, foundAt }
  const aligned = (signs: { spf: string | null; dkim: readonly string[] }) =>
    effective !== null &&
    isAligned({ from: given.domain, ...signs }, effective.record, (name) => of(name).organisation ?? name)
  const spf = aligned({ spf: given.spf, dkim: [] })
  return { policy, foundAt, organisation, spf, dkim: aligned({ spf: null, dkim: given.dkim }) }
}

async function theirs(given: DmarcCase): Promise<unknown> {
  const found = await dmarc({
    headerFrom: [given.domain],
    spfDomains: [given.spf],
    dkimDomains: given.dkim.map((domain) => ({ domain })),
    resolver: resolverOf(zoneOf(given)),
    strict: true,
  })
  if (found === false) throw new Error('no domain')
  // Absent where there is no record, whatever its type says.
  const {
    policy = found.status.result === 'temperror' ? 'unlearned' : null,
    policyDomain = null,
    alignment,
  } = found as Partial<typeof found> & Pick<typeof found, 'status'>
  if (given.failing.length > 0) return { policy, foundAt: policyDomain }
  const [spf, dkim] = [alignment?.spf.result !== undefined, alignment?.dkim.result !== undefined]
  return { policy, foundAt: policyDomain, organisation: found.domain, spf, dkim }
}

const eachText = (given: DmarcCase, mend: (text: string) => string): DmarcCase => ({
  ...given,
  records: Object.fromEntries(Object.entries(given.records).map(([name, texts]) => [name, texts.map(mend)])),
})

export const DMARC: Subject<DmarcCase> = {
  ours,
  theirs,
  argued: [
    {
      kind: 'space before the version',
      because:
        'RFC 9989 §4.8, §4.10: a record begins with its version, and is discarded if not; mailauth takes the space off',
      without: (given) => eachText(given, (text) => (/^\s/.test(text) ? 'discarded' : text)),
    },
    {
      kind: 'a line break for white space',
      because:
        'RFC 9989 §4.8: white space is spaces and tabs, and values are of visible characters; mailauth trims more',
      without: (given) => eachText(given, (text) => text.replaceAll(/[\r\n]/g, '')),
    },
    {
      kind: 'the name of a tag alone',
      because:
        'RFC 9989 §4.8: what is no tag is ignored outright; mailauth lets it take the place of the tag of that name',
      without: (given) => eachText(given, (text) => text.replaceAll(/;[ \t]*[a-z]+[ \t]*(?=;|$)/g, '')),
    },
    {
      kind: 'an alias that leads nowhere',
      because:
        'RFC 9989 §3.2.13: a name is not there if the answer is NXDOMAIN, as it is here; mailauth asks for the alias too',
      without: (given) => (given.is === 'alias' ? { ...given, is: 'absent' } : given),
    },
    {
      kind: 'a fault of its own before what is not learned',
      because:
        'RFC 9989 §4.10: records that are several or no tag-list are discarded, and that is what their owner hears',
      without: (given) =>
        given.failing.length > 0 && evaluated(surveyDmarc(given.domain), zoneOf(given)).result.own === null
          ? { ...given, records: { ...given.records, [given.domain]: [] } }
          : given,
    },
  ],
}

const row = (domain: string, records: DmarcCase['records'], more: Partial<DmarcCase> = {}): DmarcCase => ({
  domain,
  records,
  is: 'there',
  failing: [],
  spf: 'bounce.example.test',
  dkim: ['example.test', 'other.test'],
  ...more,
})
const LADDER = 'v=DMARC1; p=reject; sp=quarantine; np=none'

export const dmarcByHand: readonly DmarcCase[] = [
  row('example.test', { 'example.test': [LADDER] }),
  row('mail.example.test', { 'example.test': [LADDER] }),
  row('mail.example.test', { 'example.test': [LADDER] }, { is: 'absent' }),
  row('mail.example.test', { 'example.test': [LADDER] }, { is: 'alias' }),
  row('mail.example.test', { 'example.test': [`${LADDER}; t=y; adkim=s; aspf=s`] }),
  row('example.test', { 'example.test': [` ${LADDER}`] }),
  row('example.test', { 'example.test': [`${LADDER}; p`] }),
  row('example.test', { 'example.test': ['v=DMARC1;\r\n p=reject'] }),
  row('example.test', { 'example.test': ['v=DMARC1; p=\nreject'] }),
  row('example.test', { 'example.test': ['v=DMARC1; P=reject'] }),
  row('example.test', { 'example.test': ['v=DMARC1; p=reject; v=DMARC1'] }),
  row('example.test', { 'example.test': ['v=DMARC1; p=reject; sp=all'] }),
  row('example.test', { 'example.test': ['v=DMARC1; p=reject; np=all; rua=mailto:'] }),
  // One that asks for nothing stands in the way of the one above.
  row('mail.example.test', { 'mail.example.test': ['v=DMARC1'], 'example.test': [LADDER] }),
  row('mail.example.test', { 'mail.example.test': [LADDER, LADDER], 'example.test': [LADDER] }),
  row('mail.example.test', { 'mail.example.test': [LADDER, LADDER] }, { failing: ['example.test'] }),
  row('mail.example.test', {}, { failing: ['test'] }),
  row('mail.example.test', { 'mail.example.test': ['v=DMARC1; p=none; psd=n'] }, { failing: ['example.test'] }),
  row('www.giant.bank.test', { 'bank.test': ['v=DMARC1; psd=y'] }, { spf: 'giant.bank.test' }),
  row('giant.bank.test', { 'bank.test': [`${LADDER}; psd=y`], test: [LADDER] }, { spf: 'x.giant.bank.test' }),
  row('bank.test', { 'bank.test': [`${LADDER}; psd=y`], test: [LADDER] }, { dkim: ['giant.bank.test'] }),
]

const DOMAINS = [
  'example.test',
  'mail.example.test',
  'a.mail.example.test',
  'giant.bank.test',
  'www.giant.bank.test',
  'c.d.e.f.g.h.example.test',
  'b.c.d.e.f.g.h.example.test',
  'l.k.j.i.b.c.d.e.f.g.h.example.test',
]

const POLICIES = ['none', 'quarantine', 'reject']
const GOOD_URIS = [
  'mailto:d@example.test',
  'https://r.test/d?a=b#c',
  'mailto:d@r.test!10m',
  'mailto:',
  'mailto:a%20b@r.test',
]
const BAD_URIS = [
  'd@example.test',
  'mailto:<d@r.test>',
  'mailto:a b@r.test',
  '',
  'mailto:50%@r.test',
  'mailto:d@r.test!10x',
]

const uris = fc
  .array(mostly(from(...GOOD_URIS), from(...BAD_URIS), 2), { minLength: 1, maxLength: 3 })
  .map((all) => all.join(','))

/** Of each tag what it may say; those that count more come more often. */
const VALUES: readonly (readonly [name: string, weight: number, value: fc.Arbitrary<string>])[] = [
  ['p', 12, mostly(from(...POLICIES), from('Reject', 'monitor', '', 'none none'))],
  ['sp', 4, mostly(from(...POLICIES), from('NONE', 'all', ''), 4)],
  ['np', 4, mostly(from(...POLICIES), from('QUARANTINE', 'x'), 4)],
  ['rua', 5, uris],
  ['psd', 3, mostly(from('y', 'n', 'u'), from('Y', 'yes', ''), 6)],
  ['t', 3, mostly(from('y', 'n'), from('Y', '1'), 4)],
  ['adkim', 2, mostly(from('r', 's'), from('S', 'strict'), 4)],
  ['aspf', 2, mostly(from('r', 's'), from('S', ''), 4)],
  ['pct', 2, from('100', '50', '0', 'all', '')],
  ['fo', 1, from('0', '1:d:s', 'x')],
  ['ruf', 1, uris],
  ['ri', 1, from('86400', '-1')],
  ['v', 1, from('DMARC1')],
  ['future', 1, from('1', 'a=b', 'ä')],
  ['x-y', 1, from('1')],
]

interface Part {
  readonly name: string
  readonly text: string
}

const part: fc.Arbitrary<Part> = fc.oneof(
  ...VALUES.map(([name, weight, value]) => ({
    weight,
    arbitrary: fc
      .tuple(mostly(from(name), from(name.toUpperCase()), 20), from('=', '=', '=', ' = ', '\t='), value)
      .map(([written, equals, text]) => ({ name, text: written + equals + text })),
  })),
  { weight: 1, arbitrary: from('', 'p', 'nonsense', '=reject', 'p:reject').map((text) => ({ name: text, text })) },
)

const parts = fc.oneof(
  { weight: 9, arbitrary: fc.uniqueArray(part, { selector: ({ name }) => name, maxLength: 7 }) },
  { weight: 1, arbitrary: fc.array(part, { minLength: 2, maxLength: 5 }) },
)
const version = mostly(
  from('v=DMARC1'),
  from(
    'V=DMARC1',
    'v = DMARC1',
    'v\t=DMARC1',
    ' v=DMARC1',
    'v=dmarc1',
    'v=DMARC2',
    'v=DMARC1x',
    'DMARC1',
    'x=1; v=DMARC1',
  ),
)
const record = fc
  .tuple(version, parts, mostly(from('; ', ';', ' ;\t', ';;'), from(';\r\n '), 40), from('', '', ';', '; '))
  .map(([first, all, between, end]) => [first, ...all.map(({ text }) => text)].join(between) + end)
const texts = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  { weight: 8, arbitrary: record.map((one) => [one]) },
  { weight: 1, arbitrary: record.map((one) => ['v=spf1 -all', one]) },
  { weight: 1, arbitrary: fc.array(record, { minLength: 2, maxLength: 2 }) },
)

/** The name and all above it, and one beside it. */
function namesAround(domain: string): readonly string[] {
  const labels = domain.split('.')
  const upwards = labels.map((_, n) => labels.slice(n).join('.'))
  return [...upwards, `news.${upwards[1]}`]
}

export const dmarcCases: fc.Arbitrary<DmarcCase> = from(...DOMAINS).chain((domain) => {
  const names = namesAround(domain)
  const vouched = from(...names, ...names.map((name) => `bounce.${name}`), 'other.example')
  return fc.record({
    domain: fc.constant(domain),
    records: fc.record(Object.fromEntries(names.map((name) => [name, texts]))),
    is: fc.constantFrom('there', 'absent', 'alias'),
    failing: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray([...names]) }),
    spf: vouched,
    dkim: fc.array(vouched, { maxLength: 2 }),
  })
})
