// Lanes that note what they were asked and when, and servers that put off without saying for how long.
import type { ListJob } from '@postern/shared/contract/probe.ts'
import { replyTo } from '../facts.ts'
import type { Report, Says } from './batch-given.ts'
import { NOON } from './given.ts'

export const SECOND = 1_000

export interface Visit {
  readonly lane: string
  /** In milliseconds since noon. */
  readonly at: number
  readonly emails: readonly string[]
}

/** A lane that says what `says` says, and what it was asked. */
export function watched(says: Says): { says: Says; visits: Visit[]; jobs: ListJob[] } {
  const [visits, jobs]: [Visit[], ListJob[]] = [[], []]
  const noting: Says = (job, lane) => {
    const emails = job.groups.flatMap(({ domain, recipients }) => recipients.map((one) => `${one.localPart}@${domain}`))
    visits.push({ lane: lane.id, at: Date.now() - NOON, emails })
    jobs.push(job)
    return says(job, lane)
  }
  return { says: noting, visits, jobs }
}

/** Puts off without saying for how long. */
export function later(): Report {
  const { reply } = replyTo('mailbox', 'greylisted')
  return {
    state: 'asked',
    facts: [replyTo('mailbox', 'greylisted', { observedAt: Date.now(), reply: { ...reply, lines: ['Greylisted'] } })],
  }
}
