// Composition root of a lane: reads the environment, builds the ports, and is the only file that knows Lambda events.
import { type LaneJob, laneJob } from '@postern/shared/contract/job.ts'
import { scheduledAudit } from './audit/auditor.ts'
import { parseConfig } from './config.ts'
import { answer, type JobPorts, unsayable } from './jobs.ts'
import { createPorts } from './ports.ts'
import { createKeys, readKeyText } from './store/keys.ts'

/** The part of a function-URL event (payload 2.0) that a lane reads. */
interface FunctionUrlEvent {
  readonly body?: string
  readonly isBase64Encoded?: boolean
  readonly requestContext?: { readonly timeEpoch?: number }
}

interface FunctionUrlResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const config = parseConfig(process.env)
let ready: Promise<JobPorts> | undefined
/** The newest map of lanes that any job has shown: whoever goes by an older one is behind the times. */
let epoch = 0

function log(level: 'warn' | 'error', what: string): void {
  process.stderr.write(`${JSON.stringify({ level, lane: config.LANE_ID, what })}\n`)
}

async function start(): Promise<JobPorts> {
  const keys = createKeys(await readKeyText(config.HMAC_KEYS, config.REGION))
  return createPorts({ config, keys, warn: (what) => log('warn', what), now: Date.now })
}

function respond(statusCode: number, body: unknown): FunctionUrlResponse {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function jobOf(event: FunctionUrlEvent) {
  try {
    const text = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '')
    return laneJob.safeParse(JSON.parse(text))
  } catch {
    return null
  }
}

/** A cold start happens between the platform's clock and ours; a span that no cold start takes is a clock that jumped. */
const LONGEST_START_MS = 10_000

function receivedAt({ requestContext }: FunctionUrlEvent): number {
  const now = Date.now()
  const at = requestContext?.timeEpoch ?? now
  return at <= now && now - at < LONGEST_START_MS ? at : now
}

/**
 * One function-URL event in, one report out; 422 for what is not a job, 409 for one that goes by an older map of lanes. The
 * clock's own event has the lane audited.
 */
export async function handler(event: FunctionUrlEvent): Promise<FunctionUrlResponse> {
  const scheduled = scheduledAudit(event)
  if (scheduled !== null) return run(scheduled, Date.now())
  const parsed = jobOf(event)
  if (parsed === null || !parsed.success) {
    const issues = parsed?.error?.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
    return respond(422, { issues: issues ?? [{ path: '', message: 'the body is not JSON' }] })
  }
  const job = parsed.data
  const path = unsayable(job)
  if (path !== null) {
    return respond(422, { issues: [{ path, message: 'cannot be said in one command, together with its domain' }] })
  }
  if (job.epoch < epoch) return respond(409, { epoch })
  epoch = job.epoch
  return run(job, receivedAt(event))
}

async function run(job: LaneJob, at: number): Promise<FunctionUrlResponse> {
  ready ??= start()
  try {
    return respond(200, await answer(job, await ready, at))
  } catch (error) {
    ready = undefined
    log('error', error instanceof Error ? `${error.name}: ${error.message}` : 'unknown fault')
    return respond(500, { fault: 'the lane is broken; its log says how' })
  }
}
