// What an isolate and its location remember of lanes' reports: for a quarter of an hour, for everybody alike, and never what is not known.
import type { ProbeFact } from '@postern/shared/verdict/evidence.ts'
import { describe, expect, it } from 'vitest'
import { openProbeMemo, type ProbeMemory } from '../../edge/src/probe/memo.ts'
import { replyTo, START } from './facts.ts'

const never = (): Promise<never> => new Promise(() => undefined)
const WEEK_MS = 7 * 86_400_000
const answered = [replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown')]

/** A location: one Cache, shared by the isolates that `open` makes. */
function location() {
  const kept = new Map<string, string>()
  const cache = {
    match: async (url: string) => (kept.has(url) ? new Response(kept.get(url)) : undefined),
    put: async (url: string, response: Response) => void kept.set(url, await response.text()),
  }
  let now = START
  const open = (memory: ProbeMemory = new Map()) => {
    const work: (() => Promise<unknown>)[] = []
    const memo = openProbeMemo({
      memory,
      cache,
      connect: (call) => call(),
      later: (one) => void work.push(one),
      now: () => now,
      sleep: never,
      keyOf: async (wire) => `key-of-${wire.length}-${wire.slice(0, 2)}`,
    })
    return { memo, after: () => Promise.all(work.splice(0).map((one) => one())), memory }
  }
  return { open, kept, advance: (ms: number) => void (now += ms) }
}

async function noting(facts: readonly ProbeFact[]) {
  const { open, kept, advance } = location()
  const isolate = open()
  isolate.memo.note('jane@strict.test', { facts, lane: 'eu-1' })
  await isolate.after()
  return { isolate, other: open(), kept, advance }
}

describe('a report', () => {
  it('is found by its isolate and by any other one of the location', async () => {
    const { isolate, other } = await noting(answered)
    for (const { memo } of [isolate, other]) {
      expect(await memo.recall('jane@strict.test', WEEK_MS)).toMatchObject({ facts: answered, lane: 'eu-1' })
      expect(await memo.recall('karl@strict.test', WEEK_MS)).toBeNull()
    }
  })

  it('is kept under a name that is not the address', async () => {
    const { kept, isolate } = await noting(answered)
    expect([...kept.keys(), ...isolate.memory.keys()].join()).not.toContain('jane')
  })

  it('is gone after a quarter of an hour, and sooner for whoever wants it fresher', async () => {
    const { isolate, other, advance } = await noting(answered)
    advance(60_000)
    expect(await isolate.memo.recall('jane@strict.test', 60_000)).toBeNull()
    expect(await isolate.memo.recall('jane@strict.test', 60_001)).not.toBeNull()
    expect(await isolate.memo.recall('jane@strict.test', 0)).toBeNull()
    advance(14 * 60_000 - 1)
    expect(await other.memo.recall('jane@strict.test', WEEK_MS)).not.toBeNull()
    advance(1)
    for (const { memo } of [isolate, other]) expect(await memo.recall('jane@strict.test', WEEK_MS)).toBeNull()
  })
})

describe('not kept is', () => {
  it.each<[string, readonly ProbeFact[]]>([
    ['what has no answer about the mailbox', [replyTo('mailbox', 'greylisted')]],
    ['nothing', []],
    ['a refusal of us', [replyTo('mailbox', 'listed')]],
    [
      'what one account has told us',
      [...answered, { kind: 'feedback', outcome: 'delivered', reply: null, observedAt: START, source: 'feedback' }],
    ],
  ])('%s', async (_what, facts) => {
    const { isolate, kept } = await noting(facts)
    expect(await isolate.memo.recall('jane@strict.test', WEEK_MS)).toBeNull()
    expect(kept.size).toBe(0)
  })
})

it('a Cache that fails is one that knows nothing', async () => {
  const failing = { match: () => Promise.reject(new Error('down')), put: () => Promise.reject(new Error('down')) }
  const work: (() => Promise<unknown>)[] = []
  const ports = {
    memory: new Map(),
    cache: failing,
    connect: <T>(call: () => Promise<T>) => call(),
    now: () => START,
    sleep: never,
  }
  const memo = openProbeMemo({ ...ports, later: (one) => void work.push(one), keyOf: async (wire) => wire })
  expect(await memo.recall('jane@strict.test', WEEK_MS)).toBeNull()
  memo.note('jane@strict.test', { facts: answered, lane: null })
  await Promise.all(work.map((one) => one()))
  expect(await memo.recall('jane@strict.test', WEEK_MS)).not.toBeNull()
})

it('a Cache that is silent is not waited for', async () => {
  const silent = { match: never, put: never }
  const ports = { memory: new Map(), cache: silent, connect: <T>(call: () => Promise<T>) => call(), now: () => START }
  const waited: number[] = []
  const sleep = async (ms: number) => void waited.push(ms)
  const memo = openProbeMemo({ ...ports, sleep, later: () => undefined, keyOf: async (wire) => wire })
  expect(await memo.recall('jane@strict.test', WEEK_MS)).toBeNull()
  expect(waited).toEqual([20])
})
