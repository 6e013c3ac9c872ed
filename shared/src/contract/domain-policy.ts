// The MTA-STS policy of a domain as its report shows it: published, fetched, held against the exchanges.
import { z } from '@hono/zod-openapi'
import { recordDnssec } from './dnssec-state.ts'
import { GAP_LEVELS } from '../report/gap.ts'
import { HEALTH_BANDS } from '../report/health.ts'
import { certificateFault, fetchWhy, healthCap } from './closed-lists.ts'

const instant = z.iso.datetime()
const share = z.number().min(0).max(1)
const names = z.array(z.string())

export const mtaSts = z.strictObject({
  status: z.enum(['none', 'several', 'invalid', 'published', 'unlearned']),
  records: names.nullable().openapi({ description: 'TXT records at `_mta-sts.`; null where they were not learned' }),
  dnssec: recordDnssec,
  id: z.string().nullable(),
  policy: z
    .strictObject({ mode: z.enum(['enforce', 'testing', 'none']), max_age_s: z.number().int(), mx: names })
    .nullable(),
  fetch: z.strictObject({
    kind: z.enum(['answered', 'redirect', 'too_large', 'certificate', 'unreachable', 'not_fetched']),
    status: z.number().int().nullable(),
    content_type: z.string().nullable(),
    why: fetchWhy.nullable(),
  }),
  certificate: z
    .strictObject({
      valid: z.boolean(),
      days_left: z.number(),
      lifetime_days: z.number(),
      faults: z.array(certificateFault),
      names,
      issuer: z.string(),
      expires_at: instant,
    })
    .nullable()
    .openapi({ description: 'Of the policy host, as a lane has read it; null where none has' }),
  health: z
    .strictObject({
      score: z.number().int().min(0).max(100),
      band: z.enum(HEALTH_BANDS),
      components: z.strictObject({ certificate: share.nullable(), max_age: share, match: share }),
      named: share.openapi({ description: 'Of the exchanges, whether senders can use them or not' }),
      caps: z.array(healthCap),
      partial: z.boolean(),
    })
    .nullable(),
  gap: z
    .strictObject({ score: z.number().min(0).max(100), level: z.enum(GAP_LEVELS) })
    .nullable()
    .openapi({
      description: 'Modelled share of the mail, in percent, that goes to exchanges which the policy leaves out',
    }),
  unmatched_mx: names,
  unused_patterns: names,
})
