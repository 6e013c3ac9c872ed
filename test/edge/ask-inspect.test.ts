// A look handed to lanes: whose turn it is, and what is made of each answer.
import type { InspectJob } from '@postern/shared/contract/inspection.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import { describe, expect, it } from 'vitest'
import { createAskInspect } from '../../edge/src/probe/ask-inspect.ts'
import type { Called } from '../../edge/src/probe/call.ts'

const JOB: InspectJob = {
  kind: 'inspect',
  jobId: 'rep_00000001',
  epoch: 0,
  domain: 'a.test',
  exchanges: [],
  policyHost: null,
  budgetMs: 1_000,
}
const LANES = ['one', 'two'].map((id) => ({ id }) as Lane)
const REPORT = {
  jobId: JOB.jobId,
  lane: 'one',
  kind: 'inspection',
  hosts: [],
  policyHost: null,
  holds: [],
  withoutMemory: false,
}
const ok = (body: unknown): Called => ({ status: 200, body })
const status = (code: number | null): Called => ({ status: code, body: null })

async function asked(answers: readonly Called[], lanes = LANES) {
  const called: string[] = []
  const warned: string[] = []
  const call = async (lane: Lane, _job: object, timeoutMs: number): Promise<Called> => {
    called.push(`${lane.id} ${timeoutMs}`)
    return answers[called.length - 1]!
  }
  const inspected = await createAskInspect(call, (what) => void warned.push(what))(lanes, JOB)
  return { inspected, called: called.map((one) => one.split(' ')[0]), warned: warned.length }
}

describe('a look', () => {
  it('is the first lane’s, with time to come home', async () => {
    const { inspected, called, warned } = await asked([ok(REPORT)])
    expect([inspected.kind, called, warned]).toEqual(['report', ['one'], 0])
  })

  it.each([403, 404, 409, 422])('that a lane did not begin (%d) is the next one’s', async (code) => {
    const { inspected, called } = await asked([status(code), ok(REPORT)])
    expect([inspected.kind, called]).toEqual(['report', ['one', 'two']])
  })

  it.each([
    ['that is busy', status(429), 'lane_busy'],
    ['of which nothing is heard', status(null), 'lane_unreachable'],
    ['that is broken', status(500), 'lane_unreachable'],
    ['that answers with what is no report', ok({ lane: 'one' }), 'lane_unreachable'],
  ] as const)('of a lane %s is nobody else’s', async (_what, answer, why) => {
    const { inspected, called } = await asked([answer])
    expect([inspected, called]).toEqual([{ kind: 'unmeasured', why }, ['one']])
  })

  it('without lanes is none', async () => {
    expect((await asked([], [])).inspected).toEqual({ kind: 'unmeasured', why: 'no_lane' })
  })
})
