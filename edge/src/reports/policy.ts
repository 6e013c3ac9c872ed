// The MTA-STS policy of a domain as its host serves it (RFC 8461 §3.3): one GET, no redirect, no HTTP cache, nothing that is not public.
import type { Answer } from '@postern/shared/dns/answer.ts'
import type { Cidr } from '@postern/shared/dns/ip.ts'
import { addressesIn } from '@postern/shared/dns/mail-route.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import type { Fetched } from '@postern/shared/report/mta-sts-survey.ts'
import type { Connect } from '../http/connections.ts'
import { keep, type NearCache, recall } from '../http/near-cache.ts'
import { textWithin } from '../http/text-within.ts'

/** Where policies of names below a suffix are asked for in place of their own hosts: `url` and the name of the host. */
export interface PolicyHosts {
  readonly suffix: string
  readonly url: string
}

export interface PolicyPorts {
  readonly policyHosts: readonly PolicyHosts[]
  readonly loopback: readonly Cidr[]
  readonly cache: NearCache
  readonly connect: Connect
}

export interface PolicyWanted {
  /** In A-form. */
  readonly domain: string
  /** Of the record; null where there is none. */
  readonly id: string | null
  /** Of the policy host. */
  readonly a: Answer<string>
  readonly aaaa: Answer<string>
  /** What was kept is passed over. */
  readonly fresh: boolean
}

const TIMEOUT_MS = 5_000
/** RFC 8461 §3.3: senders may stop there. */
const MOST_OCTETS = 65_536
const OK = 200
const [MULTIPLE_CHOICES, BAD_REQUEST] = [300, 400]
/** What the platform makes of a host with a TLS that it cannot trust. */
const TLS_FAULTS = [525, 526]
/** And of one that it cannot reach, or that does not answer it. */
const WAY_FAULTS = [521, 522, 523, 524, 530]
/** RFC 8461 §3.3: what failed is tried again after five minutes at the earliest; another id means another policy. */
const FAILED_MS = 300_000
const FETCHED_MS = 3_600_000

export const policyHostOf = (domain: string): string => `mta-sts.${domain}`

/** Never rejects. */
export async function policyOf(wanted: PolicyWanted, ports: PolicyPorts): Promise<Fetched> {
  const barred = barring(wanted, ports.loopback)
  if (barred !== null) return barred
  const key = `https://mta-sts.invalid/1/${encodeURIComponent(wanted.domain)}/${encodeURIComponent(wanted.id ?? '')}`
  const kept = wanted.fresh ? null : await ports.connect(() => recall(ports.cache, key))
  if (isFetched(kept)) return kept
  const fetched = await ports.connect(() => fetchPolicy(urlOf(wanted.domain, ports.policyHosts)))
  const forMs = fetched.kind === 'answered' && fetched.status === OK ? FETCHED_MS : FAILED_MS
  await ports.connect(() => keep(ports.cache, key, { value: fetched, forMs }))
  return fetched
}

/** Ours wrote it: anything with a kind is one. */
function isFetched(kept: unknown): kept is Fetched {
  return typeof kept === 'object' && kept !== null && 'kind' in kept
}

/** A host that leads anywhere but out is not asked; the platform connects to public addresses only, whatever it resolves. */
function barring({ a, aaaa }: PolicyWanted, loopback: readonly Cidr[]): Fetched | null {
  const addresses = addressesIn({ a, aaaa })
  const open = addresses.filter((address) => globallyReachable(address, loopback))
  if (addresses.length > 0 && open.length === 0) return { kind: 'unreachable', why: 'not_public' }
  // Which of several addresses is connected to is not ours to say.
  if (open.length < addresses.length || a.kind === 'failure' || aaaa.kind === 'failure')
    return { kind: 'not_fetched', why: 'dns' }
  return addresses.length === 0 ? { kind: 'unreachable', why: 'no_address' } : null
}

function urlOf(domain: string, policyHosts: readonly PolicyHosts[]): string {
  const host = policyHostOf(domain)
  const instead = policyHosts.find(({ suffix }) => host.endsWith(`.${suffix}`))
  return `${instead === undefined ? 'https://' : instead.url}${host}/.well-known/mta-sts.txt`
}

async function fetchPolicy(url: string): Promise<Fetched> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  let hasBegun = false
  try {
    const response = await fetch(url, { redirect: 'manual', cache: 'no-store', signal })
    hasBegun = true
    return await read(response)
  } catch {
    // Who begins to answer and does not end is there, and at fault.
    if (hasBegun) return { kind: 'unreachable', why: 'no_end' }
    return { kind: 'unreachable', why: signal.aborted ? 'timeout' : 'connection' }
  }
}

async function read({ status, headers, body }: Response): Promise<Fetched> {
  if (status !== OK) await body?.cancel()
  if (TLS_FAULTS.includes(status)) return { kind: 'certificate' }
  if (WAY_FAULTS.includes(status)) return { kind: 'unreachable', why: 'connection' }
  if (status >= MULTIPLE_CHOICES && status < BAD_REQUEST) return { kind: 'redirect', status }
  const text = status === OK ? await textWithin(body, { octets: MOST_OCTETS, fatal: false }) : ''
  const contentType = (headers.get('content-type') ?? '').slice(0, 200)
  return text === null ? { kind: 'too_large' } : { kind: 'answered', status, contentType, text }
}
