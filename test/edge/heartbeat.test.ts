// Signs of life in a stream: one in five seconds as long as the work goes on, none afterwards.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { COMMENT, withHeartbeat } from '../../edge/src/http/heartbeat.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** What was written at which second, of work that ends after so many milliseconds. */
async function written(endsAfterMs: number, end: (done: () => void, fail: (why: Error) => void) => void) {
  const beats: number[] = []
  const startedAt = Date.now()
  const work = new Promise<void>((done, fail) => void setTimeout(() => end(done, fail), endsAfterMs))
  const ended = withHeartbeat(work, async () => beats.push((Date.now() - startedAt) / 1_000)).then(
    () => 'done',
    (error: Error) => error.message,
  )
  await vi.advanceTimersByTimeAsync(60_000)
  return { beats, ended: await ended }
}

describe('a heartbeat', () => {
  it('is heard every five seconds until the work is done', async () => {
    expect(await written(12_000, (done) => done())).toEqual({ beats: [5, 10], ended: 'done' })
  })

  it('is not heard of work that is quick', async () => {
    expect(await written(4_999, (done) => done())).toEqual({ beats: [], ended: 'done' })
  })

  it('ends with work that fails, whose failure is told', async () => {
    expect(await written(7_000, (_, fail) => fail(new Error('lost')))).toEqual({ beats: [5], ended: 'lost' })
  })

  it('is a comment, and no event', () => {
    for (const line of COMMENT.split('\n').filter(Boolean)) expect(line).toMatch(/^:/)
    expect(COMMENT).toMatch(/\n\n$/)
  })
})
