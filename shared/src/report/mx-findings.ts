// What a domain's exchanges give to think of, as far as the DNS tells: findings of the answers about them.
import type { Answer, MxData } from '../dns/answer.ts'
import type { Cidr } from '../dns/ip.ts'
import { addressesIn, IPV4_TEXT } from '../dns/mail-route.ts'
import { globallyReachable } from '../dns/reachable.ts'
import { firstOfEach } from './cases.ts'
import { type About, type Finding, type FindingId, finding } from './finding.ts'
import { togetherFindings } from './mx-together.ts'

export interface SeenExchange {
  readonly host: string
  /** Where the chain of aliases ends where the host is one, else null. */
  readonly cname: string | null
  readonly a: Answer<string>
  readonly aaaa: Answer<string>
}

export interface MxGiven {
  readonly domain: string
  readonly mx: Answer<MxData>
  /** Of the records when they are fresh, in seconds; null where that is not known: caches count down. */
  readonly ttlS: number | null
  /** What two resolvers said, as text; null where they agree, or one of them did not say. */
  readonly disagrees: { readonly first: string; readonly second: string } | null
  /** The domain's own addresses, which count where there is no MX record (RFC 5321 §5.1). */
  readonly a: Answer<string>
  readonly aaaa: Answer<string>
  /** Of each exchange, by name. */
  readonly exchanges: readonly SeenExchange[]
  /** Loopback blocks that count as reachable: the explicit opt-in of runs on a desk. */
  readonly loopback: readonly Cidr[]
}

type Say = (id: FindingId, about?: Omit<About, 'domain'>) => Finding

const SHORT_S = 300
const LONG_S = 86_400
/** Of an answer, in evidence. */
const MOST_TEXT = 1_000

export function mxFindings(given: MxGiven): Finding[] {
  const { domain, mx, disagrees } = given
  const say: Say = (id, about = {}) => finding(id, { domain, ...about })
  return firstOfEach([
    ...ofAnswer(given, mx, say),
    ...(disagrees === null ? [] : [say('MX_RESOLVER_DISAGREE', { evidence: shortened(disagrees) })]),
    ...(domain.includes('.') ? [] : [say('MX_TLD')]),
  ])
}

function shortened({ first, second }: NonNullable<MxGiven['disagrees']>): Record<string, string> {
  return { first: first.slice(0, MOST_TEXT), second: second.slice(0, MOST_TEXT) }
}

function ofAnswer(given: MxGiven, mx: Answer<MxData>, say: Say): Finding[] {
  switch (mx.kind) {
    case 'failure':
      return [say('MX_DNS_ERROR', { evidence: { type: 'MX', why: mx.why } })]
    case 'nxdomain':
      return [say('MX_NXDOMAIN')]
    case 'nodata':
      return withoutMx(given, say)
    case 'records':
      return withMx(given, mx.data, say)
  }
}

function withoutMx({ domain, a, aaaa, loopback }: MxGiven, say: Say): Finding[] {
  if (a.kind === 'records' || aaaa.kind === 'records')
    return [say('MX_IMPLICIT'), ...outOfReach(domain, addressesIn({ a, aaaa }), { loopback, say })]
  if (a.kind === 'failure') return [say('MX_DNS_ERROR', { evidence: { type: 'A', why: a.why } })]
  if (aaaa.kind === 'failure') return [say('MX_DNS_ERROR', { evidence: { type: 'AAAA', why: aaaa.why } })]
  return [say('MX_NONE_NO_ADDRESS')]
}

function withMx(given: MxGiven, data: readonly MxData[], say: Say): Finding[] {
  const ttl = ofTtl(given, say)
  const empty = data.filter(({ exchange }) => exchange === '')
  if (empty.length > 0 && data.length === 1) {
    return [say('MX_NULL'), ...(empty[0]?.preference === 0 ? [] : [say('MX_NULL_NONZERO_PREF')]), ...ttl]
  }
  const mixed = empty.length > 0 ? [say('MX_NULL_MIXED')] : []
  const names = data.map(({ exchange }) => exchange).filter((exchange) => exchange !== '')
  const single = new Set(names)
  const seen = given.exchanges.filter(({ host }) => single.has(host))
  // An exchange that nobody has looked up may be there, and elsewhere.
  const isWhole = single.size === seen.length
  const isAllGone = isWhole && seen.every(isGone)
  return [
    ...mixed,
    ...seen.flatMap((one) => ofExchange(one, { given, isAllGone }, say)),
    ...duplicatesIn(names).map((subject) => say('MX_DUPLICATE_HOST', { subject })),
    ...(isWhole ? togetherFindings(given.domain, seen) : []),
    ...ttl,
  ]
}

/** Each of them once. */
function duplicatesIn(names: readonly string[]): string[] {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) twice.add(name)
    seen.add(name)
  }
  return [...twice]
}

function ofTtl({ ttlS }: MxGiven, say: Say): Finding[] {
  if (ttlS === null || (ttlS >= SHORT_S && ttlS <= LONG_S)) return []
  return [say(ttlS < SHORT_S ? 'MX_TTL_SHORT' : 'MX_TTL_LONG', { evidence: { ttlS } })]
}

/** A "no such name" beside another answer contradicts itself, as load balancers do that know few types. */
function isGone({ a, aaaa }: SeenExchange): boolean {
  return a.kind === aaaa.kind && (a.kind === 'nxdomain' || a.kind === 'nodata')
}

interface Around {
  readonly given: MxGiven
  readonly isAllGone: boolean
}

function ofExchange(one: SeenExchange, { given, isAllGone }: Around, say: Say): Finding[] {
  const { host, cname, a, aaaa } = one
  const isIp = IPV4_TEXT.test(host) ? [say('MX_IS_IP', { subject: host })] : []
  const alias = cname === null ? [] : [say('MX_CNAME', { subject: host, evidence: { target: cname } })]
  if (a.kind === 'nxdomain' && aaaa.kind === 'nxdomain') {
    // An address that is no name is no name that could be taken either.
    return isIp.length > 0 ? isIp : [...alias, dangling(one, { given, isAllGone }, say)]
  }
  const hidden = outOfReach(host, addressesIn(one), { loopback: given.loopback, say })
  const isEmpty = a.kind === 'nodata' && aaaa.kind === 'nodata'
  return [...isIp, ...alias, ...hidden, ...(isEmpty ? [say('MX_NO_ADDRESS', { subject: host })] : [])]
}

const NOWHERE = 'mail that is led there arrives nowhere'
const TAKEN = `${NOWHERE}, and if its domain can be registered, whoever registers it can take that mail`

/** It is the end of a chain of aliases that does not exist. What lies below the domain is for nobody else to register. */
function dangling({ host, cname }: SeenExchange, { given: { domain }, isAllGone }: Around, say: Say): Finding {
  const subject = cname ?? host
  const isOwn = subject === domain || subject.endsWith(`.${domain}`)
  return say('MX_DANGLING_NXDOMAIN', {
    subject,
    value: isOwn ? NOWHERE : TAKEN,
    severity: isAllGone ? 'critical' : 'high',
    evidence: { exchange: host, missing: subject },
  })
}

interface Beyond {
  readonly loopback: readonly Cidr[]
  readonly say: Say
}

function outOfReach(host: string, addresses: readonly string[], { loopback, say }: Beyond): Finding[] {
  return addresses
    .filter((address) => !globallyReachable(address, loopback))
    .map((address) =>
      say('MX_PRIVATE_ADDRESS', {
        subject: `${host} (${address})`,
        evidence: { hosts: [host], addresses: [address] },
      }),
    )
}
