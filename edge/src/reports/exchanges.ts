// What the DNS tells of a domain's exchanges: addresses, aliases, pins with who vouches for them, and reverse names.
import type { Answer, MxData, TlsaData } from '@postern/shared/dns/answer.ts'
import { type Dnssec, together } from '@postern/shared/dns/dnssec.ts'
import { reverseNameOf } from '@postern/shared/report/reverse-findings.ts'
import { MOST_EXCHANGES } from './learned.ts'
import { doubted, isNegative, type LookUps, type Stated } from './look-ups.ts'

export interface ExchangeLearned {
  readonly host: string
  readonly preference: number
  readonly a: Answer<string>
  readonly aaaa: Answer<string>
  /** Where the host is an alias, the name that it stands for. */
  readonly canonical: string | null
  /** Of its addresses, or of the alias alone where that is what pins go by (RFC 7672 §2.2.2). */
  readonly dnssec: Dnssec
  readonly pins: Pins
  readonly reverse: readonly Reverse[]
}

export interface Pins {
  /** Name below which the records lie. */
  readonly base: string
  readonly dnssec: Dnssec
  /** Another resolver says something else of them, or does not vouch for them. */
  readonly differs: boolean
  /** Null where they could not be learned. */
  readonly records: readonly TlsaData[] | null
}

export interface Reverse {
  readonly address: string
  /** Null where they could not be learned. */
  readonly names: readonly string[] | null
  /** One of them leads back; null where that is not known. */
  readonly confirmed: boolean | null
}

/** More reverse names, or pins, than these are somebody's mischief. */
const MOST_REVERSE = 10
const MOST_PINS = 20
/** Of a pin that holds a whole certificate (RFC 6698 §2.1.3) in hexadecimal; what is longer is compared with nothing. */
const MOST_HEX = 8_192
/** Reverse names are looked up of so many addresses of one exchange, and so many names are followed back. */
const MOST_ADDRESSES = 4
const MOST_NAMES = 2

/** `named` as `exchangesNamed` has them. */
export function learnExchanges(named: readonly MxData[], looks: LookUps): Promise<ExchangeLearned[]> {
  return Promise.all(named.slice(0, MOST_EXCHANGES).map((one) => learnExchange(one, looks)))
}

async function learnExchange({ exchange: host, preference }: MxData, looks: LookUps): Promise<ExchangeLearned> {
  const [{ a, aaaa }, own] = await Promise.all([addressesAt(host, looks), pinsAt(host, looks)])
  const canonical = canonicalOf(a.answer) ?? canonicalOf(aaaa.answer)
  const addresses = addressState(a, aaaa)
  const [pinned, reverse] = await Promise.all([
    canonical === null ? { pins: own, dnssec: addresses } : pinsOfAlias({ host, canonical, addresses, own }, looks),
    Promise.all(addressesOf(a.answer, aaaa.answer).map((address) => reverseOf(address, looks))),
  ])
  return { host, preference, a: a.answer, aaaa: aaaa.answer, canonical, ...pinned, reverse }
}

/** A host that has neither is asked about again: one resolver's word loses nobody their exchange. */
async function addressesAt(host: string, looks: LookUps): Promise<Record<'a' | 'aaaa', Stated<string>>> {
  const questions = { a: { name: host, type: 'A' }, aaaa: { name: host, type: 'AAAA' } } as const
  const [a, aaaa] = await Promise.all([looks.state(questions.a), looks.state(questions.aaaa)])
  if (!isNegative(a.answer) || !isNegative(aaaa.answer)) return { a, aaaa }
  const [againA, againAaaa] = await Promise.all([
    looks.second(questions.a, a.source),
    looks.second(questions.aaaa, aaaa.source),
  ])
  return { a: { ...a, answer: doubted(a.answer, againA) }, aaaa: { ...aaaa, answer: doubted(aaaa.answer, againAaaa) } }
}

function canonicalOf(answer: Answer<string>): string | null {
  return answer.kind === 'failure' ? null : (answer.canonical ?? null)
}

/** Of the answers that hold addresses; where none does, of all. */
function addressState(...both: readonly Stated<string>[]): Dnssec {
  const found = both.filter(({ answer }) => answer.kind === 'records')
  const failed = both.filter(({ dnssec }) => dnssec === 'bogus')
  return together([...(found.length > 0 ? found : both), ...failed].map(({ dnssec }) => dnssec))
}

function addressesOf(...both: readonly Answer<string>[]): string[] {
  return both.flatMap((answer) => (answer.kind === 'records' ? answer.data.slice(0, MOST_ADDRESSES) : []))
}

export const pinName = (base: string): string => `_25._tcp.${base}`

/** What one resolver vouches for is asked of another: both have to. */
async function pinsAt(base: string, looks: LookUps): Promise<Pins> {
  const question = { name: pinName(base), type: 'TLSA' } as const
  const { answer, dnssec, source } = await looks.state(question)
  const alone = { base, dnssec, differs: false }
  if (answer.kind === 'failure') return { ...alone, records: null }
  if (answer.kind !== 'records') return { ...alone, records: [] }
  const records = answer.data.slice(0, MOST_PINS).map((pin) => ({ ...pin, data: pin.data.slice(0, MOST_HEX) }))
  if (dnssec !== 'secure') return { ...alone, records }
  const second = await looks.second(question, source)
  if (second.kind === 'failure') return { ...alone, dnssec: 'indeterminate', records }
  const isSame = second.kind === 'records' && second.authentic && pinText(second.data) === pinText(answer.data)
  return { ...alone, differs: !isSame, records }
}

function pinText(pins: readonly TlsaData[]): string {
  return pins
    .map(({ usage, selector, matching, data }) => [usage, selector, matching, data].join(' '))
    .toSorted()
    .join()
}

interface Alias {
  readonly host: string
  readonly canonical: string
  readonly addresses: Dnssec
  readonly own: Pins
}

/**
 * RFC 7672 §2.2.3: where the whole chain is vouched for, the target's records count before the alias's own; where only the
 * alias is, those of the alias.
 */
async function pinsOfAlias({ host, canonical, addresses, own }: Alias, looks: LookUps) {
  if (addresses === 'secure') {
    const target = await pinsAt(canonical, looks)
    const isThere = target.records === null || target.records.length > 0
    return { pins: isThere ? target : own, dnssec: addresses }
  }
  const isWorthIt = addresses === 'insecure' && (own.records ?? []).length > 0
  const alias = isWorthIt ? await looks.state({ name: host, type: 'CNAME' }) : null
  return { pins: own, dnssec: alias?.dnssec === 'secure' ? alias.dnssec : addresses }
}

async function reverseOf(address: string, looks: LookUps): Promise<Reverse> {
  const name = reverseNameOf(address)
  if (name === null) return { address, names: null, confirmed: null }
  const answer = await looks.ask({ name, type: 'PTR' })
  if (answer.kind === 'failure') return { address, names: null, confirmed: null }
  const names = answer.kind === 'records' ? answer.data.slice(0, MOST_REVERSE) : []
  const found = answer.kind === 'records' ? answer.data.length : 0
  if (names.length === 0) return { address, names, confirmed: null }
  const type = address.includes(':') ? 'AAAA' : 'A'
  const back = await Promise.all(names.slice(0, MOST_NAMES).map((found) => looks.ask({ name: found, type })))
  if (back.some((one) => one.kind === 'records' && one.data.includes(address))) {
    return { address, names, confirmed: true }
  }
  // Names that were not followed may lead back.
  const isAll = found <= MOST_NAMES && back.every(({ kind }) => kind !== 'failure')
  return { address, names, confirmed: isAll ? false : null }
}
