// Domains whose servers keep people waiting: for a while nobody dials them for somebody who waits, then one try decides.
import type { Fact, Fault } from '@postern/shared/verdict/evidence.ts'
import type { Connect } from '../http/connections.ts'
import { keep, type NearCache, putLast, recall } from '../http/near-cache.ts'

/** What is known of one domain: how often in a row it kept somebody waiting, and until when it is left alone. */
export interface Slowness {
  readonly times: number
  /** Instant in milliseconds since the epoch; 0 where it may be dialled. */
  readonly until: number
  /** Instant of the last notice. */
  readonly at: number
}

/** Shared by all requests of an isolate. */
export type SlowMemory = Map<string, Slowness>

export interface SlowPorts {
  readonly memory: SlowMemory
  readonly cache: NearCache
  readonly connect: Connect
  readonly later: (work: () => Promise<unknown>) => void
  readonly now: () => number
}

export interface SlowDomains {
  /** Until when `domain` (A-form) is left alone, or null. Never rejects. */
  restingUntil(domain: string): Promise<number | null>
  /** Takes notice of what came of asking it. */
  note(domain: string, facts: readonly Fact[]): void
}

/** So often in a row a domain may keep somebody waiting; as often as a lane lets one address of it. */
const TIMES = 5
const LEAST_MS = 5 * 60_000
const MOST_MS = 60 * 60_000
const MOST_DOMAINS = 1_000
/** A time is forgotten this long after it, or after the rest that followed it. */
const REMEMBERED_MS = 15 * 60_000

const WAITED: readonly Fault[] = ['connect_timeout', 'greeting_timeout', 'reply_timeout']

export function openSlowDomains(ports: SlowPorts): SlowDomains {
  const { memory, now } = ports
  return {
    restingUntil: async (domain) => {
      const known = memory.get(domain) ?? (await nearby(domain, ports))
      return known !== null && known.until > now() ? known.until : null
    },
    note: (domain, facts) => {
      const times = timesOf(memory.get(domain), now())
      const after = noted(times, facts, now())
      if (after === null || (after.times === 0 && times === 0)) return
      tell(domain, { ...after, at: now() }, ports)
    },
  }
}

/** What was long ago is not in a row with what is now. */
function timesOf(before: Slowness | undefined, now: number): number {
  if (before === undefined || now - Math.max(before.at, before.until) > REMEMBERED_MS) return 0
  return before.times
}

/** Null where nothing was learned: nobody was dialled, or the fault was another one. */
function noted(times: number, facts: readonly Fact[], now: number): Pick<Slowness, 'times' | 'until'> | null {
  const held = facts.find((fact) => fact.kind === 'hold' && fact.hold === 'breaker_open')
  if (held?.kind === 'hold' && held.retryAt !== null && held.retryAt > now) {
    return { times: Math.max(times, TIMES), until: Math.min(held.retryAt, now + MOST_MS) }
  }
  if (facts.some((fact) => fact.kind === 'reply')) return { times: 0, until: 0 }
  if (!facts.some((fact) => fact.kind === 'fault' && WAITED.includes(fact.fault))) return null
  const more = times + 1
  return { times: more, until: more < TIMES ? 0 : now + Math.min(MOST_MS, LEAST_MS * 2 ** (more - TIMES)) }
}

const cacheUrl = (domain: string): string => `https://slow.invalid/1/${domain}`

async function nearby(domain: string, { memory, cache, connect }: SlowPorts): Promise<Slowness | null> {
  // Nobody else writes there.
  const found = (await connect(() => recall(cache, cacheUrl(domain)))) as Slowness | null
  if (found !== null) putLast(memory, [domain, found], MOST_DOMAINS)
  return found
}

function tell(domain: string, value: Slowness, { memory, cache, connect, later, now }: SlowPorts): void {
  putLast(memory, [domain, value], MOST_DOMAINS)
  const forMs = Math.max(0, value.until - now()) + REMEMBERED_MS
  later(() => connect(() => keep(cache, cacheUrl(domain), { value, forMs })))
}
