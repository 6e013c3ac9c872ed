// `POST /v1/verifications` and its short form `GET /v1/verify`: one address, one answer, once for each idempotency key.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import {
  MAX_AGE_S,
  verification,
  type VerificationRequest,
  verificationRequest,
  WAIT_MS,
} from '@postern/shared/contract/verification.ts'
import type { Cidr } from '@postern/shared/dns/ip.ts'
import type { Context } from 'hono'
import { isPublic, isSandbox, type KeyCaller } from '../http/authenticate.ts'
import { isIdempotencyKey, mismatch, once, wrongKey } from '../http/idempotency.ts'
import { nearTurn } from '../http/idempotency-near.ts'
import { refuse } from '../http/problem.ts'
import { tellQuota } from '../http/quota.ts'
import { ipOf } from '../http/visit.ts'
import { targetProblem } from '../webhooks/target.ts'
import { answer, type Incoming, modeOf } from '../verify/answer.ts'
import type { Entered } from '../verify/counted.ts'
import { enter } from '../verify/enter.ts'
import type { AppEnv } from './context.ts'
import { keptAnswer } from './kept.ts'
import { bodyRefusals, idempotencyHeader, nothing, refusal, refusals } from './problems.ts'
import { refused } from './refused.ts'

const ok = { description: 'The verdict and its evidence', content: { 'application/json': { schema: verification } } }

/** A whole number in a query, described as what it becomes. */
const whole = (least: number, most: number) =>
  z.coerce.number().int().min(least).max(most).optional().openapi({ type: 'integer', minimum: least, maximum: most })

const post = createRoute({
  method: 'post',
  operationId: 'createVerification',
  path: '/v1/verifications',
  summary: 'Verify one address',
  security: [{ bearer: [] }],
  request: {
    query: nothing,
    headers: idempotencyHeader,
    body: { required: true, content: { 'application/json': { schema: verificationRequest } } },
  },
  responses: { 200: ok, ...refusals, ...bodyRefusals, 410: refusal('A repeat, and the first answer was erased') },
})

const get = createRoute({
  method: 'get',
  operationId: 'verify',
  path: '/v1/verify',
  summary: 'Verify one address, for a curl or a browser bar',
  security: [{ bearer: [] }],
  request: {
    query: z.strictObject({
      email: z.string(),
      mode: z.enum(['fast', 'full']).optional().openapi({ description: 'Default: `fast`, whatever the key.' }),
      wait_ms: whole(WAIT_MS.least, WAIT_MS.most),
      max_age: whole(0, MAX_AGE_S),
      evidence: z.enum(['none', 'summary', 'full']).optional(),
    }),
  },
  responses: { 200: ok, ...refusals },
})

const PUBLIC_FULL = 'A pk_ key may only ask for mode "fast": call full mode from your server with an sk_ key.'
/** Beyond its wait, a request needs this long at most to look up, settle and answer. */
const BEYOND_WAIT_MS = 5_000

/** People type `jane+tag@…` into a browser bar, where form decoding would make a space of the plus. */
function withPlus(email: string, url: string): string {
  const typed = /[?&]email=([^&#]*)/.exec(url)?.[1] ?? ''
  return typed.includes('+') && !typed.includes('%20') ? email.replaceAll(' ', '+') : email
}

export function verificationRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(post, async (context) => {
    const wanted = context.req.valid('json')
    const caller = context.get('caller')
    const mode = modeOf(wanted, caller)
    if (mode === 'full' && isPublic(caller)) return refuse(context, 'forbidden', { detail: PUBLIC_FULL })
    const services = context.get('services')
    const wrong = urlProblem(wanted, services.config.LOOPBACK_NETWORKS)
    if (wrong !== null) return refuse(context, 'invalid-field', wrong)
    const key = context.req.header('idempotency-key')
    const id = services.newId('ver')
    if (key === undefined || caller.type !== 'key') return respond(context, wanted, { id, entered: null })
    if (!isIdempotencyKey(key)) return wrongKey(context)
    const entered = await enter({ caller, mode, ip: ipOf(context) }, services)
    if (!entered.ok) return refused(context, entered)
    tellQuota(context, entered.quota)
    if (mode === 'fast' && !isSandbox(caller)) return onceNearby(context, wanted, { caller, entered })
    return once(context, wanted, {
      seed: id,
      leaseMs: (wanted.wait_ms ?? WAIT_MS.usual) + BEYOND_WAIT_MS,
      work: async (seed, again) =>
        (again ? await keptAnswer(context, seed) : null) ?? respond(context, wanted, { id: seed, entered }),
    })
  })
  app.openapi(get, async (context) => {
    const { mode = 'fast', ...query } = context.req.valid('query')
    const rest = { ...query, email: withPlus(query.email, context.req.url) }
    if (mode === 'full' && isPublic(context.get('caller'))) return refuse(context, 'forbidden', { detail: PUBLIC_FULL })
    const id = context.get('services').newId('ver')
    return respond(context, verificationRequest.parse({ ...rest, mode }), { id, entered: null })
  })
}

/** A URL at which nobody may be told is refused before anything is done. */
function urlProblem({ webhook_url: url }: VerificationRequest, loopback: readonly Cidr[]) {
  const detail = url === undefined ? null : targetProblem(url, loopback)
  const pointer = '/webhook_url'
  return detail === null ? null : { detail: `${pointer} ${detail}`, errors: [{ pointer, detail }] }
}

type Start = Pick<Incoming, 'id' | 'entered'>

async function respond(context: Context<AppEnv>, wanted: VerificationRequest, start: Start) {
  const incoming = { wanted, caller: context.get('caller'), ip: ipOf(context), ...start }
  const answered = await answer(incoming, context.get('services'))
  if (!answered.ok) return refused(context, answered)
  tellQuota(context, answered.quota)
  const { poll_url: pollUrl } = answered.verification
  const location = pollUrl === null ? {} : { location: pollUrl }
  return context.json(answered.verification, 200, { 'cache-control': 'no-store', ...location })
}

/** Fast mode asks no object: what a repeat gets is the record of the first answer, or the same id once more. */
async function onceNearby(
  context: Context<AppEnv>,
  wanted: VerificationRequest,
  { caller, entered }: { caller: KeyCaller; entered: Entered },
) {
  const turn = await nearTurn(context, caller, wanted)
  if (turn === null) return mismatch(context)
  const kept = turn.again ? await keptAnswer(context, turn.id) : null
  const response = kept ?? (await respond(context, wanted, { id: turn.id, entered }))
  // Before the answer leaves: another body under the same key comes after it.
  if (response.status < 400) await turn.remember()
  return response
}
