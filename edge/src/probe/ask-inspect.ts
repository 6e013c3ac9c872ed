// Has one lane look at a domain's exchanges and policy host; whatever becomes of that, nothing is said of the hosts.
import type { NoLaneLooked } from '@postern/shared/contract/closed-lists.ts'
import { type InspectJob, type InspectReport, inspectReport } from '@postern/shared/contract/inspection.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { kindOf } from './ask.ts'
import type { Call } from './call.ts'

export type Inspected =
  | { readonly kind: 'report'; readonly report: InspectReport }
  | { readonly kind: 'unmeasured'; readonly why: NoLaneLooked }

/** Never rejects. `lanes` are asked in their order; a lane that may have begun is the last. */
export type AskInspect = (lanes: readonly Lane[], job: InspectJob) => Promise<Inspected>

/** For the way to the lane and back, in milliseconds. */
const WAY_MS = 2_000

export function createAskInspect(call: Call, warn: (what: string) => void): AskInspect {
  return async (lanes, job) => {
    let why: NoLaneLooked = 'no_lane'
    for (const lane of lanes) {
      const { status, body } = await call(lane, job, job.budgetMs + WAY_MS)
      const kind = kindOf(status)
      if (kind === 'report') {
        const { data } = inspectReport.safeParse(body)
        if (data !== undefined) return { kind: 'report', report: data }
        warn(`lane ${lane.id} answered an inspection with what is no report`)
        return { kind: 'unmeasured', why: 'lane_unreachable' }
      }
      why = kind === 'busy' ? 'lane_busy' : 'lane_unreachable'
      if (kind !== 'busy') warn(`lane ${lane.id} answered an inspection with ${status ?? 'nothing'}`)
      // One that is busy is well, and remembers what it has seen.
      if (kind !== 'not_started') break
    }
    return { kind: 'unmeasured', why }
  }
}
