// The public verification: request and response as one source for validation, documentation and clients.
import { z } from '@hono/zod-openapi'
import { REASON_NAMES } from '../verdict/reasons.ts'

/** Longest wait that a request may ask for, and what it gets without asking, in milliseconds. */
export const WAIT_MS = { least: 500, usual: 4_000, most: 10_000 } as const

/** A year: no limit of the caller's own on the age of evidence, in seconds. */
export const MAX_AGE_S = 31_536_000

const metadata = z
  .record(z.string().max(64), z.union([z.string().max(500), z.number(), z.boolean(), z.null()]))
  .refine((fields) => Object.keys(fields).length <= 20, { message: 'has at most 20 fields' })

export const verificationRequest = z
  .strictObject({
    email: z.string().openapi({ description: 'Any string is an address to judge.', example: 'jane@strict.test' }),
    mode: z.enum(['fast', 'full']).optional().openapi({
      description:
        '`fast` never waits for SMTP; `full` asks the mailbox’s own server. Default: `fast` for pk_, `full` for sk_.',
    }),
    wait_ms: z.number().int().min(WAIT_MS.least).max(WAIT_MS.most).optional().openapi({
      description: 'How long `full` may take, in milliseconds.',
      example: WAIT_MS.usual,
    }),
    max_age: z.number().int().min(0).max(MAX_AGE_S).optional().openapi({
      description: 'Oldest stored evidence to accept, in seconds; 0 asks again, within the 24-hour rule.',
    }),
    evidence: z.enum(['none', 'summary', 'full']).optional(),
    allow: z
      .array(z.enum(['quoted', 'ip_literal', 'dotless']))
      .max(3)
      .optional(),
    background: z.boolean().optional().openapi({
      description:
        'Answer at once with `final: false`, and finish later: see `poll_url`, and `verification.completed`.',
    }),
    webhook_url: z.string().max(2_000).optional().openapi({
      description: 'Told of the end besides the account’s endpoints; with `background` only.',
    }),
    metadata: metadata.optional(),
  })
  .refine(({ webhook_url: url, background }) => url === undefined || background === true, {
    path: ['webhook_url'],
    message: 'is told of what is finished in the background: say "background": true too',
  })
  .refine(({ mode, background }) => mode !== 'fast' || background !== true, {
    path: ['background'],
    message: 'finishes what full mode asks: leave out "mode": "fast"',
  })
  .openapi('VerificationRequest')
export type VerificationRequest = z.infer<typeof verificationRequest>

const flag = z.boolean().nullable().openapi({ description: 'null means not checked, never false' })
const instant = z.iso.datetime()

const evidenceRow = z.strictObject({
  rule: z.string(),
  source: z.string().nullable(),
  phase: z.string().nullable(),
  code: z.number().int().nullable(),
  enhanced: z.string().nullable(),
  text: z.string().nullable(),
  about: z.enum(['address', 'domain', 'mailbox', 'client', 'server', 'unclear']),
  /** Host name of the exchange that spoke, so that its postmaster finds the session. */
  exchange: z.string().nullable(),
  lane: z.string().nullable(),
  at: instant,
})
export type EvidenceRow = z.infer<typeof evidenceRow>

const exchange = z.strictObject({
  exchange: z.string(),
  preference: z.number().int(),
  target: z.enum(['not_looked_up', 'reachable', 'dangling', 'special_purpose', 'ipv6_only', 'ip_literal', 'unlearned']),
})

const checks = z.strictObject({
  syntax: z.strictObject({
    ok: z.boolean().openapi({ description: 'By the sign-up policy, and what the request allows beyond it' }),
    rfc5321: z.boolean(),
    rfc6531: z.boolean(),
    needs_smtputf8: z.boolean().nullable(),
    rules: z.array(
      z.strictObject({ rule: z.string(), offset: z.number().int(), message: z.string(), source: z.string() }),
    ),
  }),
  mail_route: z.strictObject({
    kind: z.enum(['mx', 'implicit', 'null_mx', 'none', 'nxdomain', 'unlearned', 'not_looked_up']),
    exchanges: z.array(exchange),
    provider: z.string().nullable(),
    resolver: z.string().nullable(),
    dnssec: z.enum(['secure', 'insecure']).nullable(),
  }),
  smtp: z.strictObject({
    state: z.enum(['not_needed', 'not_asked', 'asked', 'cached', 'deferred']),
    accepts: z.boolean().nullable(),
    strangers: z.enum(['refuses_strangers', 'accepts_all', 'unknown', 'not_checked']),
    transcript: z.array(z.string()).optional().openapi({
      description: 'With `evidence: full`: what was said just now, without the names of mailboxes.',
    }),
  }),
  domain_age: z.strictObject({ days: z.number().int().nullable() }),
})

export const verification = z
  .strictObject({
    id: z.string().openapi({ example: 'ver_01JD0Q8Z3V9K6W2X4Y5Z7A8B9C' }),
    email: z.string(),
    normalized: z.string().nullable(),
    mode: z.enum(['fast', 'full']),
    status: z.enum(['deliverable', 'undeliverable', 'risky', 'unknown']),
    reason: z.enum(REASON_NAMES),
    level: z.enum(['confirmed', 'estimated']),
    score: z.number().int().min(0).max(100),
    advice: z.enum(['accept', 'confirm', 'reject']),
    flags: z.strictObject({
      disposable: flag,
      relay: flag,
      forwarding: flag,
      free: flag,
      role: flag,
      subaddress: flag,
      gibberish: flag,
      suspected_trap: flag,
      abuse: flag,
    }),
    suggestion: z.strictObject({ email: z.string(), probability: z.number() }).nullable(),
    checks,
    evidence: z.array(evidenceRow),
    retryable: z.boolean(),
    retry_at: instant.nullable(),
    valid_until: instant.nullable(),
    final: z.boolean(),
    poll_url: z.string().nullable(),
    checked_at: instant,
    cost: z.strictObject({ units: z.number(), charged: z.boolean(), why: z.string() }),
    timing: z.strictObject({
      total_ms: z.number().int(),
      dns_ms: z.number().int().nullable(),
      smtp_ms: z.number().int().nullable(),
    }),
    lane: z.string().nullable(),
    metadata: metadata.nullable(),
  })
  .openapi('Verification')
export type Verification = z.infer<typeof verification>
