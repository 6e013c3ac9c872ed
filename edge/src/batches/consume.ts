// The queues of batches: each message by itself, done or delivered again, and what failed too often told to its batch.

export interface Message<T> {
  readonly body: T
  readonly attempts: number
  ack(): void
  retry(options: { delaySeconds: number }): void
}

/** What a message asks for. */
export type Do<T> = (body: T) => Promise<void>

const LONGEST_DELAY_S = 300

/** Side by side; one that fails keeps nobody else waiting. */
export async function consumeEach<T extends { readonly kind: string }>(
  messages: readonly Message<T>[],
  work: Do<T>,
  warn: (what: string) => void,
): Promise<void> {
  await Promise.all(
    messages.map(async (message) => {
      try {
        await work(message.body)
        message.ack()
      } catch (error) {
        const { kind } = message.body
        warn(`${kind} failed: ${error instanceof Error ? `${error.name}: ${error.message}` : 'fault'}`)
        message.retry({ delaySeconds: Math.min(LONGEST_DELAY_S, 2 ** Math.min(message.attempts, 8)) })
      }
    }),
  )
}
