// The exchanges of a domain as its report shows them: from the record to what each of their addresses said.
import { z } from '@hono/zod-openapi'
import { DNSSEC_STATES } from '../dns/dnssec.ts'
import { PKIX_FAULTS } from '../report/seen.ts'
import { addressWhy, certificateFault, connectFault, routeWhy } from './closed-lists.ts'

const milliseconds = z.number().min(0)
const instant = z.iso.datetime()

const address = z.strictObject({
  address: z.string(),
  family: z.union([z.literal(4), z.literal(6)]),
  reachable: z.boolean().openapi({ description: 'Globally, by the registries of special-purpose addresses' }),
  reverse_names: z.array(z.string()).nullable(),
  confirmed: z.boolean().nullable().openapi({ description: 'A reverse name leads back; null where that is not known' }),
})

const tls = z.strictObject({
  version: z.string().nullable(),
  cipher: z.string().nullable(),
  pkix: z.enum(['valid', ...PKIX_FAULTS]).openapi({ description: 'The worst of `faults`' }),
  faults: z.array(certificateFault),
  spki_sha256: z.string().nullable().openapi({ description: 'What a TLSA record 3 1 1 holds (RFC 7671 §5.1)' }),
  names: z.array(z.string()),
  issuer: z.string().nullable(),
  expires_at: instant.nullable(),
})

const reply = z.strictObject({ code: z.number().int(), text: z.string() })

/** One address of an exchange, as a lane saw it. */
const seen = z.strictObject({
  address: z.string(),
  measured: z.boolean(),
  why: addressWhy.nullable(),
  at: instant.openapi({ description: 'When it was looked at: each exchange once in 24 hours' }),
  from_memory: z.boolean(),
  connect: z.strictObject({ ok: z.boolean(), ms: milliseconds, fault: connectFault.nullable() }).nullable(),
  greeting: z
    .strictObject({
      reply: reply.nullable(),
      ms: milliseconds,
      end: z
        .enum(['timed_out', 'closed', 'protocol_error'])
        .nullable()
        .openapi({ description: 'How it ended without a reply' }),
    })
    .nullable(),
  ehlo: z.array(z.string()).nullable().openapi({ description: 'Extensions before TLS' }),
  ehlo_inside_tls: z.array(z.string()).nullable().openapi({ description: 'Those that count (RFC 3207 §4.2)' }),
  starttls: z.enum(['ok', 'not_offered', 'refused', 'failed', 'unmeasured']),
  tls: tls.nullable(),
})

const exchange = z.strictObject({
  host: z.string(),
  preference: z.number().int(),
  rank: z.number().int().openapi({ description: '0 for the best preference' }),
  exposure: z.number().openapi({ description: 'Modelled share of the mail that comes here first' }),
  provider: z.string().nullable(),
  is_ip: z.boolean(),
  alias_of: z.string().nullable(),
  dnssec: z.enum(DNSSEC_STATES).nullable(),
  addresses: z.array(address).nullable(),
  smtp: z.array(seen).nullable().openapi({ description: 'Null where no lane has looked, or none has yet' }),
  effective: z.boolean().nullable().openapi({ description: 'Connects and greets with 220; null where unmeasured' }),
  policy_pattern: z.string().nullable().openapi({ description: 'The pattern of the MTA-STS policy that names it' }),
})
export type ExchangeShown = z.infer<typeof exchange>

export const mxSection = z.strictObject({
  status: z.enum(['mx', 'null_mx', 'implicit', 'none', 'nxdomain', 'error']),
  why: routeWhy.nullable(),
  ttl_s: z.number().nullable().openapi({ description: 'As the first resolver had it: caches count down' }),
  original_ttl_s: z.number().nullable().openapi({
    description:
      'Of the records when they are fresh: as their zone has signed it (RFC 4034 §3.1.4), else where both resolvers have as long left, or more than a day; null where neither tells',
  }),
  dnssec: z.enum(DNSSEC_STATES),
  resolvers_agree: z.boolean().nullable().openapi({ description: 'Null where one of them could not tell' }),
  found: z.number().int().nullable().openapi({ description: 'Exchanges that are named; at most ten are looked at' }),
  records: z.array(exchange),
})
