// Hands one job to one lane, and names what can go wrong by what may have happened on the other side.
import { type ProbeJob, type ProbeReport, probeReport } from '@postern/shared/contract/probe.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import type { Call, Called } from './call.ts'

/**
 * `not_started`: the lane provably did nothing, another may be asked. `uncertain`: it may have begun, so only the same lane
 * may be asked again, by the same job id. `busy`: it is well and has no hand free.
 */
export type Reply =
  | { readonly kind: 'report'; readonly report: ProbeReport }
  | { readonly kind: 'not_started' | 'busy' | 'uncertain' }

export type Ask = (lane: Lane, job: ProbeJob, timeoutMs: number) => Promise<Reply>

const OK = 200
const FORBIDDEN = 403
const NOT_FOUND = 404
/** The lane has seen a newer map of lanes than the one that led here. */
const OUT_OF_DATE = 409
const UNPROCESSABLE = 422
const TOO_MANY = 429

/** `warn` is told of lanes that refuse or do without their memory; never of what a job was about. */
export function createAsk(call: Call, warn: (what: string) => void): Ask {
  return async (lane, job, timeoutMs) => {
    const called = await call(lane, job, timeoutMs)
    const { status } = called
    if (status !== OK && status !== TOO_MANY) warn(`lane ${lane.id} answered ${status ?? 'nothing'}`)
    const reply = read(called)
    if (reply.kind === 'report' && reply.report.withoutMemory) warn(`lane ${lane.id} is without memory`)
    return reply
  }
}

function read({ status, body }: Called): Reply {
  const kind = kindOf(status)
  if (kind !== 'report') return { kind }
  const parsed = probeReport.safeParse(body)
  return parsed.success ? { kind, report: parsed.data } : { kind: 'uncertain' }
}

/** What an HTTP status of a lane, or the lack of one, tells of what has happened there. */
export function kindOf(status: number | null): Reply['kind'] {
  switch (status) {
    case OK:
      return 'report'
    case TOO_MANY:
      return 'busy'
    case FORBIDDEN:
    case NOT_FOUND:
    case OUT_OF_DATE:
    case UNPROCESSABLE:
      return 'not_started'
    case null:
    default:
      // No answer tells a lost connection from one that never was: assume the worse.
      return 'uncertain'
  }
}
