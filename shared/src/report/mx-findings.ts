// What a domain's exchanges give to think of, as far as the DNS tells: findings of the answers about them.
import type { Answer, MxData } from '../dns/answer.ts'
import { type Cidr, networkOf } from '../dns/ip.ts'
import { IPV4_TEXT } from '../dns/mail-route.ts'
import { globallyReachable } from '../dns/reachable.ts'
import { type Finding, type FindingId, finding, type Severity } from './finding.ts'

export interface SeenExchange {
  readonly host: string
  /** The target where the host is an alias, else null. */
  readonly cname: string | null
  readonly a: Answer<string>
  readonly aaaa: Answer<string>
}

export interface MxGiven {
  readonly domain: string
  readonly mx: Answer<MxData>
  /** A second resolver said something else. */
  readonly disagrees: boolean
  /** The domain's own addresses, which count where there is no MX record (RFC 5321 §5.1). */
  readonly a: Answer<string>
  readonly aaaa: Answer<string>
  /** Of each exchange, by name. */
  readonly exchanges: readonly SeenExchange[]
  /** Loopback blocks that count as reachable: the explicit opt-in of runs on a desk. */
  readonly loopback: readonly Cidr[]
}

type Say = (id: FindingId, subject?: string, severity?: Severity) => Finding

const SHORT_S = 300
const LONG_S = 86_400

export function mxFindings(given: MxGiven): Finding[] {
  const { domain, mx, disagrees } = given
  const say: Say = (id, subject, severity) =>
    finding(id, {
      domain,
      ...(subject === undefined ? {} : { subject }),
      ...(severity === undefined ? {} : { severity }),
    })
  const beside = [...(disagrees ? [say('MX_RESOLVER_DISAGREE')] : []), ...(domain.includes('.') ? [] : [say('MX_TLD')])]
  return [...ofAnswer(given, mx, say), ...beside]
}

function ofAnswer(given: MxGiven, mx: Answer<MxData>, say: Say): Finding[] {
  switch (mx.kind) {
    case 'failure':
      return [say('MX_DNS_ERROR')]
    case 'nxdomain':
      return [say('MX_NXDOMAIN')]
    case 'nodata':
      return [withoutMx(given, say)]
    case 'records':
      return withMx(given, mx, say)
  }
}

function withoutMx({ a, aaaa }: MxGiven, say: Say): Finding {
  if (a.kind === 'records' || aaaa.kind === 'records') return say('MX_IMPLICIT')
  return a.kind === 'failure' || aaaa.kind === 'failure' ? say('MX_DNS_ERROR') : say('MX_NONE_NO_ADDRESS')
}

function withMx(
  { exchanges, loopback }: MxGiven,
  { data, ttlS }: Extract<Answer<MxData>, { kind: 'records' }>,
  say: Say,
): Finding[] {
  const ttl = ttlS < SHORT_S ? [say('MX_TTL_SHORT')] : ttlS > LONG_S ? [say('MX_TTL_LONG')] : []
  const empty = data.filter(({ exchange }) => exchange === '')
  if (empty.length > 0 && data.length === 1) {
    return [say('MX_NULL'), ...(empty[0]?.preference === 0 ? [] : [say('MX_NULL_NONZERO_PREF')]), ...ttl]
  }
  const mixed = empty.length > 0 ? [say('MX_NULL_MIXED')] : []
  const names = data.map(({ exchange }) => exchange).filter((exchange) => exchange !== '')
  const twice = [...new Set(names.filter((name, n) => names.indexOf(name) !== n))]
  const seen = exchanges.filter(({ host }) => names.includes(host))
  const isAnyReached = seen.some(({ a, aaaa }) => a.kind === 'records' || aaaa.kind === 'records')
  return [
    ...mixed,
    ...seen.flatMap((one) => ofExchange(one, { isAnyReached, loopback }, say)),
    ...twice.map((name) => say('MX_DUPLICATE_HOST', name)),
    ...ofAll(seen, say),
    ...ttl,
  ]
}

interface Around {
  readonly isAnyReached: boolean
  readonly loopback: readonly Cidr[]
}

function ofExchange({ host, cname, a, aaaa }: SeenExchange, { isAnyReached, loopback }: Around, say: Say): Finding[] {
  const isIp = IPV4_TEXT.test(host) ? [say('MX_IS_IP', host)] : []
  const alias = cname === null ? [] : [say('MX_CNAME', host)]
  const outside = addressesOf({ a, aaaa }).filter((address) => !globallyReachable(address, loopback))
  const hidden = outside.map((address) => say('MX_PRIVATE_ADDRESS', `${host} (${address})`))
  if (a.kind === 'nxdomain' || aaaa.kind === 'nxdomain') {
    // An address that is no name is no name that could be taken either.
    const dangling = say('MX_DANGLING_NXDOMAIN', host, isAnyReached ? 'high' : 'critical')
    return isIp.length > 0 ? isIp : [...alias, dangling]
  }
  const isEmpty = a.kind === 'nodata' && aaaa.kind === 'nodata'
  return [...isIp, ...alias, ...hidden, ...(isEmpty ? [say('MX_NO_ADDRESS', host)] : [])]
}

function addressesOf({ a, aaaa }: Pick<SeenExchange, 'a' | 'aaaa'>): string[] {
  return [a, aaaa].flatMap((answer) => (answer.kind === 'records' ? answer.data : []))
}

/** What is to be said of them together; of those that could not be learned nothing is. */
function ofAll(seen: readonly SeenExchange[], say: Say): Finding[] {
  const isLearned = seen.every(({ a, aaaa }) => a.kind !== 'failure' && aaaa.kind !== 'failure')
  if (!isLearned || seen.length === 0) return []
  const addresses = seen.map(addressesOf)
  const all = addresses.flat()
  const shared = all.some((address, n) => all.indexOf(address) !== n)
  const networks = new Set(all.map(networkOf))
  const [first = []] = addresses
  return [
    ...(shared ? [say('MX_DUPLICATE_IP')] : []),
    ...(seen.length === 1 && first.length === 1 ? [say('MX_SINGLE_HOST')] : []),
    ...(seen.length > 1 && networks.size === 1 ? [say('MX_ONE_FAILURE_DOMAIN')] : []),
    ...(seen.some(({ aaaa }) => aaaa.kind === 'records') || all.length === 0 ? [] : [say('MX_NO_IPV6')]),
  ]
}
