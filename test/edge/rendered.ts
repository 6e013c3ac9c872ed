// Facts as the public answer, held to the contract: what the tests of the answer compare.
import { parse } from '@postern/shared/address/parse.ts'
import { type Verification, verification } from '@postern/shared/contract/verification.ts'
import { cost } from '@postern/shared/verdict/cost.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import { render } from '../../edge/src/verify/render.ts'
import type { Verified } from '../../edge/src/verify/verified.ts'
import { START } from './facts.ts'
import { requestFor } from './lanes-that-answer.ts'

export interface Circumstances {
  readonly email?: string
  readonly evidence?: 'none' | 'summary' | 'full'
  readonly changes?: Partial<Verified>
}

export function verifiedWith(facts: readonly Fact[], { email, changes }: Circumstances = {}): Verified {
  const parsed = parse(requestFor(email === undefined ? {} : { email }).email)
  const address = parsed.ok ? parsed.address : null
  const domain = address?.domain.kind === 'name' ? address.domain.ascii : ''
  const verdict = decide({ facts, domain, now: START })
  const told = { saidAt: null, smtpState: 'asked', lane: 'eu-1', dnsMs: 12.4, smtpMs: 230.6 } as const
  return { address, facts, verdict, checkedAt: START, ...told, ...changes }
}

export function rendered(facts: readonly Fact[], circumstances: Circumstances = {}): Verification {
  const { email, evidence } = circumstances
  const request = requestFor(email === undefined ? {} : { email })
  const verified = verifiedWith(facts, circumstances)
  const wanted = evidence === undefined ? {} : { evidence }
  const price = cost(verified.verdict, 'full')
  return verification.parse(render({ request, wanted, verified, cost: price, startedAt: START - 250 }))
}
