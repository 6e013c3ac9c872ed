// SPF as we and mailauth evaluate it: records of a grammar that goes wrong, in a small DNS that does so too.
import { checkHost } from '@postern/shared/report/spf.ts'
import { spf } from 'mailauth/lib/spf/index.js'
import type { Subject } from './compared.ts'
import { resolverOf } from './mailauth-resolver.ts'
import { evaluated, type Zone } from './zone.ts'

type Records = Readonly<Record<string, readonly unknown[] | 'timeout'>>

export interface SpfCase {
  /** TXT records of the domains that are told of; the rest of the DNS is always the same. */
  readonly texts: Readonly<Record<string, readonly string[] | 'timeout'>>
  readonly ip: string
  readonly sender: string
  readonly helo: string
}

const exchanges = (...names: readonly string[]) => names.map((exchange, n) => ({ preference: n, exchange }))

const HOSTS: Readonly<Record<string, Records>> = {
  'a.test': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'], MX: exchanges('h2.test', 'h1.test') },
  'h1.test': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
  'h2.test': { A: ['203.0.113.9', '198.51.100.7'], MX: exchanges('h1.test') },
  'six.test': { AAAA: ['2001:db8::77'], MX: exchanges('six.test', 'h1.test') },
  'alias.test': { CNAME: ['h1.test'] },
  'empty.test': { TXT: ['a word'] },
  'late.test': { A: 'timeout', AAAA: 'timeout', MX: 'timeout', TXT: 'timeout' },
  'mx-late.test': { MX: exchanges('h2.test', 'late.test', 'h1.test') },
  'mx-odd.test': { MX: exchanges('', 'localhost', 'nowhere.test', 'h1.test') },
  'mx-null.test': { MX: exchanges('') },
  'mx-ten.test': { MX: exchanges(...Array.from({ length: 9 }, (_, n) => `x${n}.test`), 'h1.test') },
  'mx-many.test': { MX: exchanges(...Array.from({ length: 10 }, (_, n) => `x${n}.test`), 'h1.test') },
  'mx-early.test': { MX: exchanges('h1.test', ...Array.from({ length: 10 }, (_, n) => `x${n}.test`)) },
  'mx-plain.test': { MX: exchanges('', 'nowhere.test', 'h1.test') },
  'ok.test': { TXT: ['v=spf1 ?all'] },
  'o_k.test': { TXT: ['v=spf1 ?all'] },
  'why.test': { TXT: ["%{s} and %{c} are not %{D}'s%_%%%-%{r} %{p}"] },
  'why-two.test': { TXT: ['a word', 'another'] },
  'why-odd.test': { TXT: ['%{x}'] },
  'jane.exists.test': { A: ['127.0.0.2'] },
  'enaj.exists.test': { A: ['127.0.0.2'] },
  '1.2.0.192.in-addr.exists.test': { A: ['127.0.0.2'] },
  '192.0.2.1.exists.test': { A: ['127.0.0.2'] },
  'doe.jane.exists.test': { A: ['127.0.0.2'] },
  'jane%40a.test.exists.test': { A: ['127.0.0.2'] },
  'a.test.exists.test': { A: ['127.0.0.2'] },
  'h1.test.exists.test': { A: ['127.0.0.2'] },
  '1.2.0.192.in-addr.arpa': { PTR: ['nowhere.test', 'h1.test', 'a.test'] },
  '7.100.51.198.in-addr.arpa': { PTR: ['localhost', 'h2.test', 'late.test'] },
  '9.113.0.203.in-addr.arpa': { PTR: 'timeout' },
  [`${'1.' + '0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`]: { PTR: ['h1.test'] },
}

function zoneOf({ texts }: SpfCase): Zone {
  const zone = new Map(Object.entries(HOSTS).map(([name, records]) => [name, new Map(Object.entries(records))]))
  for (const [name, all] of Object.entries(texts)) zone.set(name, (zone.get(name) ?? new Map()).set('TXT', all))
  return zone
}

/** RFC 7208 §2.4: without a sender it is the host's name that is checked. Explanations may differ in case, as names do. */
function ours(given: SpfCase): unknown {
  const { ip, helo } = given
  const sender = given.sender === '' ? helo : given.sender
  const at = sender.lastIndexOf('@')
  const [local, domain] = [sender.slice(0, Math.max(0, at)), sender.slice(at + 1)]
  const asking = checkHost({ ip, local, domain, helo, receiver: 'us.test', now: 0 })
  const { result, explanation } = evaluated(asking, zoneOf(given)).result
  return { result, explanation: explanation?.toLowerCase() ?? null }
}

async function theirs(given: SpfCase): Promise<unknown> {
  const { ip, sender, helo } = given
  const resolver = resolverOf(zoneOf(given))
  const { status, explanation } = await spf({ ip, sender, helo, mta: 'us.test', resolver, strict: true })
  // Their clock is the machine's, ours stands at zero.
  return { result: status.result, explanation: explanation?.toLowerCase().replaceAll(/\d{10}/g, '0') ?? null }
}

const eachText = (given: SpfCase, mend: (text: string) => string): SpfCase => ({
  ...given,
  texts: Object.fromEntries(
    Object.entries(given.texts).map(([name, all]) => [name, all === 'timeout' ? all : all.map(mend)]),
  ),
})

export const SPF: Subject<SpfCase> = {
  ours,
  theirs,
  argued: [
    {
      kind: 'a target that is no host’s name',
      because:
        'RFC 7208 §4.8: what a macro comes to is a name of the DNS; mailauth asks for no single label and no number',
      without: (given) =>
        eachText(given, (text) => text.replaceAll(/([:=])(%\{[hip]\})(?=[/ ]|$)/g, '$1$2.nowhere.test')),
    },
    {
      kind: 'a target that cannot be asked for',
      because: 'RFC 7208 §4.6.4: it is terms that are counted, whatever they name; mailauth counts what it asks',
      without: (given) => eachText(given, (text) => text.replaceAll(/x{64}\.test|a\.\.test/g, 'nowhere.test')),
    },
    {
      kind: 'an exchange that is no host’s name',
      because: 'RFC 7208 §5.4: an exchange without an address does not match; mailauth makes a permerror of its name',
      without: (given) => eachText(given, (text) => text.replaceAll('mx-odd.test', 'mx-plain.test')),
    },
    {
      kind: 'more than ten exchanges, and a match before the last',
      because:
        'RFC 7208 §4.6.4, §5.4: each exchange is looked up, and more than ten are a permerror, in whatever order',
      without: (given) => eachText(given, (text) => text.replaceAll('mx-early.test', 'mx-many.test')),
    },
    {
      kind: 'a macro of explanations in an unknown modifier',
      because: 'RFC 7208 §7.2: c, r and t are allowed in explanations only',
      without: (given) => eachText(given, (text) => text.replaceAll('moo=%{t}', 'moo=%{d}')),
    },
    {
      kind: 'a sender’s domain with an underscore',
      because:
        'RFC 7208 §4.3: malformed is a label that is empty or too long, or alone; an underscore is none of these',
      without: (given) => ({ ...given, sender: given.sender.replace('o_k', 'ok') }),
    },
  ],
}
