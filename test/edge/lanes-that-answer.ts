// Lanes that answer as a test says, on a clock that only they and the story's pauses move: the story's ports and a record of what it did.
import { parse } from '@postern/shared/address/parse.ts'
import { type ProbeJob, probeJob, type ProbeReport, probeReport } from '@postern/shared/contract/probe.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import type { Fact, ProbeFact } from '@postern/shared/verdict/evidence.ts'
import type { Reply } from '../../edge/src/probe/ask.ts'
import { type AskedServer, askMailServer, type AskPorts } from '../../edge/src/verify/ask-mail-server.ts'
import { routeTo, START } from './facts.ts'

export function laneNamed(id: string): Lane {
  return {
    id,
    region: 'eu',
    url: 'https://lane.test/',
    address: '192.0.2.1',
    listUrl: 'http://127.0.0.1:1/',
    ehlo: `${id}.lane.test`,
    partition: 'default',
  }
}

export const LANES = ['eu-1', 'eu-2', 'us-1', 'us-2'].map(laneNamed)

/** One ask, as a lane sees it; `at` is counted from the start of the story, in milliseconds. */
export interface Asked {
  readonly lane: string
  readonly job: ProbeJob
  readonly timeoutMs: number
  readonly at: number
}

/** What a lane answers, and after how long. A lane slower than its time-out is one that nobody heard. */
export type Said = Reply & { readonly afterMs?: number }
export type Answers = (asked: Asked, index: number) => Said

export function reported(state: ProbeReport['state'], facts: readonly ProbeFact[]): Reply {
  const report = { jobId: 'ver_number_1', lane: 'eu-1', state, facts, withoutMemory: false, smtpMs: 40 }
  return { kind: 'report', report: probeReport.parse(report) }
}

export interface Story {
  readonly ports: AskPorts
  readonly asked: readonly Asked[]
  /** Every pause that was taken, in milliseconds. */
  readonly pauses: readonly number[]
  /** Facts of which domains' slowness was to take notice. */
  readonly noted: readonly (readonly Fact[])[]
  /** Milliseconds since the start. */
  readonly elapsedMs: () => number
}

export function storyWith(answers: Answers, lanes: readonly Lane[] = LANES, restingUntil: number | null = null): Story {
  let now = START
  const asked: Asked[] = []
  const pauses: number[] = []
  const noted: (readonly Fact[])[] = []
  const ports: AskPorts = {
    now: () => now,
    sleep: async (ms) => {
      pauses.push(ms)
      now += ms
    },
    lanes,
    slow: { restingUntil: async () => restingUntil, note: (_domain, facts) => void noted.push(facts) },
    account: null,
    epoch: 7,
    ask: async (lane, job, timeoutMs) => {
      const one = { lane: lane.id, job: probeJob.parse(job), timeoutMs, at: now - START }
      asked.push(one)
      const { afterMs = 20, ...reply } = answers(one, asked.length - 1)
      now += Math.min(afterMs, timeoutMs)
      return afterMs > timeoutMs ? { kind: 'uncertain' } : reply
    },
  }
  return { ports, asked, pauses, noted, elapsedMs: () => now - START }
}

/** Answers in this order; the last one goes on for ever. */
export function inTurn(...said: readonly Said[]): Answers {
  return (_asked, index) => said[Math.min(index, said.length - 1)]!
}

export interface Wanted {
  readonly email?: string
  readonly waitMs?: number
  readonly known?: readonly Fact[]
}

export function requestFor({ email = 'jane@strict.test', waitMs = 4_000 }: Wanted = {}) {
  const request = { id: 'ver_number_1', email, mode: 'full', allow: {}, maxAgeS: 600 } as const
  return { ...request, deadlineAt: START + waitMs }
}

/** The part of the story that leaves the edge, told for one address whose route is known. */
export function tell(story: Story, wanted: Wanted = {}): Promise<AskedServer> {
  const request = requestFor(wanted)
  const parsed = parse(request.email)
  if (!parsed.ok || parsed.address.domain.kind !== 'name') throw new Error(`not an address: ${request.email}`)
  const { address } = parsed
  const known = wanted.known ?? [routeTo()]
  return askMailServer({ request, address, domain: parsed.address.domain.ascii, known }, story.ports)
}
