// Composition root of a lane: reads the environment, builds the ports, and is the only file that knows Lambda events.
import { probeJob } from '@postern/shared/contract/probe.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import { CONTROL_MS } from '@postern/shared/verdict/lifetimes.ts'
import { type Config, parseConfig } from './config.ts'
import type { ProbePorts } from './probe.ts'
import { probe } from './probe.ts'
import { canSay } from './smtp/command.ts'
import { createDial } from './net/dial.ts'
import { createResolve } from './net/resolve.ts'
import { createRouteCheck } from './net/route.ts'
import { createDynamo } from './store/dynamo.ts'
import { createEvidence } from './store/evidence.ts'
import { createKeys, type Keys, readKeyText } from './store/keys.ts'
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
let ready: Promise<ProbePorts> | undefined

function log(level: 'warn' | 'error', what: string): void {
  process.stderr.write(`${JSON.stringify({ level, lane: config.LANE_ID, what })}\n`)
}

function portsOf(settings: Config, keys: Keys): ProbePorts {
  const now = Date.now
  const dynamo = createDynamo({
    region: settings.REGION,
    endpoint: settings.DYNAMODB_ENDPOINT,
    onFault: (what) => log('warn', `going on without memory: ${what}`),
    now,
  })
  const resolve = createResolve(settings.DOH_RESOLVERS, now)
  const loopback = settings.LOOPBACK_NETWORKS
  const stalled = new Set<string>()
  return {
    lane: { id: settings.LANE_ID, ehloName: settings.EHLO_NAME, mailFrom: settings.MAIL_FROM },
    now,
    resolveAddresses: (exchange, deadlineAt) => resolve({ name: exchange, type: 'A' }, deadlineAt),
    routeAgrees: createRouteCheck(resolve),
    mayDial: (address) => globallyReachable(address, loopback),
    // The same stranger for a week, so that a greylist lets it pass on the visit on which it lets the mailbox pass.
    strangerOf: (domain) => keys.token(`${domain}|${settings.LANE_ID}|${Math.floor(now() / CONTROL_MS)}`),
    evidence: createEvidence(dynamo, keys, settings.EVIDENCE_TABLE),
    permits: createPermits({ dynamo, table: settings.TRAFFIC_TABLE, lane: settings.LANE_ID, now }),
    dial: createDial({
      loopback,
      port: settings.SMTP_PORT,
      loopbackPort: settings.LOOPBACK_SMTP_PORT ?? settings.SMTP_PORT,
      sourceAddress: settings.SOURCE_ADDRESS,
      now,
    }),
    stalls: stalled,
  }
}

async function start(): Promise<ProbePorts> {
  return portsOf(config, createKeys(await readKeyText(config.HMAC_KEYS, config.REGION)))
}

function respond(statusCode: number, body: unknown): FunctionUrlResponse {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** The command is printed while bytes arrive, where nobody could answer for a fault: what cannot be said is refused here. */
const sayableJob = probeJob.refine(
  ({ localPart, domain }) => canSay({ verb: 'RCPT', forwardPath: `${localPart}@${domain}` }),
  { path: ['localPart'], message: 'cannot be said in one command, together with its domain' },
)

function jobOf(event: FunctionUrlEvent) {
  try {
    const text = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '')
    return sayableJob.safeParse(JSON.parse(text))
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

/** One function-URL event in, one ProbeReport out; 422 for what is not a job. */
export async function handler(event: FunctionUrlEvent): Promise<FunctionUrlResponse> {
  const job = jobOf(event)
  if (job === null || !job.success) {
    const issues = job?.error?.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
    return respond(422, { issues: issues ?? [{ path: '', message: 'the body is not JSON' }] })
  }
  ready ??= start()
  try {
    return respond(200, await probe(job.data, await ready, receivedAt(event)))
  } catch (error) {
    ready = undefined
    log('error', error instanceof Error ? `${error.name}: ${error.message}` : 'unknown fault')
    return respond(500, { fault: 'the lane is broken; its log says how' })
  }
}
