// SPF records of a grammar that goes wrong, and senders for whom they are evaluated.
import fc from 'fast-check'
import type { SpfCase } from './differential-spf.ts'
import { from, mostly, words } from './drawn.ts'

const NAMES = words(`
  a.test b.test c.test h1.test h2.test six.test alias.test empty.test ok.test nowhere.test late.test A.Test.
  mx-late.test mx-odd.test mx-null.test mx-ten.test mx-many.test mx-early.test`)
const MACROS = words(`
  %{d} %{o} %{h} %{i} %{p} %{d2} %{D} %%.test %_.test %{d1r}.test %{s}.test %{l}.exists.test %{lr-}.exists.test
  %{ir}.%{v}.exists.test %{i}.exists.test %{S}.exists.test %{o}.exists.test %{p}.exists.test %{l1r+-}.exists.test`)
const ODD = words(`
  localhost 192.0.2.1 a %{x}.test %{d %{t}.test %(d).test %{d0}.test a..test -.test a.- ${'x'.repeat(64)}.test`)
const spec = fc.oneof(
  { weight: 8, arbitrary: from(...NAMES) },
  { weight: 4, arbitrary: from(...MACROS) },
  { weight: 1, arbitrary: from(...ODD) },
)

const cidr = mostly(
  from('', '', '/24', '//64', '/24//64', '/0', '//0', '/32//128'),
  from('/33', '//129', '/', '/024', '/24/64', '//', '/-1'),
  16,
)
const NETWORKS = words(`
  ip4:192.0.2.1 ip4:192.0.2.0/24 ip4:198.51.100.0/25 ip4:0.0.0.0/0 ip6:2001:db8::/32 ip6:2001:DB8::1 ip6:::/0
  ip6:::ffff:192.0.2.0/120 ip6:::ffff:0:0/96`)
const ODD_NETWORKS = words(`
  ip4 ip4: ip4:192.0.2 ip4:192.0.2.1/33 ip4:192.0.2.1/ ip4:192.0.2.01 ip4:2001:db8::1 ip4:256.0.0.1 ip4:192.0.2.1//24
  ip6: ip6:192.0.2.1 ip6:2001:db8::/129 ip6:2001:db8::g ip6:1::2::3 ip6:fe80::1%eth0`)
const mechanism = fc.oneof(
  { weight: 5, arbitrary: spec.map((name) => `include:${name}`) },
  { weight: 5, arbitrary: fc.tuple(spec, cidr).map(([name, length]) => `a:${name}${length}`) },
  { weight: 4, arbitrary: fc.tuple(spec, cidr).map(([name, length]) => `mx:${name}${length}`) },
  { weight: 4, arbitrary: spec.map((name) => `exists:${name}`) },
  { weight: 2, arbitrary: spec.map((name) => `ptr:${name}`) },
  { weight: 3, arbitrary: fc.tuple(from('a', 'mx', 'A', 'Mx'), cidr).map(([name, length]) => name + length) },
  { weight: 1, arbitrary: from('ptr', 'PTR', 'all') },
  { weight: 6, arbitrary: from(...NETWORKS) },
  { weight: 1, arbitrary: from(...ODD_NETWORKS) },
  { weight: 1, arbitrary: from(...words('all:a.test include exists include: a: ptr: ptr/24 foo foo:a.test -')) },
)
const term = fc.tuple(from('', '', '', '-', '~', '?', '+'), mechanism).map((both) => both.join(''))
const REASONS = words('why.test why-two.test why-odd.test %{l}.why.test')
const MODIFIERS = words('moo= moo=%{d}/x:y a-b_c.d=1 moo=a=b moo=%{x} moo=%{t} moo=% 1=2 =2')
const modifier = fc.oneof(
  { weight: 4, arbitrary: spec.map((name) => `redirect=${name}`) },
  { weight: 2, arbitrary: fc.oneof(spec, from(...REASONS)).map((name) => `exp=${name}`) },
  { weight: 2, arbitrary: from(...MODIFIERS) },
)
/** As many as there may be, and one more. */
const many = fc
  .tuple(
    from(...words('include:ok.test a:nowhere.test a:h2.test exists:%{p}.exists.test exists:%{i}')),
    fc.integer({ min: 2, max: 11 }),
  )
  .map(([one, count]) => Array.from({ length: count }, () => one).join(' '))
const terms = fc.array(
  fc.oneof({ weight: 12, arbitrary: term }, { weight: 2, arbitrary: modifier }, { weight: 1, arbitrary: many }),
  { maxLength: 5 },
)
const record = fc
  .tuple(
    mostly(from('v=spf1'), from('V=SPF1', 'v=spf10', ' v=spf1', 'v=spf1\t', 'spf1'), 20),
    terms,
    from('-all', '~all', '?all', '', '', '-ALL', '-all '),
    from(' ', ' ', ' ', '  '),
  )
  .map(([version, all, end, between]) => [version, ...all, ...(end === '' ? [] : [end])].join(between))
const texts: fc.Arbitrary<readonly string[] | 'timeout'> = fc.oneof(
  { weight: 20, arbitrary: record.map((one) => [one]) },
  { weight: 2, arbitrary: record.map((one) => ['a word', one]) },
  { weight: 1, arbitrary: fc.constantFrom<readonly string[] | 'timeout'>([], ['a word'], 'timeout') },
  { weight: 1, arbitrary: fc.array(record, { minLength: 2, maxLength: 2 }) },
)

export const spfCases: fc.Arbitrary<SpfCase> = fc.record({
  texts: fc.record({ 'a.test': texts, 'b.test': texts, 'c.test': texts }),
  ip: from(
    ...words(`192.0.2.1 192.0.2.1 192.0.2.77 198.51.100.7 203.0.113.9 ::ffff:192.0.2.1 ::ffff:c000:201
      2001:db8::1 2001:db8::77 2001:DB8:0:1::5`),
  ),
  sender: mostly(
    from('jane@a.test', 'jane@a.test', 'Jane-Doe@A.TEST', 'a.test', '', '@a.test'),
    from(...words('jane@localhost jane@[192.0.2.1] jane@nowhere.test jane@x..test jane@o_k.test "a@b"@a.test')),
    12,
  ),
  helo: from('a.test', 'a.test', 'h1.test', 'localhost', '[192.0.2.1]', 'nowhere.test'),
})

const row = (record: string, more: Partial<SpfCase> = {}): SpfCase => ({
  texts: { 'a.test': [record] },
  ip: '192.0.2.1',
  sender: 'jane@a.test',
  helo: 'h1.test',
  ...more,
})
const times = (count: number, one: string): string => Array.from({ length: count }, () => one).join(' ')

export const spfByHand: readonly SpfCase[] = [
  row('v=spf1 ip4:192.0.2.1 -all'),
  row('v=spf1 ip4:192.0.2.1 -all', { ip: '::ffff:c000:201' }),
  row('v=spf1 ip6:::ffff:192.0.2.0/120 ?all', { ip: '::ffff:192.0.2.1' }),
  row('v=spf1 -all exp=why.test'),
  row(`v=spf1 ${times(10, 'include:ok.test')} -all`),
  row(`v=spf1 ${times(11, 'include:ok.test')} -all`),
  // A name that is made of the sender's costs a look-up of its own.
  row(`v=spf1 ${times(5, 'exists:%{p}.no.exists.test')} -all`, { ip: '198.51.100.7' }),
  row(`v=spf1 ${times(5, 'include:ok.test')} ${times(3, 'a:%{p}')} ~all`, { ip: '2001:db8::1' }),
  row(`v=spf1 ${times(9, 'include:ok.test')} exists:%{p}.exists.test -all`),
  row('v=spf1 exists:%{p}.exists.test a:nowhere.test -all', { ip: '192.0.2.77' }),
  row(`v=spf1 ${times(10, 'include:ok.test')} -all exp=%{p}`),
  row('v=spf1 exists:%{i} exists:%{i} exists:%{i} -all'),
  row(`v=spf1 ${times(9, 'include:ok.test')} a:a..test a:h2.test -all`),
  row('v=spf1 mx:mx-odd.test -all', { ip: '203.0.113.9' }),
  row('v=spf1 mx:mx-early.test -all'),
  row('v=spf1 mx:mx-many.test -all'),
  row('v=spf1 mx:mx-ten.test -all'),
  row('v=spf1 mx:mx-late.test -all'),
  row('v=spf1 moo=%{t} ~all'),
  row('v=spf1 -all', { sender: 'jane@o_k.test' }),
  row('v=spf1 redirect=b.test', { texts: { 'a.test': ['v=spf1 redirect=b.test'], 'b.test': ['v=spf1 ~all'] } }),
]
