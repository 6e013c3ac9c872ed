// Batches: options and answers of `/v1/batches` as one source for validation, documentation and clients.
import { z } from '@hono/zod-openapi'
import { REASON_NAMES } from '../verdict/reasons.ts'

export const MOST_ROWS = 1_000_000
/** Octets of an upload: what a request to the edge may carry. */
export const MOST_OCTETS = 95_000_000
export const RETENTION_DAYS = { least: 1, usual: 30, most: 90 } as const

const instant = z.iso.datetime()
const whole = (least: number, most: number) =>
  z.coerce.number().int().min(least).max(most).optional().openapi({ type: 'integer', minimum: least, maximum: most })

export const batchOptions = z.strictObject({
  mode: z.enum(['fast', 'full']).optional().openapi({
    description: '`full` (the default) asks the mailboxes’ own servers; `fast` does not.',
  }),
  column: z.string().min(1).max(200).optional().openapi({
    description: 'Name or number (from 1) of the column with the addresses. Default: found by its name or its content.',
  }),
  header: z
    .enum(['auto', 'yes', 'no'])
    .optional()
    .openapi({ description: 'Whether a CSV begins with names of columns.' }),
  dedupe: z.enum(['off', 'exact', 'canonical']).optional().openapi({
    description:
      'Duplicates point at their first row and are free: rows with the same address (`exact`, the default), or of the same mailbox however it is written.',
  }),
  // No text at all would be the number 0.
  max_cost: z
    .string()
    .regex(/\S/, 'is to be a number of units, and is empty')
    .pipe(z.coerce.number<string>().min(0).max(1e9))
    .optional()
    .openapi({ type: 'number', description: 'Units at which the batch stops; what is left is `not_probed`.' }),
  webhook_url: z.string().max(2_000).optional().openapi({
    description: 'Told of this batch besides the account’s endpoints.',
  }),
  retention_days: whole(RETENTION_DAYS.least, RETENTION_DAYS.most),
  start: z.enum(['true', 'false']).optional().openapi({
    description: '`false`: a preview with a free sample; `POST /v1/batches/{id}/start` begins.',
  }),
})
export type BatchOptions = z.infer<typeof batchOptions>

export const BATCH_STATUSES = ['previewed', 'queued', 'running', 'completed', 'failed', 'cancelled'] as const
export type BatchStatus = (typeof BATCH_STATUSES)[number]

const counts = z.record(z.string(), z.number().int())

export const batch = z
  .strictObject({
    id: z.string().openapi({ example: 'bat_01JD0Q8Z3V9K6W2X4Y5Z7A8B9C' }),
    status: z.enum(BATCH_STATUSES),
    mode: z.enum(['fast', 'full']),
    dedupe: z.enum(['off', 'exact', 'canonical']),
    total: z.number().int().nullable().openapi({ description: 'Rows; null while they are still being counted.' }),
    read: z.number().int().openapi({ description: 'Rows read so far.' }),
    done: z.number().int().openapi({ description: 'Rows that have their result, duplicates included.' }),
    duplicates: z.number().int(),
    by_status: counts.openapi({ description: 'Rows by status, duplicates left out.' }),
    by_reason: counts,
    rate: z
      .number()
      .nullable()
      .openapi({ description: 'Rows a second, over the last minute; null where nothing goes on.' }),
    eta: instant.nullable().openapi({ description: 'When it will be done if it goes on like that.' }),
    cost: z.strictObject({
      units: z.number(),
      charged_rows: z.number().int(),
      max: z.number().nullable(),
    }),
    stopped: z.enum(['max_cost', 'insufficient_credits', 'cancelled', 'overdue']).nullable().openapi({
      description: 'Why rows were left unasked.',
    }),
    failure: z
      .strictObject({
        detail: z.string(),
        row: z.number().int().nullable().openapi({ description: 'Counted from 1, without the header.' }),
      })
      .nullable(),
    parked: z.number().int().openapi({ description: 'Pieces of work that failed too often and were given up.' }),
    columns: z.array(z.string()).nullable(),
    created_at: instant,
    started_at: instant.nullable(),
    finished_at: instant.nullable(),
    finished_by: instant.openapi({ description: 'It has ended by then, whatever happens.' }),
    expires_at: instant.openapi({ description: 'It is erased then.' }),
    results_url: z.string(),
  })
  .openapi('Batch')
export type BatchBody = z.infer<typeof batch>

export const batchPreview = z
  .strictObject({
    ...batch.shape,
    preview: z
      .strictObject({
        column: z.string().nullable(),
        rows_estimated: z.number().int(),
        cost_at_most: z.number(),
        sample: z.array(
          z.strictObject({
            row: z.number().int().openapi({ description: 'Counted from 1, without the header.' }),
            email: z.string(),
            status: z.string(),
            reason: z.enum(REASON_NAMES),
          }),
        ),
      })
      .nullable(),
  })
  .openapi('BatchPreview')

export const batchList = z
  .strictObject({ batches: z.array(batch), next_cursor: z.string().nullable() })
  .openapi('BatchList')
