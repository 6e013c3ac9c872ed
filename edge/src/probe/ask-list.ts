// Hands a list to a lane's function for lists, and names what can go wrong by what may have happened there.
import { type ListJob, type ListReport, listReport } from '@postern/shared/contract/probe.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { kindOf } from './ask.ts'
import type { Call } from './call.ts'

/** As the kinds of `Reply`. */
export type ListReply =
  | { readonly kind: 'report'; readonly report: ListReport }
  | { readonly kind: 'not_started' | 'busy' | 'uncertain' }

export type AskList = (lane: Lane, job: ListJob, timeoutMs: number) => Promise<ListReply>

export function createAskList(call: Call, warn: (what: string) => void): AskList {
  return async (lane, job, timeoutMs) => {
    const { status, body } = await call({ ...lane, url: lane.listUrl }, job, timeoutMs)
    const kind = kindOf(status)
    if (kind !== 'report') {
      if (kind !== 'busy') warn(`lane ${lane.id} answered a list with ${status ?? 'nothing'}`)
      return { kind }
    }
    const { data } = listReport.safeParse(body)
    if (data === undefined) warn(`lane ${lane.id} answered a list with what is no report`)
    return data === undefined ? { kind: 'uncertain' } : { kind, report: data }
  }
}
