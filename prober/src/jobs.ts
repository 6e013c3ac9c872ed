// Which story answers which kind of job.
import type { LaneJob } from '@postern/shared/contract/job.ts'
import type { WrittenReport } from '@postern/shared/contract/lane-jobs.ts'
import type { Auditor } from './audit/auditor.ts'
import { type InspectPorts, inspect } from './inspect/inspect.ts'
import { type ProbePorts, probe, probeList } from './probe.ts'
import { canSay } from './smtp/command.ts'
import type { Marks } from './store/marks.ts'

export interface JobPorts {
  readonly probe: ProbePorts
  readonly inspect: InspectPorts
  readonly auditor: Auditor
  readonly marks: Marks
}

/** The report on one job that reached the lane at `receivedAt`, in milliseconds since the epoch. */
export async function answer(job: LaneJob, ports: JobPorts, receivedAt: number): Promise<object> {
  switch (job.kind) {
    case 'probe':
      return probe(job, ports.probe, receivedAt)
    case 'list':
      return probeList(job, ports.probe, receivedAt)
    case 'inspect':
      return inspect(job, ports.inspect, receivedAt)
    case 'audit':
      return ports.auditor.audit(job, receivedAt)
    case 'remember':
      return written(job, ports, await ports.marks.remember(job))
    case 'forget':
      return written(job, ports, await ports.marks.forget(job))
    case 'opt_out':
      return written(job, ports, await ports.marks.optOut(job))
  }
}

function written({ jobId }: LaneJob, { probe: { lane } }: JobPorts, done: boolean): WrittenReport {
  return { jobId, lane: lane.id, done }
}

/**
 * Where a job names a recipient that no command can hold, or null. Commands are printed while bytes arrive, where nobody could
 * answer for a fault: what cannot be said is refused before.
 */
export function unsayable(job: LaneJob): string | null {
  switch (job.kind) {
    case 'probe':
      return canName(job.localPart, job.domain) ? null : 'localPart'
    case 'list': {
      const wrong = job.groups.findIndex(({ recipients, domain }) =>
        recipients.some(({ localPart }) => !canName(localPart, domain)),
      )
      return wrong === -1 ? null : `groups.${wrong}.recipients`
    }
    case 'inspect':
    case 'audit':
    case 'remember':
    case 'forget':
    case 'opt_out':
      return null
  }
}

function canName(localPart: string, domain: string): boolean {
  return canSay({ verb: 'RCPT', forwardPath: `${localPart}@${domain}` })
}
