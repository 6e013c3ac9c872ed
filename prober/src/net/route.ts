// What a domain's own records say of a job: whether its exchanges are the domain's, and whether the domain lets itself be asked.
import { declinesProbes, policyName } from '@postern/shared/dns/opt-out.ts'
import type { Resolve } from './resolve.ts'

/** What a domain's own records say of a job. */
export interface Route {
  /** False where one of the job's exchanges is not the domain's own; true where the DNS could not tell. */
  readonly agrees: boolean
  readonly optedOut: boolean
}

export interface ClaimedRoute {
  readonly domain: string
  readonly implicitMx: boolean
  readonly exchanges: readonly { readonly exchange: string }[]
}

/** A lane that trusted its jobs could be sent to dial whom it likes; no answer of the DNS contradicts nothing. */
export function createRouteOf(resolve: Resolve): (asked: ClaimedRoute, deadlineAt: number) => Promise<Route> {
  return async (asked, deadlineAt) => {
    const { domain, exchanges } = asked
    // Looked up beside, so that whoever dials finds it there.
    void resolve({ name: exchanges[0]?.exchange ?? domain, type: 'A' }, deadlineAt)
    const [agrees, policy] = await Promise.all([
      agreesWith(asked, resolve, deadlineAt),
      resolve({ name: policyName(domain), type: 'TXT' }, deadlineAt),
    ])
    return { agrees, optedOut: policy.kind === 'records' && declinesProbes(policy.data) }
  }
}

async function agreesWith(
  { domain, implicitMx, exchanges }: ClaimedRoute,
  resolve: Resolve,
  deadlineAt: number,
): Promise<boolean> {
  const answer = await resolve({ name: domain, type: 'MX' }, deadlineAt)
  if (answer.kind === 'failure') return true
  if (answer.kind !== 'records') return implicitMx && exchanges.every(({ exchange }) => exchange === domain)
  const own = new Set(answer.data.map(({ exchange }) => exchange))
  return exchanges.every(({ exchange }) => own.has(exchange))
}
