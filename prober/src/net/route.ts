// Checks that a job's exchanges are the domain's own, so that a lane cannot be sent to dial whom it likes.
import type { Resolve } from './resolve.ts'

/** Where a job says that a domain's mail goes. */
export interface ClaimedRoute {
  readonly domain: string
  readonly implicitMx: boolean
  readonly exchanges: readonly { readonly exchange: string }[]
}

/** Answers false only where the DNS contradicts the job; no answer contradicts nothing. */
export function createRouteCheck(resolve: Resolve): (job: ClaimedRoute, deadlineAt: number) => Promise<boolean> {
  return async (job, deadlineAt) => {
    const answer = await resolve({ name: job.domain, type: 'MX' }, deadlineAt)
    if (answer.kind === 'failure') return true
    if (answer.kind !== 'records')
      return job.implicitMx && job.exchanges.every(({ exchange }) => exchange === job.domain)
    const own = new Set(answer.data.map(({ exchange }) => exchange))
    return job.exchanges.every(({ exchange }) => own.has(exchange))
  }
}
