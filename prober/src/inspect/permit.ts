// A lane's permits as an inspection needs them: the same limits and breaker as for mailboxes, and patience while there is time.
import { setTimeout as pause } from 'node:timers/promises'
import type { InspectionHold } from '@postern/shared/contract/inspection.ts'
import { destinationOf, type ProviderRow, providerOf } from '@postern/shared/dns/provider.ts'
import { NOTHING_SHOWED } from '../store/grants.ts'
import type { Permits } from '../store/permits.ts'
import type { HostPorts, Visit } from './host.ts'

export interface PermitOptions {
  readonly permits: Permits
  readonly lane: string
  readonly now: () => number
}

/** A slot that nobody gives back is void this long after the visit must be over. */
const GIVE_BACK_GRACE_MS = 500
/** A conversation needs this much time at least; nobody waits for a permit that leaves less. */
const WORTH_WAITING_FOR_MS = 1_000
const LEAST_PAUSE_MS = 20
/** Two looks at one host are this far apart; what takes longer is left to a later visit. */
const LONGEST_PAUSE_MS = 1_100

/** The two ports of `HostPorts` over the lane's permits; a table that does not answer grants everything. */
export function createVisitPermits(options: PermitOptions): Pick<HostPorts, 'permit' | 'giveBack'> {
  return {
    permit: (visit) => permit(options, visit),
    giveBack: (visit, reached) =>
      options.permits
        .settle(destinationFor(visit), ownerOf(visit), {
          outcome: { ...NOTHING_SHOWED, address: visit.address, reached },
          alone: false,
        })
        .write(),
  }
}

async function permit({ permits, lane, now }: PermitOptions, visit: Visit): Promise<InspectionHold | null> {
  const nobody = { about: [], controls: [], recipients: 1, refusable: 0, patient: false }
  const wanted = { ...nobody, owner: ownerOf(visit), address: visit.address, until: visit.until + GIVE_BACK_GRACE_MS }
  for (;;) {
    const decision = await permits.take(destinationFor(visit), wanted, limitsOf(visit))
    if (decision.kind === 'granted' || decision.kind === 'unavailable') return null
    const { kind, retryAt } = decision
    const isFar = retryAt - now() > LONGEST_PAUSE_MS || retryAt > visit.until - WORTH_WAITING_FOR_MS
    if (kind !== 'permit' || isFar) {
      return { kind: 'hold', hold: kind, retryAt, observedAt: now(), source: lane }
    }
    await pause(Math.max(LEAST_PAUSE_MS, retryAt - now()))
  }
}

/** One operator's exchanges share their permits; anybody else's have theirs by address, and each service for itself. */
function destinationFor(visit: Visit): string {
  return visit.service === 'https' ? `https:${visit.address}` : destinationOf(rowOf(visit), visit.address)
}

/** Hosts that are never asked about mailboxes may be looked at, one connection at a time. */
function limitsOf(visit: Visit): ProviderRow['limits'] {
  const { limits } = rowOf(visit)
  const { connections, connectionsPerSecond } = limits
  return {
    ...limits,
    connections: Math.max(1, connections),
    connectionsPerSecond: Math.max(1, connectionsPerSecond),
  }
}

/** An operator is known by the exchange's name; the policy host is nobody's exchange. */
function rowOf({ host, service }: Visit): ProviderRow {
  return providerOf(service === 'smtp' ? host.toLowerCase() : '', '')
}

function ownerOf({ jobId, host, address }: Visit): string {
  return `${jobId}:${host}:${address}`
}
