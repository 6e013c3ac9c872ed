// Queues that deliver backwards and twice: each message reaches its consumer, and its first delivery alone answers for it.
import { describe, expect, it } from 'vitest'
import { crossed } from './queue-faults.ts'

interface Heard {
  readonly acked: string[]
  readonly delivered: string[][]
}

/** Delivers messages named by their number, batch by batch, to a consumer that acknowledges all of them. */
async function deliver(sizes: readonly number[]): Promise<Heard> {
  const heard: Heard = { acked: [], delivered: [] }
  const queue = crossed<null, null>(
    ({ messages }) => {
      heard.delivered.push(messages.map(({ id }) => id))
      for (const message of messages) message.ack()
    },
    () => undefined,
  )
  let next = 1
  for (const size of sizes) {
    const messages = Array.from({ length: size }, () => {
      const id = String(next++)
      const ack = (): void => void heard.acked.push(id)
      return { id, timestamp: new Date(0), body: {}, attempts: 1, ack, retry: () => undefined }
    })
    await queue({ queue: 'one', messages }, null, null)
  }
  return heard
}

describe('queues before the Worker', () => {
  it('deliver each batch backwards, every third message twice: with the next batch, or beside the first time', async () => {
    const { delivered } = await deliver([3, 3, 3])
    expect(delivered).toEqual([
      ['3', '2', '1'],
      ['6', '5', '4', '6', '3'],
      ['9', '8', '7'],
    ])
  })

  it('hear the first delivery alone', async () => {
    const { acked } = await deliver([3, 3, 1])
    expect(acked.toSorted()).toEqual(['1', '2', '3', '4', '5', '6', '7'])
  })
})
