// One mailbox is taken out of a list that was only looked at: nobody has read it yet, so that is done now, for its rows alone.
import { MOST_ROWS } from '@postern/shared/contract/batch.ts'
import { facesOf } from '../accounts/pseudonym.ts'
import type { Course } from './course.ts'
import { readRows } from './read-rows.ts'
import { endOf, type Range, rewritten, sweep } from './scrub.ts'
import { fetchRange, WINDOW_OCTETS } from './split.ts'
import type { State } from './state.ts'

/**
 * How many rows that were; null where the list was started meanwhile: then it is read like any other. `unreadable` where a
 * row hides those behind it. @throws where the store does not answer: nothing has changed then.
 */
export async function scrubPreview(
  { course, bucket }: { course: Course; bucket: R2Bucket },
  mailbox: string,
): Promise<number | null | 'unreadable'> {
  const state = course.here()
  const ranges = await rangesOf(bucket, state, mailbox)
  if (ranges === null) return 'unreadable'
  if (ranges.length === 0) return 0
  const key = `${state.upload.key}~`
  await rewritten(bucket, state, { ranges, key })
  const after = course.state()
  if (after?.status !== 'previewed' || after.upload.key !== state.upload.key) {
    await sweep(bucket, state, after?.upload.key ?? null)
    return after === null ? 0 : null
  }
  course.keep({ ...after, upload: { ...after.upload, key } })
  await sweep(bucket, state, key)
  return ranges.length
}

async function rangesOf(bucket: R2Bucket, { upload, layout }: State, mailbox: string): Promise<Range[] | null> {
  const ranges: Range[] = []
  for (let at = layout.start; at < upload.octets; ) {
    const length = Math.min(WINDOW_OCTETS, upload.octets - at)
    const window = await fetchRange(bucket, upload.key, { offset: at, length })
    const read = readRows(layout, window, { isEnd: at + length >= upload.octets, most: MOST_ROWS })
    if (read.fault !== undefined || read.upTo === 0) return null
    for (const row of read.rows) {
      if (facesOf(row.email).mailbox === mailbox) ranges.push({ from: at + row.from, to: at + endOf(window, row) })
    }
    at += read.upTo
  }
  return ranges
}
