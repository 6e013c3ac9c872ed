// Composition root of a lane: reads the environment, builds the ports, and is the only file that knows Lambda events.
import { laneJob } from '@postern/shared/contract/job.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import { CONTROL_MS } from '@postern/shared/verdict/lifetimes.ts'
import { type Config, parseConfig } from './config.ts'
import { answer, type JobPorts, unsayable } from './jobs.ts'
import { createDial } from './net/dial.ts'
import { createResolve } from './net/resolve.ts'
import { createRouteOf } from './net/route.ts'
import { createDynamo } from './store/dynamo.ts'
import { createEvidence } from './store/evidence.ts'
import { createKeys, type Keys, readKeyText } from './store/keys.ts'
import { createMarks } from './store/marks.ts'
import { createPermits } from './store/permits.ts'

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

function portsOf(settings: Config, keys: Keys): JobPorts {
  const now = Date.now
  const dynamo = createDynamo({
    region: settings.REGION,
    endpoint: settings.DYNAMODB_ENDPOINT,
    onFault: (what) => log('warn', `going on without memory: ${what}`),
    now,
  })
  const resolve = createResolve(settings.DOH_RESOLVERS, now)
  const loopback = settings.LOOPBACK_NETWORKS
  return {
    probe: {
      lane: { id: settings.LANE_ID, ehloName: settings.EHLO_NAME, mailFrom: settings.MAIL_FROM },
      now,
      resolveAddresses: (exchange, deadlineAt) => resolve({ name: exchange, type: 'A' }, deadlineAt),
      routeOf: createRouteOf(resolve),
      unfit: async () => null,
      mayDial: (address) => globallyReachable(address, loopback),
      strangersOf: strangersOf(settings, keys),
      aliasOf: (text) => keys.alias(text),
      evidence: createEvidence(dynamo, keys, settings.EVIDENCE_TABLE),
      permits: createPermits({ dynamo, table: settings.TRAFFIC_TABLE, lane: settings.LANE_ID, now }),
      dial: createDial({
        loopback,
        port: settings.SMTP_PORT,
        loopbackPort: settings.LOOPBACK_SMTP_PORT ?? settings.SMTP_PORT,
        sourceAddress: settings.SOURCE_ADDRESS,
        now,
      }),
    },
    marks: createMarks({ dynamo, keys, table: settings.EVIDENCE_TABLE, now }),
  }
}

/** The same strangers for a week, so that a greylist lets them pass on the visit on which it lets the mailbox pass. */
function strangersOf({ LANE_ID }: Config, keys: Keys): JobPorts['probe']['strangersOf'] {
  return (domain) => {
    const input = `${domain}|${LANE_ID}|${Math.floor(Date.now() / CONTROL_MS)}`
    return [keys.token(input), keys.personal(input)]
  }
}

async function start(): Promise<JobPorts> {
  return portsOf(config, createKeys(await readKeyText(config.HMAC_KEYS, config.REGION)))
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

/** One function-URL event in, one report out; 422 for what is not a job, 409 for one that goes by an older map of lanes. */
export async function handler(event: FunctionUrlEvent): Promise<FunctionUrlResponse> {
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
  ready ??= start()
  try {
    return respond(200, await answer(job, await ready, receivedAt(event)))
  } catch (error) {
    ready = undefined
    log('error', error instanceof Error ? `${error.name}: ${error.message}` : 'unknown fault')
    return respond(500, { fault: 'the lane is broken; its log says how' })
  }
}
