// Hands one job to one lane: signs it, sends it, and names what can go wrong by what may have happened on the other side.
import { AwsClient } from 'aws4fetch'
import { type ProbeJob, type ProbeReport, probeReport } from '@postern/shared/contract/probe.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import type { Connect } from '../http/connections.ts'

/**
 * `not_started`: the lane provably did nothing, another may be asked. `uncertain`: it may have begun, so only the same lane
 * may be asked again, by the same job id. `busy`: it is well and has no hand free.
 */
export type Reply =
  | { readonly kind: 'report'; readonly report: ProbeReport }
  | { readonly kind: 'not_started' | 'busy' | 'uncertain' }

export type Ask = (lane: Lane, job: ProbeJob, timeoutMs: number) => Promise<Reply>

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const OK = 200
const FORBIDDEN = 403
const NOT_FOUND = 404
/** The lane has seen a newer map of lanes than the one that led here. */
const OUT_OF_DATE = 409
const UNPROCESSABLE = 422
const TOO_MANY = 429

/** `warn` is told of lanes that refuse or do without their memory; never of what a job was about. */
export function createAsk(credentials: Credentials, connect: Connect, warn: (what: string) => void): Ask {
  return async (lane, job, timeoutMs) => {
    const asked = await connect(() => ask({ credentials, lane }, job, timeoutMs))
    if (asked.status !== OK && asked.status !== TOO_MANY) warn(`lane ${lane.id} answered ${asked.status ?? 'nothing'}`)
    if (asked.reply.kind === 'report' && asked.reply.report.withoutMemory) warn(`lane ${lane.id} is without memory`)
    return asked.reply
  }
}

interface Asked {
  readonly reply: Reply
  /** HTTP status, or null where there was none. */
  readonly status: number | null
}

async function ask(
  { credentials, lane }: { credentials: Credentials; lane: Lane },
  job: ProbeJob,
  timeoutMs: number,
): Promise<Asked> {
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
    return { status, reply: status === OK ? read(await response.json()) : await refused(response) }
  } catch {
    // Neither the platform nor HTTP tells a lost connection from one that never was: assume the worse.
    return { status: null, reply: { kind: 'uncertain' } }
  }
}

function read(body: unknown): Reply {
  const parsed = probeReport.safeParse(body)
  return parsed.success ? { kind: 'report', report: parsed.data } : { kind: 'uncertain' }
}

async function refused(response: Response): Promise<Reply> {
  await response.body?.cancel()
  switch (response.status) {
    case TOO_MANY:
      return { kind: 'busy' }
    case FORBIDDEN:
    case NOT_FOUND:
    case OUT_OF_DATE:
    case UNPROCESSABLE:
      return { kind: 'not_started' }
    default:
      return { kind: 'uncertain' }
  }
}
