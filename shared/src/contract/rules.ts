// The tables by which verdicts are made, as they are published: whoever disagrees can point at a row.
import { z } from '@hono/zod-openapi'
import { providerRow, providers } from '../dns/provider.ts'
import { knowledgeOfSlips } from '../typo/real.ts'
import { listSources } from '../signals/sources.ts'
import { ruleSchema, rules as replyRules } from '../smtp/meaning.ts'
import { type Reason, REASON_NAMES, worthOf } from '../verdict/reasons.ts'
import { publishedRules } from '../verdict/rules.ts'

const score = z.number().int().min(0).max(100)

export const ruleTables = z
  .strictObject({
    reasons: z.array(
      z.strictObject({
        reason: z.enum(REASON_NAMES),
        status: z.enum(['deliverable', 'undeliverable', 'risky', 'unknown']),
        score,
        estimated_score: score.openapi({ description: 'Where the level is `estimated`.' }),
        retryable: z.boolean(),
      }),
    ),
    rules: z.array(z.strictObject({ id: z.string(), says: z.string(), source: z.string().nullable() })),
    replies: z.array(ruleSchema).openapi({ description: 'The first row that holds decides what a reply means.' }),
    providers: z.strictObject({ version: z.string(), rows: z.array(providerRow) }),
    lists: z.array(
      z.strictObject({
        name: z.string(),
        date: z.string(),
        count: z.number().int(),
        sources: z.array(z.strictObject({ package: z.string(), version: z.string(), licence: z.string() })),
      }),
    ),
  })
  .openapi('Rules')
export type RuleTables = z.infer<typeof ruleTables>

function reasonRow(reason: Reason): RuleTables['reasons'][number] {
  const { status, score: points, estimated = points, retryable = false } = worthOf(reason)
  return { reason, status, score: points, estimated_score: estimated, retryable }
}

/** The tables of this version of the code. */
export function tables(): RuleTables {
  return {
    reasons: REASON_NAMES.map(reasonRow),
    rules: publishedRules.map((rule) => ({ ...rule })),
    replies: [...replyRules],
    providers: { version: providers.version, rows: [...providers.rows] },
    lists: [...listSources(), knowledgeOfSlips()],
  }
}
