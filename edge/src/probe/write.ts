// Has lanes write or wipe what they hold: one lane of every region of a partition, since each region has tables of its own.
import type { ForgetJob, OptOutJob, RememberJob } from '@postern/shared/contract/lane-jobs.ts'
import { writtenReport } from '@postern/shared/contract/lane-jobs.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import type { Call } from './call.ts'

/** Idempotent, as the jobs are; true where every region has done it, also where there is none. Never rejects. */
export type Write = (lanes: readonly Lane[], job: ForgetJob | OptOutJob | RememberJob) => Promise<boolean>

const TIMEOUT_MS = 5_000

export function createWrite(call: Call): Write {
  return async (lanes, job) => {
    const regions = [...new Set(lanes.map(({ region }) => region))]
    const lanesIn = (region: string) => lanes.filter((lane) => lane.region === region)
    const done = await Promise.all(regions.map((region) => writeIn(lanesIn(region), job, call)))
    return done.every(Boolean)
  }
}

async function writeIn(lanes: readonly Lane[], job: object, call: Call): Promise<boolean> {
  for (const lane of lanes) {
    const { body } = await call(lane, job, TIMEOUT_MS)
    if (writtenReport.safeParse(body).data?.done === true) return true
  }
  return false
}
