// What a lane says about itself: whether it is fit to ask mail servers, for the edge that chooses lanes and for operators.
import { z } from 'zod'

/**
 * `technical` unfitness is the lane's own trouble, and another lane may take over; `reputation` is what others think of its
 * address, and moving away from that would be snowshoeing: nobody moves.
 */
export const UNFITNESS = ['technical', 'reputation'] as const
export type Unfitness = (typeof UNFITNESS)[number]

export const CHECKS = ['fcrdns', 'dnsbl', 'port_25', 'callout', 'canaries'] as const
export type Check = (typeof CHECKS)[number]

const KIND_OF: Readonly<Record<Check, Unfitness>> = {
  fcrdns: 'technical',
  dnsbl: 'reputation',
  port_25: 'technical',
  callout: 'technical',
  canaries: 'reputation',
}

/** Which kind of unfitness a failed check proves. */
export const unfitnessOf = (check: Check): Unfitness => KIND_OF[check]

/** Asks a lane to look at itself. `budgetMs` is counted from when the lane receives it. */
export const auditJob = z.strictObject({
  kind: z.literal('audit'),
  jobId: z.string().min(8).max(64),
  epoch: z.number().int().min(0),
  budgetMs: z.number().int().min(1).max(60_000),
})
export type AuditJob = z.infer<typeof auditJob>

const instant = z.number().int()
const operator = z.string().min(1).max(60)

/**
 * What one check came to. `operator` names whose canaries they were, and is null for what concerns the lane as a whole.
 * `unmeasured`: nothing was learned, and nothing follows. `detail` holds no mailbox and no remote server's words.
 */
export const checkResult = z.strictObject({
  check: z.enum(CHECKS),
  operator: operator.nullable(),
  state: z.enum(['ok', 'unfit', 'unmeasured']),
  detail: z.string().max(400),
  at: instant,
})
export type CheckResult = z.infer<typeof checkResult>

/** Whether strangers that are known to be dead are refused by an operator: its "exists" is worth something only then. */
export const canary = z.strictObject({ refused: z.boolean(), at: instant })
export type Canary = z.infer<typeof canary>

/**
 * What all audits of the last 26 hours amount to: `unfit` where a measured check proves it, `fit` where one was measured and
 * none proves it, else `unmeasured`. `kind` is null but for `unfit`. `canaries`: operator → instant at which its dead canary
 * was last refused, not older than 24 hours.
 */
export const fitness = z.strictObject({
  lane: z.enum(['fit', 'unfit', 'unmeasured']),
  kind: z.enum(UNFITNESS).nullable(),
  why: z.string().max(2_000),
  unfitOperators: z.array(operator).readonly(),
  canaries: z.record(operator, instant),
})
export type Fitness = z.infer<typeof fitness>

/** `checks` are this audit's own; `fit` also counts what earlier ones measured and this one could not. */
export const auditReport = z.strictObject({
  kind: z.literal('audit'),
  jobId: z.string(),
  lane: z.string(),
  checks: z.array(checkResult).max(60).readonly(),
  fit: fitness,
  at: instant,
})
export type AuditReport = z.infer<typeof auditReport>
