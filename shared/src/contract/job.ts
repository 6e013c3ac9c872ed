// Every job that a lane takes, by kind.
import { z } from 'zod'
import { auditJob } from './audit.ts'
import { inspectJob } from './inspection.ts'
import { forgetJob, optOutJob, rememberJob } from './lane-jobs.ts'
import { listJob, probeJob } from './probe.ts'

export const laneJob = z.discriminatedUnion('kind', [
  probeJob,
  listJob,
  inspectJob,
  auditJob,
  rememberJob,
  forgetJob,
  optOutJob,
])
export type LaneJob = z.infer<typeof laneJob>
