// A lane's look at a domain's exchanges and policy host, asked for again while somebody else is at it and time is left.
import type { InspectJob, InspectReport } from '@postern/shared/contract/inspection.ts'
import { rank } from '@postern/shared/lanes/choose.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import type { AskInspect, Inspected } from '../probe/ask-inspect.ts'
import { exchangesNamed, type Looked, MOST_EXCHANGES, type Named, type RouteLearned, routeKind } from './learned.ts'
import { policyHostOf } from './policy.ts'

export interface InspectPorts {
  /** Null where no lane may be asked on this caller's behalf. */
  readonly inspect: { readonly lanes: readonly Lane[]; readonly epoch: number; readonly ask: AskInspect } | null
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
}

export interface LookWanted {
  /** Of the report: whoever asks twice by it is told the same. */
  readonly id: string
  readonly domain: Named
  readonly route: RouteLearned
  /** Of the policy's record; without one the policy host's certificate matters to nobody. */
  readonly policyId: string | null
}

/** For everything together, in milliseconds, and what a look needs at least. */
const LOOK_MS = 12_000
const LEAST_MS = 1_000
/** Before the lane is asked again, longer each time, in milliseconds. */
const PAUSES_MS = [400, 800, 1_600, 3_200]

/** Never rejects. */
export async function look(
  { id, domain: { ascii }, route, policyId }: LookWanted,
  ports: InspectPorts,
): Promise<Looked> {
  const { inspect, now, sleep } = ports
  const named = exchangesNamed(ascii, route)
    .slice(0, MOST_EXCHANGES)
    .map(({ exchange }) => exchange)
  if (inspect === null) return { kind: 'unmeasured', why: 'test_key' }
  if (named.length === 0 && policyId === null)
    return { kind: 'unmeasured', why: routeKind(ascii, route) === 'error' ? 'dns' : 'no_exchange' }
  const startedAt = now()
  const lanes = rank(inspect.lanes, ascii)
  const job = (): InspectJob => ({
    kind: 'inspect',
    jobId: id,
    epoch: inspect.epoch,
    domain: ascii,
    exchanges: named.map((exchange) => ({ exchange })),
    policyHost: policyId === null ? null : policyHostOf(ascii),
    budgetMs: LOOK_MS - (now() - startedAt),
  })
  let inspected = await inspect.ask(lanes, job())
  for (const pauseMs of PAUSES_MS) {
    const leftMs = LOOK_MS - (now() - startedAt) - pauseMs
    if (!isWorthWaiting(inspected) || leftMs < LEAST_MS) break
    await sleep(pauseMs)
    const again = await inspect.ask(lanes, job())
    // What was seen stays seen: a lane that is lost meanwhile takes nothing of it back.
    if (again.kind === 'report') inspected = again
    else if (again.why !== 'lane_busy') break
  }
  return inspected.kind === 'report' ? { ...inspected, tookMs: now() - startedAt } : inspected
}

function isWorthWaiting(inspected: Inspected): boolean {
  return inspected.kind === 'report' ? isUnderWay(inspected.report) : inspected.why === 'lane_busy'
}

/** Another job looks at one of them just now: what it sees is for everybody. */
function isUnderWay({ hosts, policyHost }: InspectReport): boolean {
  return [...hosts, policyHost].some((host) => host?.kind === 'unmeasured' && host.why === 'in_progress')
}
