// What the platform's queues may do, before the Worker's own consumers: batches backwards, messages twice, at once or behind later ones.

interface Message {
  readonly id: string
  readonly timestamp: Date
  readonly body: unknown
  readonly attempts: number
  ack(): void
  retry(options?: { delaySeconds?: number }): void
}

interface MessageBatch {
  readonly queue: string
  readonly messages: readonly Message[]
}

type Consumer<Env, Context> = (batch: MessageBatch, env: Env, context: Context) => Promise<void> | void

/** One message of so many is delivered twice. */
const EVERY = 3

/** `say` is told of each second delivery. What a second delivery says to the queue is not heard: the first one's word counts. */
export function crossed<Env, Context>(
  consume: Consumer<Env, Context>,
  say: (queue: string) => void,
): Consumer<Env, Context> {
  const late = new Map<string, Message[]>()
  let seen = 0
  return ({ queue, messages }, env, context) => {
    const again = late.get(queue) ?? []
    const next: Message[] = []
    for (const message of messages) {
      seen += 1
      if (seen % EVERY !== 0) continue
      if (seen % (2 * EVERY) === 0) again.push(unheard(message))
      else next.push(unheard(message))
    }
    late.set(queue, next)
    for (const _ of again) say(queue)
    return consume({ queue, messages: [...again, ...messages].toReversed() }, env, context)
  }
}

function unheard({ id, timestamp, body, attempts }: Message): Message {
  return { id, timestamp, body, attempts, ack: () => undefined, retry: () => undefined }
}

/** As it stands in the log of a run, once for each second delivery. */
export const SECOND_DELIVERY = 'a second delivery of '

/** A module that is the Worker with such queues before it. */
export function crossedEntry(worker: string): string {
  return `import worker from ${JSON.stringify(worker)}
import { crossed, SECOND_DELIVERY } from ${JSON.stringify(import.meta.filename)}
export * from ${JSON.stringify(worker)}
const say = (queue) => console.warn(SECOND_DELIVERY + queue)
export default { ...worker, queue: crossed(worker.queue, say) }
`
}
