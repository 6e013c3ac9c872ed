// MTA-STS as we and mailauth read it: records and policies of grammars that go wrong, and patterns against hosts.
import { chosenSts, names, parsePolicy, parseSts } from '@postern/shared/report/mta-sts.ts'
import fc from 'fast-check'
import { parsePolicy as theirPolicy, resolvePolicy, validateMx } from 'mailauth/lib/mta-sts.js'
import type { Subject } from './compared.ts'
import { from, mostly } from './drawn.ts'
import { resolverOf } from './mailauth-resolver.ts'

const DOMAIN = 'example.test'

function ourId(texts: readonly string[]): string | null {
  const found = chosenSts(texts)
  if (found.kind !== 'one') return found.kind
  const parsed = parseSts(found.text)
  return parsed.ok ? `id ${parsed.record.id}` : 'invalid'
}

async function theirId(texts: readonly string[]): Promise<string> {
  const resolver = resolverOf(new Map([[`_mta-sts.${DOMAIN}`, new Map([['TXT', texts]])]]))
  try {
    const id = await resolvePolicy(DOMAIN, { resolver, strict: true })
    if (id !== false) return `id ${id}`
    return texts.some((text) => /^v=STSv1[ \t]*;/.test(text)) ? 'invalid' : 'none'
  } catch (fault) {
    return (fault as { code?: string }).code === 'multi_sts_records' ? 'several' : String(fault)
  }
}

export const STS_RECORD: Subject<readonly string[]> = { ours: ourId, theirs: theirId, argued: [] }

const LONG = 'a'.repeat(32)
const field = fc.oneof(
  { weight: 5, arbitrary: from('id=20261121', 'id=A1', `id=${LONG}`) },
  { weight: 2, arbitrary: from('id=', 'id=a-b', `id=${LONG}1`, 'id = 1', 'id= 1', 'ID=1', 'id', 'id=1 2', 'id=1=2') },
  { weight: 3, arbitrary: from('x=1', 'x.y-z_1=!"<>~', 'more=a:b,c') },
  { weight: 1, arbitrary: from('', 'x=', '_x=1', `${LONG}1=1`, 'x==', 'x=é', 'x=a b', '=1') },
)
const stsText = fc
  .tuple(
    mostly(
      from('v=STSv1'),
      from('v=STSv1 ', 'v = STSv1', 'V=STSv1', 'v=STSv10', 'v=STSv2', ' v=STSv1', 'v=spf1 -all'),
      9,
    ),
    fc.array(field, { minLength: 1, maxLength: 4 }),
    from(';', '; ', ' ;\t', ';', '; ', ';;'),
    from('', ';', '; ', ' ', ';;'),
  )
  .map(([version, fields, between, end]) => [version, ...fields].join(between) + end)
export const stsRecords: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 9, arbitrary: stsText.map((one) => [one]) },
  { weight: 1, arbitrary: fc.array(stsText, { maxLength: 3 }) },
)

export const stsRecordsByHand: readonly (readonly string[])[] = [
  ['v=STSv1; id=1; id=2; id=a-b;'],
  ['v=STSv1; id = 1;'],
  ['v=STSv1;; id=1'],
  ['v=STSv1; id=1 '],
  ['v=STSv1; id=1; '],
]

function ourPolicy(text: string): unknown {
  const parsed = parsePolicy(text)
  if (!parsed.ok) return null
  const { mode, maxAgeS, mx } = parsed.record
  return { mode, maxAgeS, mx: [...new Set(mx)].toSorted() }
}

function theirPolicyOf(text: string): unknown {
  try {
    const { mode, maxAge, mx = [] } = theirPolicy(text, { strict: true })
    return { mode, maxAgeS: maxAge, mx: mx.toSorted() }
  } catch {
    return null
  }
}

const LONGEST_AGE_S = 31_557_600
/** A line is a field by RFC 8461 §3.2, so far as both need to agree on it. */
const FIELD = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}:[ \t]*[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?[ \t]*$/u

export const STS_POLICY: Subject<string> = {
  ours: ourPolicy,
  theirs: theirPolicyOf,
  argued: [
    {
      kind: 'a line that is no field',
      because:
        'RFC 8461 §3.2: what is syntactically valid has to be accepted, which is fields alone; mailauth skips other lines',
      without: (text) => {
        const lines = text.split(/\r?\n/)
        const rest = lines.filter((line) => FIELD.test(line))
        return rest.length + (lines.at(-1) === '' ? 1 : 0) < lines.length ? rest.join('\n') : text
      },
    },
    {
      kind: 'a max_age beyond the longest',
      because:
        'RFC 8461 §3.2: ten digits are syntactically valid, so it has to be accepted; it counts as the longest there is',
      without: (text) =>
        text.replaceAll(/(?<=^max_age:[ \t]*)\d{8,10}(?=[ \t]*\r?$)/gm, (age) =>
          String(Math.min(LONGEST_AGE_S, Number(age))),
        ),
    },
    {
      kind: 'an address for a name',
      because: 'RFC 1123 §2.1: a host’s name never has the form of an address, as its last label is a word',
      without: (text) => text.replaceAll(/^mx:[ \t]*\d+(?:\.\d+)*[ \t]*\r?$/gm, 'mx: -'),
    },
  ],
}

const line = fc.oneof(
  { weight: 6, arbitrary: from('mode: enforce', 'mode:testing', 'mode: none', 'mode:\t enforce \t') },
  { weight: 1, arbitrary: from('mode: Enforce', 'mode: strict', 'Mode: none', 'mode:', 'mode enforce', 'mode : none') },
  { weight: 6, arbitrary: from('max_age: 604800', 'max_age:0', 'max_age: 31557600', 'max_age: 0000086400 ') },
  { weight: 1, arbitrary: from('max_age: 31557601', 'max_age: 9999999999', 'max_age: 01234567890', 'max_age: -1') },
  { weight: 1, arbitrary: from('max_age: 1.5', 'max_age: a week', 'max_age: +1', 'max-age: 1', 'max_age: 1e3') },
  {
    weight: 8,
    arbitrary: from('mx: mail.example.test', 'mx: *.Example.test', 'mx:a-b.c', 'mx: localhost', 'mx: 1a.test'),
  },
  {
    weight: 1,
    arbitrary: from('mx: *', 'mx: *.', 'mx: a.*.test', 'mx: **.test', 'mx: *a.test', 'mx: -a.test', 'mx: a..b'),
  },
  {
    weight: 1,
    arbitrary: from('mx: mail.example.test.', 'mx: 192.0.2.1', 'mx: mail_1.test', 'mx: møx.test', 'mx: [::1]', 'mx:'),
  },
  { weight: 1, arbitrary: from('MX: mail.example.test', 'mx: a.test, b.test', ' mx: a.test', 'mx: a.test b.test') },
  { weight: 2, arbitrary: from('future: a: b', 'x.y-z_1:ä é', 'version2: STSv1') },
  {
    weight: 1,
    arbitrary: from('', ' ', 'future:', '_x: 1', `${LONG}1: 1`, 'x: a\u0007b', '<html>', '# a word', 'x: a\rb'),
  },
)
const version = mostly(
  from('version: STSv1', 'version:STSv1'),
  from('version: STSv2', 'Version: STSv1', 'version: stsv1', ''),
  12,
)
export const stsPolicies: fc.Arbitrary<string> = fc
  .tuple(version, fc.array(line, { minLength: 2, maxLength: 7 }), fc.nat(3), from('\n', '\r\n'), fc.boolean())
  .map(([first, lines, at, end, isEnded]) => {
    const all = [...lines.slice(0, at), first, ...lines.slice(at)]
    return all.join(end) + (isEnded ? end : '')
  })

const POLICY = 'version: STSv1\nmode: enforce\nmx: mail.example.test\nmax_age: 604800\n'

export const stsPoliciesByHand: readonly string[] = [
  POLICY,
  `${POLICY}\n`,
  `${POLICY}mode: none\nmax_age: never\n`,
  POLICY.replace('604800', '31557601'),
  POLICY.replace('mail.example.test', '192.0.2.1'),
  POLICY.replace('mail.example.test', 'mail_1.example.test'),
]

export interface Match {
  readonly pattern: string
  readonly host: string
}

export const STS_MATCH: Subject<Match> = {
  ours: ({ pattern, host }) => names(pattern, host),
  theirs: ({ pattern, host }) => validateMx(host, { mode: 'enforce', mx: [pattern] }).valid,
  argued: [
    {
      kind: 'a host with a star',
      because:
        'RFC 8461 §4.1: a pattern’s star stands for the left-most label; whether that is a host’s is another matter',
      without: ({ pattern, host }) => ({ pattern, host: host.replace(/^\*(?=\.|$)/, 'star') }),
    },
  ],
}

const label = from('mail', 'Mail', 'mx1', 'a', 'example', 'test', 'xn--mnchen-3ya')
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
const PATTERNS = ['a.*.test', '*.*.test', 'm*.example.test', '*.example.test.', 'MAIL.example.test']
const HOSTS = [
  '',
  '.',
  '.example.test',
  'mail..test',
  '*.example.test',
  'mail.example.test.',
  'mail.example.test.evil.test',
  '*',
]
const patterns = fc.oneof(
  name,
  name.map((one) => `*.${one}`),
  from(...PATTERNS),
)
const hosts = fc.oneof({ weight: 5, arbitrary: name }, { weight: 1, arbitrary: from(...HOSTS) })

export const stsMatches: fc.Arbitrary<Match> = fc.oneof(
  fc.record({ pattern: patterns, host: hosts }),
  // Near misses: labels before a pattern's own.
  fc
    .record({ suffix: name, prefix: from('', 'mail.', 'a.b.', 'x', '.', '*.'), isWild: fc.boolean() })
    .map(({ suffix, prefix, isWild }) => ({ pattern: isWild ? `*.${suffix}` : suffix, host: prefix + suffix })),
)
