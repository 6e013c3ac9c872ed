// What edge and prober say to one another about how mail exchanges look from outside, for a domain's report.
import { z } from 'zod'
import { CONNECT_FAULTS, PKIX_FAULTS } from '../report/seen.ts'
import type { Hold } from '../verdict/evidence.ts'
import { replyShape } from './probe.ts'

/**
 * A job for one lane: look at these exchanges, and at the certificate of the MTA-STS policy host (RFC 8461 §3.3) where
 * one is named. No mailbox is named to anybody. `budgetMs` is what is left when the lane receives it.
 */
export const inspectJob = z
  .strictObject({
    kind: z.literal('inspect'),
    jobId: z.string().min(8).max(64),
    epoch: z.number().int().min(0),
    /** In A-form. */
    domain: z.string().min(1).max(253),
    exchanges: z
      .array(z.strictObject({ exchange: z.string().min(1).max(255) }))
      .max(10)
      .readonly(),
    policyHost: z.string().max(261).nullable(),
    budgetMs: z.number().int().min(1).max(60_000),
  })
  .refine(({ domain, policyHost }) => policyHost === null || policyHost === `mta-sts.${domain}`, {
    path: ['policyHost'],
    message: 'is not the policy host of the domain',
  })
export type InspectJob = z.infer<typeof inspectJob>

/** Why a lane does not look now: its permits, the domain's own records, or whoever wants to be left alone. */
const LOOK_HOLDS = [
  'permit',
  'breaker_open',
  'shunned',
  'lane_unfit',
  'in_progress',
  'route_differs',
  'opted_out',
] as const satisfies readonly Hold[]

/** Why something is not known. None of these says anything about the host. */
export const UNMEASURED = [
  ...LOOK_HOLDS,
  'name_not_resolved',
  'not_reachable_address',
  'no_ipv6',
  'connect_unroutable',
  'too_many_addresses',
  'deadline',
] as const
export type Unmeasured = (typeof UNMEASURED)[number]

const instant = z.number().int()
const durationMs = z.number().int().min(0)
/** Text of a stranger's: capped, without control or bidirectional characters. */
const text = (most: number) => z.string().max(most)

/** How a question ended without an answer. `waitedMs` tells how much a `timed_out` says; `closed` covers resets. */
const unanswered = [
  z.strictObject({ kind: z.literal('timed_out'), waitedMs: durationMs }),
  z.strictObject({ kind: z.literal('closed'), waitedMs: durationMs }),
  z.strictObject({ kind: z.literal('protocol_error'), waitedMs: durationMs }),
] as const

/** `name` is the word after the code of a 220, null where there is none (RFC 5321 §4.2). */
const greeting = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reply'), reply: replyShape, name: text(255).nullable(), tookMs: durationMs }),
  ...unanswered,
])

/** `extensions` are the lines after the first as they were said, such as `SIZE 35882577` (RFC 5321 §4.1.1.1). */
const hello = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('accepted'),
    name: text(255).nullable(),
    extensions: z.array(text(80)).max(40).readonly(),
    tookMs: durationMs,
  }),
  z.strictObject({ kind: z.literal('refused'), reply: replyShape, tookMs: durationMs }),
  ...unanswered,
])

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const sha512 = z.string().regex(/^[0-9a-f]{128}$/)

/**
 * Digests are of the DER encoding in lower-case hexadecimal, of the whole certificate and of its SubjectPublicKeyInfo: what
 * TLSA selectors 0 and 1 choose (RFC 6698 §2.1.2). Matching type 0 holds full data: its digest is to be compared.
 */
const certificate = z.strictObject({
  subject: text(200),
  issuer: text(200),
  /** DNS-IDs in lower case, of the first certificate only and 6,000 characters at most; `dnsNamesFound` counts them all. */
  dnsNames: z
    .array(text(255))
    .max(100)
    .refine((names) => names.join('').length <= 6_000)
    .readonly(),
  dnsNamesFound: z.number().int().min(0),
  /** Null where the date cannot be read. */
  notBeforeAt: instant.nullable(),
  notAfterAt: instant.nullable(),
  certSha256: sha256,
  certSha512: sha512,
  /** Null where the encoding cannot be read. */
  spkiSha256: sha256.nullable(),
  spkiSha512: sha512.nullable(),
  /** Null for kinds of keys that the lane does not know; `bits` null where the kind has no such number. */
  key: z.strictObject({ type: text(40), bits: z.number().int().nullable() }).nullable(),
  /** True where the next certificate's key signed this one: what DANE-TA needs (RFC 7672 §3.1.2). Null for the last and where it cannot be told. */
  signedByNext: z.boolean().nullable(),
})

/**
 * `error` is the verifier's code, such as `UNABLE_TO_VERIFY_LEAF_SIGNATURE`; it names one fault of the chain, and an expired
 * date hides others. `verdict` is the first of `faults`. `matches` tells whether a DNS-ID is the host's name (RFC 9525 §6.3).
 */
const pkix = z.strictObject({
  verdict: z.enum(['valid', ...PKIX_FAULTS]),
  faults: z.array(z.enum(PKIX_FAULTS)).max(PKIX_FAULTS.length).readonly(),
  error: text(80).nullable(),
  matches: z.boolean(),
})

/** The chain exactly as the server sent it, the server's own certificate first; `chainFound` counts all of it. */
const tls = z.strictObject({
  version: z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']).nullable(),
  cipher: text(80).nullable(),
  chain: z.array(certificate).max(10).readonly(),
  chainFound: z.number().int().min(0),
  pkix,
})

/** `error` is the TLS library's or the system's code. */
const handshakeFailed = z.strictObject({
  kind: z.literal('handshake_failed'),
  how: z.enum(['timed_out', 'closed', 'tls_error']),
  error: text(80).nullable(),
  waitedMs: durationMs,
})
const secured = z.strictObject({ kind: z.literal('secured'), handshakeMs: durationMs, tls })

const startTls = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('not_offered') }),
  z.strictObject({ kind: z.literal('refused'), reply: replyShape, tookMs: durationMs }),
  ...unanswered,
  handshakeFailed,
  secured,
])

const unmeasured = z.strictObject({
  kind: z.literal('unmeasured'),
  why: z.enum(UNMEASURED),
  /** Instant from which asking again can help, or null where unknown. */
  retryAt: instant.nullable(),
})
const notConnected = z.strictObject({
  kind: z.literal('not_connected'),
  fault: z.enum(CONNECT_FAULTS),
  tookMs: durationMs,
})

/** Null is a question that was never reached. */
const smtpResult = z.discriminatedUnion('kind', [
  unmeasured,
  notConnected,
  z.strictObject({
    kind: z.literal('connected'),
    connectMs: durationMs,
    greeting,
    ehlo: hello.nullable(),
    startTls: startTls.nullable(),
    /** The EHLO inside TLS, whose extensions alone count (RFC 3207 §4.2). */
    ehloInside: hello.nullable(),
  }),
])

const httpsResult = z.discriminatedUnion('kind', [
  unmeasured,
  notConnected,
  z.strictObject({
    kind: z.literal('connected'),
    connectMs: durationMs,
    handshake: z.discriminatedUnion('kind', [handshakeFailed, secured]),
  }),
])

const lookUp = z.enum(['records', 'nodata', 'nxdomain', 'timeout', 'servfail', 'refused', 'malformed', 'unreachable'])
/** What the DNS said of the name; null where it was not asked. */
const resolution = z.strictObject({ a: lookUp, aaaa: lookUp }).nullable()

const host = <N extends z.ZodRawShape, T extends z.ZodType>(name: N, result: T) => {
  const own = { ...name, observedAt: instant, resolution }
  const address = z.strictObject({
    address: z.string().max(45),
    family: z.union([z.literal(4), z.literal(6)]),
    observedAt: instant,
    result,
  })
  return z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('inspected'),
      ...own,
      /** True where the lane looked within the last 24 hours: `observedAt` says when. */
      fromMemory: z.boolean(),
      addresses: z.array(address).max(20).readonly(),
      addressesFound: z.number().int().min(1),
    }),
    z.strictObject({ ...unmeasured.shape, ...own }),
  ])
}

/** One exchange as a lane saw it. */
export const exchangeInspection = host({ exchange: z.string().max(255) }, smtpResult)
/** The policy host as a lane saw it; no HTTP request was made. */
export const policyHostInspection = host({ host: z.string().max(261) }, httpsResult)

/** Why something was not asked now, as the lane's permits said it, or for the whole job. */
const hold = z.strictObject({
  kind: z.literal('hold'),
  observedAt: instant,
  source: z.string().max(80),
  hold: z.enum(LOOK_HOLDS),
  retryAt: instant.nullable(),
})

export const inspectReport = z.strictObject({
  jobId: z.string(),
  lane: z.string(),
  kind: z.literal('inspection'),
  hosts: z.array(exchangeInspection).max(10).readonly(),
  /** Null where the job named none. */
  policyHost: policyHostInspection.nullable(),
  holds: z.array(hold).max(60).readonly(),
  /** True where the store could not be read or written and the lane went on without memory. */
  withoutMemory: z.boolean(),
})
export type InspectReport = z.infer<typeof inspectReport>

export type ExchangeInspection = z.infer<typeof exchangeInspection>
export type PolicyHostInspection = z.infer<typeof policyHostInspection>
export type SmtpResult = z.infer<typeof smtpResult>
export type HttpsResult = z.infer<typeof httpsResult>
export type Greeting = z.infer<typeof greeting>
export type Hello = z.infer<typeof hello>
export type StartTls = z.infer<typeof startTls>
export type HandshakeFailed = z.infer<typeof handshakeFailed>
export type Secured = z.infer<typeof secured>
export type Tls = z.infer<typeof tls>
export type Certificate = z.infer<typeof certificate>
export type Pkix = z.infer<typeof pkix>
export type InspectionHold = z.infer<typeof hold>
export type LookUp = z.infer<typeof lookUp>
