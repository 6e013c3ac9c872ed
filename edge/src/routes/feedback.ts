// `POST /v1/feedback`: what became of an account's own messages; it counts beside what servers say, for that account alone.
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { ANY_FORM, parse } from '@postern/shared/address/parse.ts'
import { type FeedbackEvent, feedback, feedbackRequest } from '@postern/shared/contract/feedback.ts'
import type { RememberJob } from '@postern/shared/contract/lane-jobs.ts'
import { loggedReply } from '@postern/shared/smtp/logged.ts'
import { redact } from '@postern/shared/smtp/reply.ts'
import { partitionOf } from '../accounts/places.ts'
import { once } from '../http/idempotency.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv, Services } from './context.ts'
import { accountMeant, noAccount } from './key-of.ts'
import { bodyRefusals, idempotencyHeader, nothing, refusals } from './problems.ts'

const route = createRoute({
  method: 'post',
  operationId: 'createFeedback',
  path: '/v1/feedback',
  summary: 'Tell which messages arrived and which came back',
  security: [{ bearer: [] }],
  request: {
    query: nothing,
    headers: idempotencyHeader,
    body: { required: true, content: { 'application/json': { schema: feedbackRequest } } },
  },
  responses: {
    200: { description: 'How much of it counts', content: { 'application/json': { schema: feedback } } },
    ...refusals,
    ...bodyRefusals,
  },
})

const LEASE_MS = 60_000

export function feedbackRoute(app: OpenAPIHono<AppEnv>): void {
  app.openapi(route, async (context) => {
    const wanted = context.req.valid('json')
    const account = await accountMeant(context, wanted.account)
    if (account === null) return noAccount(context, '/account')
    const services = context.get('services')
    return once(context, wanted, {
      seed: services.newId('fbk'),
      leaseMs: LEASE_MS,
      keep: true,
      work: async () => {
        const jobs = wanted.events.map((event) => jobOf(event, account, services)).filter((job) => job !== null)
        if (!(await remembered(jobs, partitionOf(account), services))) {
          const detail = 'A region does not answer just now: send the same request again, nothing counts twice.'
          return refuse(context, 'unavailable', { detail, headers: { 'retry-after': '30' } })
        }
        const skipped = wanted.events.length - jobs.length
        return context.json({ remembered: jobs.length, skipped }, 200, { 'cache-control': 'no-store' })
      },
    })
  })
}

/** Clocks differ by less than this, in milliseconds; nobody learns of tomorrow's messages today. */
const SKEW_MS = 60_000

function jobOf({ email, event, reply, at }: FeedbackEvent, account: string, services: Services): RememberJob | null {
  const parsed = parse(email, ANY_FORM)
  const observedAt = at === undefined ? services.now() : Date.parse(at)
  if (!parsed.ok || parsed.address.domain.kind !== 'name' || observedAt > services.now() + SKEW_MS) return null
  const { localPart, domain } = parsed.address
  const said = reply === undefined ? null : loggedReply({ code: '', enhancedCode: '', text: reply })
  return {
    kind: 'remember',
    jobId: services.newId('fbk'),
    epoch: services.verify.epoch,
    localPart,
    domain: domain.ascii,
    account,
    outcome: event,
    reply: said === null ? null : redact(said, { localPart, domain: domain.ascii }),
    observedAt,
  }
}

async function remembered(jobs: readonly RememberJob[], partition: string, services: Services): Promise<boolean> {
  const lanes = services.verify.lanesOf(partition)
  const done = await Promise.all(
    jobs.map(async (job) => {
      await services.verify.memoOf(partition).forget(`${job.localPart}@${job.domain}`)
      return services.write(lanes, job)
    }),
  )
  return done.every(Boolean)
}
