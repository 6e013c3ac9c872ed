// Domains whose servers keep people waiting: when they are left alone, for how long, and what brings them back.
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import { describe, expect, it } from 'vitest'
import { limitConnections } from '../../edge/src/http/connections.ts'
import { openSlowDomains, type SlowMemory } from '../../edge/src/probe/slow-domains.ts'
import { placeAt } from './age/registry-under-test.ts'
import { faultOf, holdFor, replyTo, START } from './facts.ts'

const MINUTE_MS = 60_000
const DOMAIN = 'strict.test'
const silent = [faultOf('greeting_timeout')]

function place(time = { now: START }, cache = placeAt(time)) {
  const memory: SlowMemory = new Map()
  const left: (() => Promise<unknown>)[] = []
  const later = (work: () => Promise<unknown>) => void left.push(work)
  const slow = openSlowDomains({ memory, cache, connect: limitConnections(), later, now: () => time.now })
  const afterwards = async () => {
    for (const work of left.splice(0)) await work()
  }
  const restMs = async () => {
    const until = await slow.restingUntil(DOMAIN)
    return until === null ? null : until - time.now
  }
  return { slow, time, cache, memory, afterwards, restMs, note: (facts: readonly Fact[]) => slow.note(DOMAIN, facts) }
}

describe('a domain', () => {
  it('is left alone after the fifth time in a row, twice as long after each further one, an hour at most', async () => {
    const { note, restMs, time } = place()
    for (let times = 0; times < 4; times += 1) note(silent)
    expect(await restMs()).toBeNull()
    for (const minutes of [5, 10, 20, 40, 60, 60]) {
      note(silent)
      expect(await restMs()).toBe(minutes * MINUTE_MS)
      time.now += minutes * MINUTE_MS
      expect(await restMs()).toBeNull()
    }
  })

  it.each([
    ['accepts', [replyTo('mailbox', 'accepted')]],
    ['refuses', [replyTo('mailbox', 'unknown')]],
    ['refuses us', [replyTo('nobody', 'listed')]],
    ['is silent on one host, and answers on another', [...silent, replyTo('mailbox', 'accepted')]],
  ])('that %s has recovered', async (_what, facts) => {
    const { note, restMs } = place()
    for (const heard of [silent, silent, silent, silent, facts, silent, silent, silent, silent]) note(heard)
    expect(await restMs()).toBeNull()
    note(silent)
    expect(await restMs()).not.toBeNull()
  })

  it.each<[string, readonly Fact[]]>([
    ['where nobody was dialled', [holdFor('permit')]],
    ['where the lane had no way to it', [faultOf('connect_unroutable')]],
    ['where it was quick to refuse the connection', [faultOf('connect_refused')]],
    ['where nothing came of it', []],
  ])('is not called slow %s', async (_what, facts) => {
    const { note, restMs, memory } = place()
    for (let times = 0; times < 8; times += 1) note(facts)
    expect(await restMs()).toBeNull()
    expect(memory.size).toBe(0)
  })

  it('is not called slow for what happened now and then', async () => {
    const { note, restMs, time } = place()
    for (let times = 0; times < 8; times += 1) {
      note(silent)
      time.now += 15 * MINUTE_MS + 1
    }
    expect(await restMs()).toBeNull()
  })

  it('is left alone as long as a lane’s breaker is open, an hour at most', async () => {
    const { note, restMs } = place()
    note([holdFor('breaker_open', START + 7 * MINUTE_MS)])
    expect(await restMs()).toBe(7 * MINUTE_MS)
    note([holdFor('breaker_open', START + 300 * MINUTE_MS)])
    expect(await restMs()).toBe(60 * MINUTE_MS)
  })

  it('is known nearby to an isolate that never asked it', async () => {
    const first = place()
    for (let times = 0; times < 5; times += 1) first.note(silent)
    await first.afterwards()
    expect(await place(first.time, first.cache).restMs()).toBe(5 * MINUTE_MS)
  })

  it('is forgotten where too many others came since', async () => {
    const { note, slow, memory, restMs } = place()
    for (let times = 0; times < 5; times += 1) note(silent)
    for (let at = 0; at < 1_000; at += 1) slow.note(`d${at}.test`, silent)
    expect(memory.size).toBe(1_000)
    expect(await restMs()).toBeNull()
  })

  it('is dialled where the place cannot be read', async () => {
    const broken = { match: () => Promise.reject(new Error('gone')), put: () => Promise.reject(new Error('gone')) }
    expect(await place({ now: START }, broken).restMs()).toBeNull()
  })
})
