// Where mail for a domain goes, as an audit needs it: the first hosts that have an IPv4 address, or why there are none.
import type { Answer, MxData } from '@postern/shared/dns/answer.ts'
import type { Resolve } from '../net/resolve.ts'
import type { Host } from './ask.ts'

/** `none`: the DNS says that the domain takes no mail. `unknown`: it could not be learned, or is out of our reach. */
export type Route =
  | { readonly kind: 'found'; readonly hosts: readonly Host[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' }

/** RFC 5321 §5.1 asks for at least two. */
const MAX_HOSTS = 2

export async function routeOf(domain: string, resolve: Resolve, deadlineAt: number): Promise<Route> {
  const mx = await resolve({ name: domain, type: 'MX' }, deadlineAt)
  if (mx.kind === 'failure') return { kind: 'unknown' }
  if (mx.kind === 'nxdomain') return { kind: 'none' }
  const exchanges = exchangesOf(domain, mx)
  const answers = await Promise.all(
    exchanges.map(async (exchange) => ({ exchange, a: await resolve({ name: exchange, type: 'A' }, deadlineAt) })),
  )
  const hosts = answers.flatMap(({ exchange, a }) => firstOf(a).map((address) => ({ exchange, address })))
  if (hosts.length > 0) return { kind: 'found', hosts }
  return { kind: answers.every(({ a }) => isAbsent(a, mx)) ? 'none' : 'unknown' }
}

/** In order of preference; the domain itself where it has no MX, nobody where that is null (RFC 5321 §5.1, RFC 7505 §3). */
function exchangesOf(domain: string, mx: Answer<MxData>): string[] {
  if (mx.kind !== 'records') return [domain]
  return mx.data
    .filter(({ exchange }) => exchange !== '')
    .toSorted((one, other) => one.preference - other.preference)
    .slice(0, MAX_HOSTS)
    .map(({ exchange }) => exchange)
}

function firstOf(a: Answer<string>): readonly string[] {
  return a.kind === 'records' ? a.data.slice(0, 1) : []
}

/** An exchange without IPv4 address may have another one; a domain without MX and address takes no mail at all. */
function isAbsent(a: Answer<string>, mx: Answer<MxData>): boolean {
  return a.kind === 'nxdomain' || (a.kind === 'nodata' && mx.kind === 'nodata')
}
