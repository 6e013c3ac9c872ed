// What a domain's report reckons, and did not measure: where mail goes, how long names take, how much of it all holds.
import { z } from '@hono/zod-openapi'

const share = z.number().min(0).max(1)
const seconds = z.number().min(0)
const milliseconds = z.number().min(0)
const names = z.array(z.string())

const path = z.strictObject({ host: z.string(), share })
const profile = z.strictObject({
  first_round: share.openapi({
    description: 'Probability that the first try of all exchanges finds one that takes the mail',
  }),
  round_s: seconds.nullable().openapi({ description: 'Mean time of mail that is taken then; null where none is' }),
  expected_s: seconds.nullable().openapi({ description: 'With the tries after it; null where nobody takes mail' }),
  band: z
    .enum(['green', 'yellow', 'amber', 'red'])
    .nullable()
    .openapi({ description: 'Of `expected_s`: below 30 s, below 300 s, below 1800 s, above' }),
  paths: z.array(path).openapi({ description: 'Share of the mail that each exchange takes in the first round' }),
})
const assumed = z.record(z.string(), z.union([z.number(), z.string()]))
export const routing = z.strictObject({
  confidence: z.literal('model'),
  assumptions: assumed,
  profiles: z.strictObject({ rfc: profile, postfix: profile, queued_failover: profile }),
})

export const resolution = z.strictObject({
  confidence: z.literal('model'),
  assumptions: assumed,
  cold_ms: milliseconds.openapi({ description: 'A sender that knows nothing: MX records and an address' }),
  warm_ms: milliseconds.openapi({ description: 'A resolver that knows all' }),
  expected_ms: milliseconds.openapi({ description: 'One sender in `demand_s` seconds behind a cache' }),
  over_service_line: z.boolean().openapi({ description: '`cold_ms` above 150: our line, and no standard’s' }),
  upper_bound_ms: milliseconds.openapi({ description: 'Three look-ups from the root, each by itself' }),
  measured_ms: milliseconds.nullable().openapi({ description: 'What our own first question took' }),
})

export const availability = z.strictObject({
  confidence: z.literal('model'),
  assumptions: assumed,
  first_pick: share.openapi({ description: 'The exchange that is tried first answers' }),
  effective: share.openapi({ description: 'One of them answers, if they fail independently' }),
  grouped: share.openapi({ description: 'One of them answers, if those of a group fail together' }),
  groups: z.array(names).openapi({ description: 'Exchanges of one operator, or one network (/24, /48)' }),
  another_is_material: z
    .boolean()
    .openapi({ description: 'Another one would add a thousandth or more to `effective`' }),
})
