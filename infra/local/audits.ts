// Has every lane of a local run audit itself, once after the start and then hourly, as a rule does where lanes are deployed.
import { randomUUID } from 'node:crypto'
import { Sha256 } from '@aws-crypto/sha256-js'
import { type AuditJob, auditReport } from '@postern/shared/contract/audit.ts'
import { SignatureV4 } from '@smithy/signature-v4'
import type { LocalLane } from './lanes.ts'

export interface Auditing {
  readonly lanes: readonly Pick<LocalLane, 'id' | 'region' | 'url'>[]
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Told of an audit that did not come about, and of a lane that is unfit. */
  readonly complain: (message: string) => void
}

export interface Audits {
  /** Resolves once the present round is over: for whoever wants to see what it came to. */
  readonly first: Promise<void>
  stop(): void
}

const HOUR_MS = 3_600_000
const BUDGET_MS = 30_000
const GRACE_MS = 5_000

/** Returns at once. A lane's audit waits for that of the one before, so that all of them together take one core at most. */
export function startAudits(auditing: Auditing): Audits {
  const ending = new AbortController()
  const round = async (): Promise<void> => {
    for (const lane of auditing.lanes) if (!ending.signal.aborted) await auditOne(auditing, lane, ending.signal)
  }
  const timer = setInterval(() => void round(), HOUR_MS)
  return {
    first: round(),
    stop: () => {
      clearInterval(timer)
      ending.abort()
    },
  }
}

type Lane = Auditing['lanes'][number]

async function auditOne({ credentials, complain }: Auditing, lane: Lane, ending: AbortSignal): Promise<void> {
  const job: AuditJob = { kind: 'audit', jobId: randomUUID(), epoch: 0, budgetMs: BUDGET_MS }
  const signal = AbortSignal.any([ending, AbortSignal.timeout(BUDGET_MS + GRACE_MS)])
  try {
    const body = JSON.stringify(job)
    const headers = await signed(lane, credentials, body)
    const response = await fetch(lane.url, { method: 'POST', headers, body, signal })
    if (response.status !== 200) throw new Error(`status ${response.status}`)
    const { fit } = auditReport.parse(await response.json())
    if (fit.lane === 'unfit') complain(`lane ${lane.id} is unfit (${fit.kind}): ${fit.why}`)
  } catch (error) {
    // What fails because the run is ending is no news.
    if (ending.aborted) return
    complain(
      `the audit of lane ${lane.id} failed: ${error instanceof Error ? error.message.split('\n')[0] : 'no reason'}`,
    )
  }
}

async function signed(
  { region, url }: Lane,
  credentials: Auditing['credentials'],
  body: string,
): Promise<Record<string, string>> {
  const { hostname, host, port, pathname } = new URL(url)
  const signer = new SignatureV4({ credentials, region, service: 'lambda', sha256: Sha256 })
  const request = await signer.sign({
    method: 'POST',
    protocol: 'http:',
    hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    path: pathname,
    headers: { host, 'content-type': 'application/json' },
    body,
  })
  return request.headers
}
