// The queue of deliveries: each message is one attempt, if the object that keeps the delivery says that one is due.
import type { Secrets } from '../accounts/secrets.ts'
import type { Connect } from '../http/connections.ts'
import type { Outcome } from './ladder.ts'
import { failsOnPurpose } from './rehearsal.ts'
import { send } from './send.ts'
import { type SecretName, secretText, signedHeaders } from './sign.ts'
import { type TargetPorts, targetRefusal } from './target.ts'

/** What a queue carries: who and which, nothing of what is delivered. */
export interface DeliveryMessage {
  readonly account: string
  readonly delivery: string
}

/** An attempt that is due, leased to whoever took it. */
export interface Taken {
  /** Counts the attempts at this delivery. */
  readonly n: number
  readonly eventId: string
  readonly url: string
  readonly payload: string
  /** Those that sign, the newest first. */
  readonly secrets: readonly Omit<SecretName, 'account'>[]
}

/** An attempt that has ended. */
export interface Attempt {
  readonly n: number
  readonly at: number
  readonly ms: number
  readonly outcome: Outcome
}

export interface DeliverPorts extends TargetPorts {
  readonly secrets: Secrets
  readonly connect: Connect
  /** Null where nothing is due. `ring` is what a secret that is not there yet is made from. */
  readonly take: (message: DeliveryMessage, ring: string) => Promise<Taken | null>
  readonly attempted: (message: DeliveryMessage, attempt: Attempt) => Promise<void>
  /** The queue gave up the message. */
  readonly parked: (message: DeliveryMessage) => Promise<void>
  readonly warn: (what: string) => void
}

interface Message {
  readonly body: unknown
  ack(): void
  retry(options: { delaySeconds: number }): void
}

/** While an object cannot be reached; its alarm asks again in any case. */
const AGAIN_S = 30

/** One attempt for each message, side by side. */
export async function deliver(messages: readonly Message[], ports: DeliverPorts): Promise<void> {
  await each(messages, ports, async (message) => {
    const taken = await ports.take(message, ports.secrets.current)
    if (taken !== null) await ports.attempted(message, await attempt(message, taken, ports))
  })
}

/** For what the queue has given up: the object is told, and goes on by itself. */
export async function notePark(messages: readonly Message[], ports: DeliverPorts): Promise<void> {
  await each(messages, ports, (message) => ports.parked(message))
}

type Work = (message: DeliveryMessage) => Promise<void>

async function each(messages: readonly Message[], { warn }: DeliverPorts, work: Work): Promise<void> {
  await Promise.all(
    messages.map(async (message) => {
      const [done] = await Promise.allSettled([work(message.body as DeliveryMessage)])
      if (done.status === 'fulfilled') return message.ack()
      warn(`a delivery waits: ${done.reason instanceof Error ? done.reason.name : 'fault'}`)
      message.retry({ delaySeconds: AGAIN_S })
    }),
  )
}

async function attempt({ account }: DeliveryMessage, taken: Taken, ports: DeliverPorts): Promise<Attempt> {
  const { connect, now, secrets } = ports
  const at = now()
  const ended = (outcome: Outcome): Attempt => ({ n: taken.n, at, ms: now() - at, outcome })
  if (failsOnPurpose(taken.payload)) return ended({ status: 500, why: 'status', restMs: null })
  const why = await targetRefusal(taken.url, ports)
  if (why !== null) return ended({ status: null, why, restMs: null })
  const texts = await Promise.all(taken.secrets.map((secret) => secretText(secrets, { ...secret, account })))
  const known = texts.filter((text) => text !== null)
  const outcome = await connect(async (): Promise<Outcome> => {
    const { eventId, payload, url } = taken
    const headers = signedHeaders(known, { eventId, at: now(), payload })
    return headers === null ? { status: null, why: 'no_secret', restMs: null } : send({ url, headers, payload }, now)
  })
  return ended(outcome)
}
