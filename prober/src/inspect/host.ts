// One host of an inspection: its addresses, looked at one after the other, each with a share of the time that is left.
import type { InspectionHold, LookUp, Unmeasured } from '@postern/shared/contract/inspection.ts'
import type { Answer } from '@postern/shared/dns/answer.ts'
import type { Sight } from './look.ts'

/** A connection that is about to be made; `until` is the instant at which it is over in any case. */
export interface Visit {
  readonly jobId: string
  readonly host: string
  readonly address: string
  readonly service: 'smtp' | 'https'
  readonly until: number
}

export interface HostPorts {
  readonly now: () => number
  readonly resolveAddresses: (name: string, type: 'A' | 'AAAA', deadlineAt: number) => Promise<Answer<string>>
  /** The guard, asked before a permit is spent; the driver asks it again about what it connects to. */
  readonly mayDial: (address: string) => boolean
  /** Null where the connection may be made now. It may wait for that, but not past `until`. Never rejects. */
  readonly permit: (visit: Visit) => Promise<InspectionHold | null>
  /** After every granted visit. `reached`: it answered; false: it was not to be connected to; null: neither is known. */
  readonly giveBack: (visit: Visit, reached: boolean | null) => Promise<void>
}

/** What a look may come to; the kinds that this file has to tell apart. */
export type Result = {
  readonly kind: 'unmeasured' | 'not_connected' | 'connected'
}
export type NotMeasured = { readonly kind: 'unmeasured'; readonly why: Unmeasured; readonly retryAt: number | null }

interface LookedAt<R> {
  readonly address: string
  readonly family: 4 | 6
  readonly observedAt: number
  readonly result: R | NotMeasured
}

interface Own {
  readonly observedAt: number
  readonly resolution: { readonly a: LookUp; readonly aaaa: LookUp } | null
}

/** A host without its name; `R` is what a look at one address came to. */
export type Looked<R> = Own &
  (
    | {
        readonly kind: 'inspected'
        readonly fromMemory: boolean
        readonly addresses: readonly LookedAt<R>[]
        readonly addressesFound: number
      }
    | NotMeasured
  )

export interface Inquiry<R extends Result> {
  readonly jobId: string
  readonly host: string
  readonly service: Visit['service']
  /** Instant by which the host has had its share of time. */
  readonly deadlineAt: number
  readonly look: (sight: Sight) => Promise<R>
  /** Told of every hold of a permit. */
  readonly onHold: (hold: InspectionHold) => void
}

/** Connections to one host in one inspection. */
const MOST_DIALLED = 4
const MOST_REPORTED = 20

/** Looks at a host's addresses. Never rejects. */
export async function lookAtHost<R extends Result>(inquiry: Inquiry<R>, ports: HostPorts): Promise<Looked<R>> {
  const { host, deadlineAt } = inquiry
  const observedAt = ports.now()
  if (observedAt >= deadlineAt) return unmeasuredHost('deadline', observedAt)
  const [a, aaaa] = await Promise.all([
    ports.resolveAddresses(host, 'A', deadlineAt),
    ports.resolveAddresses(host, 'AAAA', deadlineAt),
  ])
  const own = { observedAt, resolution: { a: lookUpOf(a), aaaa: lookUpOf(aaaa) } }
  const found = [...addressesIn(a, 4), ...addressesIn(aaaa, 6)]
  if (found.length === 0) return { ...own, ...unmeasured('name_not_resolved') }
  const addresses = await lookAtAll(inquiry, ports, found.slice(0, MOST_REPORTED))
  return { kind: 'inspected', ...own, fromMemory: false, addresses, addressesFound: found.length }
}

/** Why nobody of a host was looked at; what holds it for now may be over at `retryAt`. */
export function unmeasuredHost(why: Unmeasured, observedAt: number, retryAt: number | null = null): Looked<never> {
  return { ...unmeasured(why, retryAt), observedAt, resolution: null }
}

/** True where something was learned of the host itself. */
export function learned(looked: Looked<Result>): boolean {
  return looked.kind === 'inspected' && looked.addresses.some(({ result }) => result.kind !== 'unmeasured')
}

interface Found {
  readonly address: string
  readonly family: 4 | 6
}

async function lookAtAll<R extends Result>(
  inquiry: Inquiry<R>,
  ports: HostPorts,
  found: readonly Found[],
): Promise<LookedAt<R>[]> {
  const looked: LookedAt<R>[] = []
  const dialled = found.filter((one) => mayBeDialled(one, ports)).slice(0, MOST_DIALLED)
  for (const one of found) {
    const observedAt = ports.now()
    const place = dialled.indexOf(one)
    // A silent address may not eat the time of those behind it.
    const shareMs = Math.floor((inquiry.deadlineAt - observedAt) / (dialled.length - place))
    const result =
      place === -1
        ? unmeasured(whyNotDialled(one, ports))
        : await lookAtAddress(inquiry, ports, { address: one.address, until: observedAt + shareMs })
    looked.push({ ...one, observedAt, result })
  }
  return looked
}

function mayBeDialled({ address, family }: Found, ports: HostPorts): boolean {
  return family === 4 && ports.mayDial(address)
}

/** Lanes have IPv4 addresses only. */
function whyNotDialled({ address, family }: Found, ports: HostPorts): Unmeasured {
  if (family === 6) return 'no_ipv6'
  return ports.mayDial(address) ? 'too_many_addresses' : 'not_reachable_address'
}

async function lookAtAddress<R extends Result>(
  { jobId, host, service, look, onHold }: Inquiry<R>,
  ports: HostPorts,
  { address, until }: { address: string; until: number },
): Promise<R | NotMeasured> {
  if (ports.now() >= until) return unmeasured('deadline')
  const visit = { jobId, host, address, service, until }
  const hold = await ports.permit(visit)
  if (hold !== null) {
    onHold(hold)
    return unmeasured(hold.hold, hold.retryAt)
  }
  const result = await look({ address, host, deadlineAt: until })
  await ports.giveBack(visit, reached(result))
  return result
}

function reached({ kind }: Result): boolean | null {
  switch (kind) {
    case 'connected':
      return true
    case 'not_connected':
      return false
    case 'unmeasured':
      return null
  }
}

function unmeasured(why: Unmeasured, retryAt: number | null = null): NotMeasured {
  return { kind: 'unmeasured', why, retryAt }
}

function lookUpOf(answer: Answer<string>): LookUp {
  return answer.kind === 'failure' ? answer.why : answer.kind
}

function addressesIn(answer: Answer<string>, family: 4 | 6): Found[] {
  return answer.kind === 'records' ? [...new Set(answer.data)].map((address) => ({ address, family })) : []
}
