// Checks that a job's exchanges are the domain's own, so that a lane cannot be sent to dial whom it likes.
import type { ProbeJob } from '@postern/shared/contract/probe.ts'
import type { Resolve } from './resolve.ts'

/** Answers false only where the DNS contradicts the job; no answer contradicts nothing. */
export function createRouteCheck(resolve: Resolve): (job: ProbeJob, deadlineAt: number) => Promise<boolean> {
  return async (job, deadlineAt) => {
    const answer = await resolve({ name: job.domain, type: 'MX' }, deadlineAt)
    if (answer.kind === 'failure') return true
    if (answer.kind !== 'records')
      return job.implicitMx && job.exchanges.every(({ exchange }) => exchange === job.domain)
    const own = new Set(answer.data.map(({ exchange }) => exchange))
    return job.exchanges.every(({ exchange }) => own.has(exchange))
  }
}
