// One request for a verification, from its checked fields to the public answer, by who asks and how much they want to know.
import { MAX_AGE_S, type VerificationRequest, WAIT_MS } from '@postern/shared/contract/verification.ts'
import { type Caller, isPublic, isSandbox } from '../http/authenticate.ts'
import type { Services } from '../routes/context.ts'
import { answerBackground } from './answer-background.ts'
import { answerFast } from './answer-fast.ts'
import { answerFull } from './answer-full.ts'
import { answerPage } from './answer-page.ts'
import { answerSandbox } from './answer-sandbox.ts'
import type { Answered, Asked, AskedByKey, Entered } from './counted.ts'

export interface Incoming {
  readonly wanted: VerificationRequest
  readonly caller: Caller
  readonly id: string
  readonly ip: string
  readonly entered: Entered | null
}

export async function answer(incoming: Incoming, services: Services): Promise<Answered> {
  const { wanted, caller, id } = incoming
  const startedAt = services.now()
  const asked = { ...incoming, startedAt, request: requestOf(wanted, modeOf(wanted, caller), { id, startedAt }) }
  if (!isByKey(asked)) return answerPage(asked, services)
  if (wanted.background === true) return answerBackground(asked, services)
  if (isSandbox(caller)) return answerSandbox(asked, services)
  return asked.request.mode === 'full' ? answerFull(asked, services) : answerFast(asked, services)
}

function isByKey(asked: Asked): asked is AskedByKey {
  return asked.caller.type === 'key'
}

/** Browsers and pages are answered at once unless they say otherwise. */
export function modeOf(
  { mode, background }: Pick<VerificationRequest, 'mode' | 'background'>,
  caller: Caller,
): 'fast' | 'full' {
  // What is finished later is what full mode asks.
  if (background === true) return 'full'
  return mode ?? (isPublic(caller) || caller.type === 'page' ? 'fast' : 'full')
}

export function requestOf(
  wanted: VerificationRequest,
  mode: 'fast' | 'full',
  { id, startedAt }: { id: string; startedAt: number },
) {
  const allow = wanted.allow ?? []
  return {
    id,
    email: wanted.email,
    mode,
    allow: {
      quoted: allow.includes('quoted'),
      ipLiteral: allow.includes('ip_literal'),
      dotless: allow.includes('dotless'),
    },
    maxAgeS: wanted.max_age ?? MAX_AGE_S,
    deadlineAt: startedAt + (wanted.wait_ms ?? WAIT_MS.usual),
  }
}
