// What tests of queues start from: messages as the platform hands them to the Worker, and what is warned of meanwhile.
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, vi } from 'vitest'
import worker from '../../../edge/src/worker.ts'

/** What was warned of in this test. */
export const warned: string[] = []

/** Warnings are kept for the test; afterwards everything that it replaced is as before. */
export function standingWarnings(): void {
  beforeEach(() => {
    warned.length = 0
    vi.spyOn(console, 'warn').mockImplementation((line: string) => void warned.push(line))
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
}

/** Gives the Worker these messages; says what becomes of each. */
export async function fatesOf(
  queue: string,
  bodies: readonly object[],
): Promise<('done with' | 'comes back' | 'neither')[]> {
  const messages = bodies.map((body, at) => ({ id: String(at), timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch(queue, messages)
  const context = createExecutionContext()
  await worker.queue(batch, env, context)
  const { explicitAcks, retryMessages } = await getQueueResult(batch, context)
  return messages.map(({ id }) => {
    if (retryMessages.some(({ msgId }) => msgId === id)) return 'comes back'
    return explicitAcks.includes(id) ? 'done with' : 'neither'
  })
}

/** Gives the Worker these messages; says of each whether it is done with. */
export async function deliver(queue: string, bodies: readonly object[]): Promise<boolean[]> {
  return (await fatesOf(queue, bodies)).map((fate) => fate === 'done with')
}
