// One signed call of one lane's function URL, for those who ask and those who have something written.
import { AwsClient } from 'aws4fetch'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import type { Connect } from '../http/connections.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface Called {
  /** HTTP status, or null where there was no answer in time. */
  readonly status: number | null
  /** What a 200 holds, as JSON; else null. */
  readonly body: unknown
}

/** Never rejects. */
export type Call = (lane: Lane, job: object, timeoutMs: number) => Promise<Called>

const OK = 200

export function createCall(credentials: Credentials, connect: Connect): Call {
  return (lane, job, timeoutMs) => connect(() => call({ credentials, lane }, job, timeoutMs))
}

async function call(
  { credentials, lane }: { credentials: Credentials; lane: Lane },
  job: object,
  timeoutMs: number,
): Promise<Called> {
  // A retry that nobody ordered could dial twice: the story decides about asking again.
  const client = new AwsClient({ ...credentials, service: 'lambda', region: lane.region, retries: 0 })
  try {
    const response = await client.fetch(lane.url, {
      method: 'POST',
      body: JSON.stringify(job),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
    })
    const { status } = response
    if (status === OK) return { status, body: await response.json() }
    await response.body?.cancel()
    return { status, body: null }
  } catch {
    // Neither the platform nor HTTP tells a lost connection from one that never was.
    return { status: null, body: null }
  }
}
