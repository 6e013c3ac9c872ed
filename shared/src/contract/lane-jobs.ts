// Jobs by which the edge has a lane write or wipe what it holds: feedback, erasure, opt-outs. The lane alone holds the keys.
import { z } from 'zod'
import { replyShape } from './probe.ts'

const common = { jobId: z.string().min(8).max(64), epoch: z.number().int().min(0) }
const address = { localPart: z.string().min(1).max(256), domain: z.string().min(1).max(253) }
const instant = z.number().int().min(0)

/** What an account learned of a message of its own: it counts for that account alone, for 30 days. */
export const rememberJob = z.strictObject({
  kind: z.literal('remember'),
  ...common,
  ...address,
  /** Pseudonym of the account. */
  account: z.string().regex(/^[\w-]{8,64}$/),
  outcome: z.enum(['delivered', 'bounced']),
  reply: replyShape.nullable(),
  observedAt: instant,
})
export type RememberJob = z.infer<typeof rememberJob>

/** Everything held about an address is wiped; what was heard of it before now and is still on its way is not kept either. */
export const forgetJob = z.strictObject({ kind: z.literal('forget'), ...common, ...address })
export type ForgetJob = z.infer<typeof forgetJob>

/** The domain is asked about no mailbox from now on, or may be again. */
export const optOutJob = z.strictObject({
  kind: z.literal('opt_out'),
  ...common,
  domain: address.domain,
  optedOut: z.boolean(),
})
export type OptOutJob = z.infer<typeof optOutJob>

/** `done` false: the table could not be reached, and nothing is promised; the same job may be sent again. */
export const writtenReport = z.strictObject({ jobId: z.string(), lane: z.string(), done: z.boolean() })
export type WrittenReport = z.infer<typeof writtenReport>
