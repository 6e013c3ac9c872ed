// Where a webhook may be sent: which URLs can be named at all, and whether what their host resolves to is public just now.
import { type Cidr } from '@postern/shared/dns/ip.ts'
import { addressesIn } from '@postern/shared/dns/mail-route.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import { LONGEST_URL } from '@postern/shared/contract/webhook.ts'
import type { Resolve } from '../dns/doh.ts'

/** Ports below belong to services of other kinds. */
const LEAST_PORT = 1_024

/**
 * What is wrong with a URL, for a person, or null. `loopback` opens loopback addresses, for runs on a desk: without TLS too,
 * but by their numbers only.
 */
export function targetProblem(text: string, loopback: readonly Cidr[]): string | null {
  const url = text.length > LONGEST_URL ? null : URL.parse(text)
  if (url === null) return 'is no URL such as https://shop.example/postern'
  if (url.username !== '' || url.password !== '')
    return 'has credentials: deliveries prove themselves by their signature'
  const isPlain = url.protocol === 'http:' && isOnDesk(url, loopback)
  if (url.protocol !== 'https:' && !isPlain) return `is not https: use an https URL${orOnDesk(loopback)}`
  // The parser leaves out the port that the scheme has anyway.
  const hasLowPort = url.port === '' ? isPlain : Number(url.port) < LEAST_PORT
  if (hasLowPort) return 'has a port below 1024'
  return hostProblem(url, loopback)
}

/** Where some of loopback may be reached, the run is one on a desk. */
function orOnDesk(loopback: readonly Cidr[]): string {
  if (loopback.length === 0) return ''
  return ', or on this machine http://127.0.0.1:PORT, by number, with `npm start -- --allow-loopback-mx`'
}

function isOnDesk(url: URL, loopback: readonly Cidr[]): boolean {
  const literal = literalOf(url)
  return literal !== null && !globallyReachable(literal, []) && globallyReachable(literal, loopback)
}

function hostProblem(url: URL, loopback: readonly Cidr[]): string | null {
  const literal = literalOf(url)
  if (literal !== null)
    return globallyReachable(literal, loopback)
      ? null
      : `is an address that is not globally reachable: use a public one${orOnDesk(loopback)}`
  return nameOf(url).includes('.') ? null : 'has a host that is no public name'
}

/** The address that stands where a name would; the URL's parser has undone octal, hexadecimal and short forms. */
function literalOf({ hostname }: URL): string | null {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  return /^[\d.]+$/.test(hostname) ? hostname : null
}

function nameOf({ hostname }: URL): string {
  return hostname.replace(/\.$/, '')
}

export interface TargetPorts {
  readonly resolve: Resolve
  readonly loopback: readonly Cidr[]
  readonly now: () => number
}

const LOOK_UP_MS = 3_000

/**
 * Why nothing may be sent there now, or null. A receiver's own resolver may say something else a moment later; on the
 * platform such a connection leads nowhere, since it reaches public addresses only.
 */
export async function targetRefusal(text: string, ports: TargetPorts): Promise<'not_public' | 'dns' | null> {
  const url = URL.parse(text)
  if (url === null || targetProblem(text, ports.loopback) !== null) return 'not_public'
  if (literalOf(url) !== null) return null
  const name = nameOf(url)
  const asking = { deadlineAt: ports.now() + LOOK_UP_MS, opinion: { kind: 'first' } } as const
  const [{ answer: a }, { answer: aaaa }] = await Promise.all([
    ports.resolve({ name, type: 'A' }, asking),
    ports.resolve({ name, type: 'AAAA' }, asking),
  ])
  const addresses = addressesIn({ a, aaaa })
  if (addresses.some((address) => !globallyReachable(address, ports.loopback))) return 'not_public'
  // What could not be looked up may be the address that is connected to.
  if (addresses.length === 0 || a.kind === 'failure' || aaaa.kind === 'failure') return 'dns'
  return null
}
