// One request for a verification, from its checked fields to the public answer.
import type { Verification, VerificationRequest } from '@postern/shared/contract/verification.ts'
import { MAX_AGE_S, WAIT_MS } from '@postern/shared/contract/verification.ts'
import { cost, free } from '@postern/shared/verdict/cost.ts'
import { type Caller, isPublic, isSandbox } from '../http/authenticate.ts'
import type { Services } from '../routes/context.ts'
import { render } from './render.ts'
import { sandboxed } from './sandbox.ts'
import { verify } from './verify.ts'
import type { VerifyRequest } from './verified.ts'

export async function answer(wanted: VerificationRequest, caller: Caller, services: Services): Promise<Verification> {
  const startedAt = services.now()
  const request = requestOf(wanted, caller, { services, startedAt })
  if (isSandbox(caller)) {
    const verified = sandboxed(request, services.now())
    return render({ request, wanted, verified, cost: free('sandbox'), startedAt })
  }
  const verified = await verify(request, services.verify)
  return render({ request, wanted, verified, cost: cost(verified.verdict, request.mode), startedAt })
}

function requestOf(
  wanted: VerificationRequest,
  caller: Caller,
  { services, startedAt }: { services: Services; startedAt: number },
): VerifyRequest {
  const allow = wanted.allow ?? []
  return {
    id: services.newId('ver'),
    email: wanted.email,
    mode: wanted.mode ?? (isPublic(caller) ? 'fast' : 'full'),
    allow: {
      quoted: allow.includes('quoted'),
      ipLiteral: allow.includes('ip_literal'),
      dotless: allow.includes('dotless'),
    },
    maxAgeS: wanted.max_age ?? MAX_AGE_S,
    deadlineAt: startedAt + (wanted.wait_ms ?? WAIT_MS.usual),
  }
}
