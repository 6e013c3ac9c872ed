// THE STORY of one inspection: may we look, look at the exchanges and at the policy host, remember, say what was seen.
import type {
  ExchangeInspection,
  InspectionHold,
  InspectJob,
  InspectReport,
  PolicyHostInspection,
  Unmeasured,
} from '@postern/shared/contract/inspection.ts'
import type { Route } from '../net/route.ts'
import { type HostPorts, learned, lookAtHost, unmeasuredHost } from './host.ts'
import type { Looks } from './look.ts'
import type { SeenStore } from './seen.ts'

export interface InspectPorts extends HostPorts {
  readonly lane: { readonly id: string }
  /** What the domain's own records, and whoever opted it out by hand, say of the job. Never rejects. */
  readonly routeOf: (job: InspectJob, deadlineAt: number) => Promise<Route>
  readonly seen: SeenStore
  readonly looks: Looks
}

/** Exchanges that are looked at side by side. */
const MOST_AT_ONCE = 3
/** A claim outlives its job by this much, so that a slow last write is not overtaken. */
const CLAIM_GRACE_MS = 500
/** Kept back for remembering and for the way home: at most this, and at most a tenth of the budget. */
const RESERVE_MS = 500

/**
 * Looks at what a job names within its budget, counted from `receivedAt` (milliseconds since the epoch), when the job
 * reached the lane. Whatever could not be measured is said to be so, with the reason. Never rejects.
 */
export async function inspect(job: InspectJob, ports: InspectPorts, receivedAt: number): Promise<InspectReport> {
  const deadlineAt = receivedAt + job.budgetMs
  const inspection: Inspection = {
    job,
    ports,
    claimUntil: deadlineAt + CLAIM_GRACE_MS,
    deadlineAt: deadlineAt - Math.min(RESERVE_MS, Math.floor(job.budgetMs / 10)),
    holds: [],
    withoutMemory: false,
  }
  const { optedOut, agrees } = await ports.routeOf(job, inspection.deadlineAt)
  const [hosts, policyHost] = await Promise.all([
    lookAtExchanges(inspection, barTo({ optedOut, agrees })),
    lookAtPolicyHost(inspection, optedOut),
  ])
  return {
    jobId: job.jobId,
    lane: ports.lane.id,
    kind: 'inspection',
    hosts,
    policyHost,
    holds: inspection.holds,
    withoutMemory: inspection.withoutMemory,
  }
}

interface Inspection {
  readonly job: InspectJob
  readonly ports: InspectPorts
  readonly deadlineAt: number
  readonly claimUntil: number
  readonly holds: InspectionHold[]
  withoutMemory: boolean
}

type Bar = Extract<Unmeasured, 'opted_out' | 'route_differs'>

function barTo({ optedOut, agrees }: Route): Bar | null {
  if (optedOut) return 'opted_out'
  return agrees ? null : 'route_differs'
}

async function lookAtExchanges(inspection: Inspection, bar: Bar | null): Promise<ExchangeInspection[]> {
  const { job, ports } = inspection
  const exchanges = [...new Set(job.exchanges.map(({ exchange }) => exchange))]
  if (bar !== null) {
    hold(inspection, bar)
    return exchanges.map((exchange) => ({ exchange, ...unmeasuredHost(bar, ports.now()) }))
  }
  const seen: ExchangeInspection[] = []
  let started = 0
  const worker = async () => {
    while (started < exchanges.length) {
      const at = started
      const exchange = exchanges[at] ?? ''
      started += 1
      const rounds = Math.ceil((exchanges.length - at) / MOST_AT_ONCE)
      const now = ports.now()
      seen[at] = await lookAtExchange(inspection, exchange, now + Math.floor((inspection.deadlineAt - now) / rounds))
    }
  }
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, worker))
  return seen
}

/** Asked once in 24 hours, whoever wants to know. */
async function lookAtExchange(
  inspection: Inspection,
  exchange: string,
  deadlineAt: number,
): Promise<ExchangeInspection> {
  const { job, ports, claimUntil } = inspection
  const { jobId } = job
  const now = ports.now()
  if (now >= deadlineAt) return { exchange, ...unmeasuredHost('deadline', now) }
  const claimed = await ports.seen.claim(exchange, { jobId, now, until: claimUntil })
  if (claimed.kind === 'known')
    return { ...claimed.seen, ...(claimed.seen.kind === 'inspected' && { fromMemory: true }) }
  if (claimed.kind === 'in_progress') {
    hold(inspection, 'in_progress', claimed.until)
    return { exchange, ...unmeasuredHost('in_progress', now, claimed.until) }
  }
  const looked = await lookAtHost(
    {
      jobId,
      host: exchange,
      service: 'smtp',
      deadlineAt,
      look: (sight) => ports.looks.smtp(sight),
      onHold: (one) => inspection.holds.push(one),
    },
    ports,
  )
  const inspected = { exchange, ...looked }
  const kept = learned(looked)
    ? await ports.seen.remember(exchange, { jobId, now: ports.now(), inspection: inspected })
    : await ports.seen.release(exchange, jobId)
  if (!kept || claimed.kind === 'unavailable') inspection.withoutMemory = true
  return inspected
}

async function lookAtPolicyHost(inspection: Inspection, optedOut: boolean): Promise<PolicyHostInspection | null> {
  const { job, ports, deadlineAt } = inspection
  const { policyHost: host, jobId } = job
  if (host === null) return null
  if (optedOut) return { host, ...unmeasuredHost('opted_out', ports.now()) }
  const looked = await lookAtHost(
    {
      jobId,
      host,
      service: 'https',
      deadlineAt,
      look: (sight) => ports.looks.https(sight),
      onHold: (one) => inspection.holds.push(one),
    },
    ports,
  )
  return { host, ...looked }
}

function hold({ ports, holds }: Inspection, why: InspectionHold['hold'], retryAt: number | null = null): void {
  holds.push({ kind: 'hold', hold: why, retryAt, observedAt: ports.now(), source: ports.lane.id })
}
