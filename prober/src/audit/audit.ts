// THE STORY of one audit: look at names, lists, own mail server and canaries at once, judge, remember, say what it amounts to.
import type { AuditJob, AuditReport, Canary, CheckResult } from '@postern/shared/contract/audit.ts'
import type { Audited } from '../store/fit.ts'
import type { FitnessStore } from '../store/fitness.ts'
import { judgeCallout, judgeDnsbl, judgeFcrdns, judgePort25, resultOf } from './judge.ts'
import { judgeCanary } from './judge-canary.ts'
import {
  type CalloutObserved,
  type CanaryObserved,
  type NamesAndLists,
  observeCallout,
  observeCanary,
  observeNames,
  type ObservePorts,
} from './observe.ts'

export interface AuditPorts extends ObservePorts {
  readonly fitness: FitnessStore
}

/** Kept back for the table: reading, writing, and once more where another audit was there before. */
const WRITE_MS = 1_500
/** Of a short budget no more than this part. */
const WRITE_SHARE = 4

/**
 * Answers within the job's budget, counted from `receivedAt` (milliseconds since the epoch); what did not come in time is
 * unmeasured. Never rejects where its ports do not.
 */
export async function audit(job: AuditJob, ports: AuditPorts, receivedAt: number): Promise<AuditReport> {
  const lookUntil = receivedAt + job.budgetMs - Math.min(WRITE_MS, job.budgetMs / WRITE_SHARE)
  const [names, callout, canaries] = await Promise.all([
    observeNames(ports, lookUntil),
    observeCallout(ports, lookUntil),
    Promise.all(ports.canaries.map((pair) => observeCanary(pair, ports, lookUntil))),
  ])
  const at = ports.now()
  const found = foundBy({ names, callout, canaries, at })
  const fit = await ports.fitness.write(found)
  return { kind: 'audit', jobId: job.jobId, lane: ports.lane.id, checks: [...found.checks], fit, at }
}

interface Observed {
  readonly names: NamesAndLists
  readonly callout: CalloutObserved
  readonly canaries: readonly CanaryObserved[]
  readonly at: number
}

function foundBy({ names, callout, canaries, at }: Observed): Audited {
  const targets = [...callout.targets, ...canaries.flatMap((one) => one.targets)]
  const judged = canaries.map(({ operator, seen }) => ({ operator, finding: judgeCanary(seen) }))
  const remembered = judged.flatMap(({ operator, finding: { refused } }) =>
    refused === null ? [] : [[operator, { refused, at }] as const satisfies readonly [string, Canary]],
  )
  const checks: CheckResult[] = [
    resultOf('fcrdns', judgeFcrdns(names.names), { at }),
    resultOf('dnsbl', judgeDnsbl(names.lists ?? []), { at }),
    resultOf('port_25', judgePort25(targets), { at }),
    resultOf('callout', judgeCallout(callout.seen), { at }),
    ...judged.map(({ operator, finding }) => resultOf('canaries', finding, { at, operator })),
  ]
  return { checks, canaries: Object.fromEntries(remembered) }
}
