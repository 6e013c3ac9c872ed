// What a list would be: its column of addresses, about how many rows, what it costs at most, and a sample for nothing.
import { NO_EXTRAS } from '@postern/shared/address/parse.ts'
import { MAX_AGE_S } from '@postern/shared/contract/verification.ts'
import { MOST_ROWS } from '@postern/shared/contract/batch.ts'
import { PRICE } from '@postern/shared/verdict/cost.ts'
import type { Reason } from '@postern/shared/verdict/reasons.ts'
import type { Services } from '../routes/context.ts'
import { sandboxed } from '../verify/sandbox.ts'
import { isInDoubt } from './doubt.ts'
import { readRows } from './read-rows.ts'
import type { Wanted } from './state.ts'
import { surveyed } from '../verify/survey.ts'

export interface Preview {
  readonly column: string | null
  readonly rows_estimated: number
  readonly cost_at_most: number
  readonly sample: { row: number; email: string; status: string; reason: Reason }[]
}

const SAMPLE = 100
const SAMPLE_MS = 5_000

/** `first` is how the upload begins. What the edge can tell by itself: no mail server is asked for a sample. */
export async function preview(wanted: Wanted, first: Uint8Array, services: Services): Promise<Preview> {
  const { layout, upload, mode, id, scope } = wanted
  const window = first.subarray(layout.start)
  const isEnd = first.length >= upload.octets
  const all = readRows(layout, window, { isEnd, most: MOST_ROWS })
  const each = all.rows.length === 0 ? 1 : all.upTo / all.rows.length
  const rows = isEnd ? all.rows.length : Math.round((upload.octets - layout.start) / each)
  const deadlineAt = services.now() + SAMPLE_MS
  const sample = await Promise.all(
    all.rows.slice(0, SAMPLE).map(async (one, n) => {
      const { email } = one
      if (isInDoubt(one)) return { row: n + 1, email, status: 'unknown', reason: 'inconclusive' as const }
      const request = { id: `${id}.${n}`, email, mode, allow: NO_EXTRAS, maxAgeS: MAX_AGE_S, deadlineAt }
      const verified = scope === 'test' ? sandboxed(request, services.now()) : await surveyed(request, services)
      return { row: n + 1, email, status: verified.verdict.status, reason: verified.verdict.reason }
    }),
  )
  const column = layout.type === 'csv' ? (layout.columns[layout.column] ?? null) : layout.key
  return {
    column,
    rows_estimated: rows,
    cost_at_most: scope === 'test' ? 0 : Math.round(rows * PRICE[mode] * 1_000) / 1_000,
    sample,
  }
}
