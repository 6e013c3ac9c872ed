// What edge and prober say to one another: a job goes out, a report of what was said comes back, never a verdict.
import { z } from 'zod'
import { FAULTS, HOLDS } from '../verdict/evidence.ts'

const exchange = z.strictObject({
  exchange: z.string().min(1).max(255),
  preference: z.number().int().min(0).max(65_535),
})

const pseudonym = z.string().regex(/^[\w-]{8,64}$/)

/** A job for one lane. `budgetMs` is what is left of the request's one deadline when the lane receives it. */
export const probeJob = z.strictObject({
  kind: z.literal('probe'),
  jobId: z.string().min(8).max(64),
  epoch: z.number().int().min(0),
  /** The wire address, exactly as RCPT will say it: local part with quoting, domain in A-form. */
  localPart: z.string().min(1).max(256),
  domain: z.string().min(1).max(253),
  implicitMx: z.boolean(),
  exchanges: z.array(exchange).min(1).max(20).readonly(),
  smtpUtf8: z.boolean(),
  budgetMs: z.number().int().min(1).max(60_000),
  /** Seconds; stored evidence older than this is not served. */
  maxAgeS: z.number().int().min(0),
  /** False: only what is remembered is wanted, nobody is to be dialled. */
  dial: z.boolean().optional(),
  /** Pseudonym of the account that asks: what it told us about the mailbox counts for it alone. */
  account: pseudonym.optional(),
})
export type ProbeJob = z.infer<typeof probeJob>

const recipient = z.strictObject({ localPart: z.string().min(1).max(256), smtpUtf8: z.boolean() })

/** Many addresses for one lane, by domain; nobody waits for them. Reports come in the order of groups and recipients. */
export const listJob = z.strictObject({
  kind: z.literal('list'),
  jobId: z.string().min(8).max(64),
  epoch: z.number().int().min(0),
  groups: z
    .array(
      z.strictObject({
        /** The same for all visits on behalf of these addresses: one that was cut off is taken over. */
        id: z.string().min(8).max(80),
        domain: z.string().min(1).max(253),
        implicitMx: z.boolean(),
        exchanges: z.array(exchange).min(1).max(20).readonly(),
        recipients: z.array(recipient).min(1).max(30).readonly(),
      }),
    )
    .min(1)
    .max(10)
    .readonly(),
  budgetMs: z.number().int().min(1).max(60_000),
  maxAgeS: z.number().int().min(0),
  account: pseudonym.optional(),
})
export type ListJob = z.infer<typeof listJob>

/** The wire address of a job: exactly what RCPT says. */
export function wireAddress({ localPart, domain }: Pick<ProbeJob, 'localPart' | 'domain'>): string {
  return `${localPart}@${domain}`
}

const instant = z.number().int()
const observed = { observedAt: instant, source: z.string().max(80) }
const whose = z.enum(['mailbox', 'stranger', 'postmaster', 'other', 'nobody'])
/** One reply as it travels: capped and printable. */
export const replyShape = z.strictObject({
  code: z.number().int().min(200).max(599),
  enhanced: z
    .strictObject({
      class: z.union([z.literal(2), z.literal(4), z.literal(5)]),
      subject: z.number().int(),
      detail: z.number().int(),
    })
    .nullable(),
  lines: z.array(z.string().max(600)).max(8).readonly(),
})

/** The facts that travel and are stored; mirrors `verdict/evidence.ts`, and the compiler holds the two together. */
export const probeFact = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('reply'),
    ...observed,
    phase: z.enum(['greeting', 'ehlo', 'starttls', 'mail', 'rcpt']),
    to: whose,
    exchange: z.string(),
    reply: replyShape,
  }),
  z.strictObject({
    kind: z.literal('fault'),
    ...observed,
    fault: z.enum(FAULTS),
    to: whose,
    exchange: z.string(),
  }),
  z.strictObject({
    kind: z.literal('feedback'),
    ...observed,
    outcome: z.enum(['delivered', 'bounced']),
    reply: replyShape.nullable(),
  }),
  z.strictObject({ kind: z.literal('canary'), ...observed, operator: z.string().max(60) }),
  z.strictObject({
    kind: z.literal('hold'),
    ...observed,
    hold: z.enum(HOLDS),
    retryAt: instant.nullable(),
  }),
])

/** `known`: served from memory, nobody was dialled. `held`: something says not now, see the hold fact. */
export const probeReport = z.strictObject({
  jobId: z.string(),
  lane: z.string(),
  state: z.enum(['asked', 'known', 'held']),
  facts: z.array(probeFact).max(60).readonly(),
  /** True where the store could not be read or written and the lane went on without memory. */
  withoutMemory: z.boolean(),
  smtpMs: z.number().nullable(),
  /** When its servers may be asked about as many again: for lists, whose next group need not find out. */
  nextAt: instant.optional(),
  /** What was said, `C:` and `S:`, without the names of mailboxes; empty where nobody was dialled or several were asked about. */
  transcript: z.array(z.string().max(600)).max(80).readonly().optional(),
})
export type ProbeReport = z.infer<typeof probeReport>

/** One report a recipient, group by group, in the order of the job. */
export const listReport = z.strictObject({
  jobId: z.string(),
  lane: z.string(),
  groups: z.array(z.array(probeReport)),
})
export type ListReport = z.infer<typeof listReport>
