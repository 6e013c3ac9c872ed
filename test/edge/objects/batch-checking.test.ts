// What the edge itself tells of a list's rows, chunk by chunk: each once, a few at a time, and one that cannot be checked holds up no other.
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import { pack } from '../../../edge/src/batches/result.ts'
import { RESULT } from '../batches/uploads.ts'
import { routeTo } from '../facts.ts'
import {
  addresses,
  bodyOf,
  doWork,
  listed,
  newLanes,
  playWork,
  reasonsOf,
  standingQueues,
  toTheEnd,
  turns,
  work,
} from './batch-given.ts'
import { account, balanceOf, MINUTE, nowhere, pass, standingClock } from './given.ts'
import { deliver, warned } from './queues-given.ts'

standingClock()
standingQueues()

const checksIn = (): number[] => work.flatMap((message) => (message.kind === 'check' ? [message.chunk] : []))

const now = Date.parse('2099-05-01T12:00:00Z')
const said = (route: unknown, confirmed = true): Fact[] => [
  { kind: 'route', route, confirmed, authentic: false, observedAt: now, source: 'world' } as Fact,
]

describe('checking', () => {
  it('is done for a few chunks at a time, each once, in their order', async () => {
    const list = await listed(addresses(5_000, 3), { mode: 'fast' })
    await doWork(work.shift()!)
    expect(checksIn()).toEqual([0, 1, 2, 3, 4, 5])
    const done: number[] = []
    while (work.length > 0) {
      const message = work.pop()!
      done.push(...(message.kind === 'check' ? [message.chunk] : []))
      await doWork(message)
      expect(checksIn().length).toBeLessThanOrEqual(6)
    }
    expect(done.toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(await bodyOf(list)).toMatchObject({ status: 'completed', done: 5_000 })
  })

  it('of a chunk counts once, whoever tells what of it', async () => {
    const list = await listed(addresses(4), { mode: 'fast', dedupe: 'off' })
    await doWork(work.shift()!)
    const message = work.shift()!
    await Promise.all([doWork(message), doWork(message)])
    const judged = [0, 1, 2, 3].map((row) => ({ row, result: pack(RESULT), price: 100 }))
    expect(await list.stub.takeCheck(0)).toBeNull()
    expect(await list.stub.commitCheck(0, { judged, stashes: new Map() })).toEqual([])
    expect(await list.stub.commitCheck(7, { judged, stashes: new Map() })).toEqual([0, 1, 2, 3])
    expect(await reasonsOf(list)).toEqual(Array(4).fill('not_probed'))
    expect(await bodyOf(list)).toMatchObject({ done: 4, cost: { units: 0.4 } })
    expect(await balanceOf(list.given)).toMatchObject({ spent: 0.4, reserved: 0 })
  })

  it('is asked for again where nothing was heard of it', async () => {
    const list = await listed(addresses(600), { mode: 'fast' })
    await doWork(work.shift()!)
    expect(checksIn()).toEqual([0, 1])
    work.length = 0
    pass(MINUTE)
    await list.stub.touch()
    expect(checksIn()).toEqual([])
    pass(MINUTE)
    await list.stub.touch()
    expect(checksIn()).toEqual([0, 1])
    expect(await toTheEnd(list, {})).toMatchObject({ done: 600 })
  })

  const optedOut = [routeTo('mx.d.test'), { kind: 'opt_out', observedAt: now, source: 'world' } as const]
  it.each([
    ['no address', 'no address', [[], 'syntax_invalid', 1]],
    ['a domain that is not there', 'jane@d.test', [said({ kind: 'nxdomain' }), 'domain_not_found', 1]],
    ['a domain that wants not to be asked', 'jane@d.test', [optedOut, 'opted_out', 0]],
    ['an operator who is not asked', 'jane@d.test', [[routeTo('mta7.am0.yahoodns.net')], 'provider_unverifiable', 0]],
    ['a server that could be asked, and no lane', 'jane@d.test', [[routeTo('mx.d.test')], 'no_lane', 0]],
  ] as const)('settles %s by itself', async (_what, email, [route, reason, units]) => {
    const list = await listed([email])
    const lanes = reason === 'no_lane' ? [] : newLanes()
    await playWork({ lanes, routes: { 'd.test': route } })
    expect(turns).toEqual([])
    expect(await bodyOf(list)).toMatchObject({ status: 'completed', by_reason: { [reason]: 1 }, cost: { units } })
  })
})

describe('a row', () => {
  const ended = async (upload: string) => {
    const list = await listed(upload)
    const body = await toTheEnd(list, { lanes: newLanes() })
    return { reasons: await reasonsOf(list), body }
  }

  it('with a delimiter too many is not judged by what may not be its address, and costs nothing', async () => {
    const upload = 'name,email\nAnn,a@d.test\nWeber, Karl,k@d.test\nRoe, Karl,r@d.test\nBob,Karl\nCid,c@d.test,x\n'
    const { reasons, body } = await ended(upload)
    const accepted = 'mailbox_accepted'
    expect(reasons).toEqual([accepted, 'inconclusive', 'inconclusive', 'syntax_invalid', accepted])
    expect(body).toMatchObject({ by_status: { unknown: 2 }, duplicates: 0, cost: { units: 3 } })
  })

  it('without any text where its address should be costs nothing', async () => {
    const { reasons, body } = await ended('id,email\n1,a@d.test\n2,\n3,""\n4, \u00a0 \n5,nobody\n')
    expect(reasons.slice(1)).toEqual(Array(4).fill('syntax_invalid'))
    expect(body).toMatchObject({ duplicates: 0, cost: { units: 2, charged_rows: 2 } })
  })
})

describe('a domain of which nothing was learned', () => {
  const silent = said({ kind: 'unlearned', why: 'timeout' })

  it('is looked at again within the hour, and then is what it was, for nothing', async () => {
    const list = await listed(['jane@d.test', 'no address'])
    const at = Date.now()
    const body = await toTheEnd(list, { lanes: newLanes(), routes: { 'd.test': silent } })
    expect(body).toMatchObject({
      status: 'completed',
      by_reason: { dns_timeout: 1, syntax_invalid: 1 },
      cost: { units: 1 },
    })
    expect(Date.now() - at).toBeGreaterThanOrEqual(5 * MINUTE)
    expect(Date.now() - at).toBeLessThan(60 * MINUTE)
  })

  it('goes on to its lane as soon as it is found', async () => {
    const list = await listed(['jane@d.test', 'karl@d.test'])
    const lanes = newLanes()
    await playWork({ lanes, routes: { 'd.test': silent } })
    expect(turns.map(({ lane }) => lane)).toEqual(['edge'])
    expect(await toTheEnd(list, { lanes })).toMatchObject({ by_reason: { mailbox_accepted: 2 }, cost: { units: 2 } })
  })

  it('that one answer alone calls absent is looked at again, too', async () => {
    const list = await listed(['jane@d.test'])
    const lanes = newLanes()
    await playWork({ lanes, routes: { 'd.test': said({ kind: 'nxdomain' }, false) } })
    expect(await bodyOf(list)).toMatchObject({ status: 'running', done: 0 })
    const routes = { 'd.test': said({ kind: 'nxdomain' }) }
    expect(await toTheEnd(list, { lanes, routes })).toMatchObject({ by_reason: { domain_not_found: 1 } })
  })

  it.each([
    ['fast', 0, 'max_cost'],
    ['fast', 0.5, null],
    ['full', 0.5, 'max_cost'],
  ] as const)('holds up no list in %s mode that may cost %d', async (mode, maxCost, stopped) => {
    const list = await listed(['jane@d.test', 'karl@d.test'], { mode, maxCost })
    const body = await toTheEnd(list, { lanes: newLanes(), routes: { 'd.test': silent } })
    expect(body).toMatchObject({ status: 'completed', stopped, done: 2, cost: { units: 0 } })
    expect(Date.now() - now).toBeLessThan(60 * MINUTE)
  })
})

describe('a chunk that cannot be checked', () => {
  it('comes to "inconclusive" for nothing, holds up no other one, and is seen', async () => {
    const list = await listed([...addresses(500), ...addresses(3, 1, 'more'), 'user1@d0.test'])
    const stage = { lanes: newLanes() }
    await doWork(work.shift()!)
    const [first, second] = work.splice(0)
    // What lies in the store is not what was read.
    await env.SPOOL.put(list.wanted.upload.key, `email\n${'x'.repeat(list.wanted.upload.octets)}`)
    for (const message of [first!, second!]) {
      await expect(doWork(message, stage)).rejects.toThrow()
      for (let times = 1; times <= 3; times += 1) {
        expect(await bodyOf(list)).toMatchObject({ status: 'running' })
        await list.stub.parked(message)
        if (times < 3) expect(work.splice(0)).toContainEqual(message)
        pass(10 * MINUTE)
      }
      await list.stub.parked(message)
    }
    expect(await bodyOf(list)).toMatchObject({
      status: 'completed',
      parked: 6,
      done: 504,
      duplicates: 1,
      by_reason: { inconclusive: 503 },
      cost: { units: 0 },
    })
    expect((await reasonsOf(list, 1))[3]).toBe('inconclusive')
  })

  it('and was checked in the end is not given up for an older message', async () => {
    const list = await listed(addresses(3), { mode: 'fast' })
    await doWork(work.shift()!)
    const message = work.shift()!
    await doWork(message)
    await list.stub.parked(message)
    expect(await bodyOf(list)).toMatchObject({ parked: 0, by_reason: { not_probed: 3 } })
  })
})

describe('the queues', () => {
  it('bring a list from its upload to its end', async () => {
    const list = await listed(['jane@d.test', 'mailbox_full@d.test', 'no address'], { scope: 'test' })
    while (work.length > 0) {
      const messages = work.splice(0)
      expect(await deliver('postern-batches', messages)).toEqual(messages.map(() => true))
    }
    expect(await bodyOf(list)).toMatchObject({ status: 'completed', done: 3 })
    expect(await reasonsOf(list)).toEqual(['mailbox_accepted', 'mailbox_full', 'syntax_invalid'])
  })

  it('have one message that fails come back by itself', async () => {
    const [one, other] = [
      await listed(['jane@d.test'], { scope: 'test' }),
      await listed(['joe@d.test'], { scope: 'test' }),
    ]
    await env.SPOOL.delete(one.wanted.upload.key)
    const lost = { kind: 'split', account: nowhere(), batch: 'bat_1' }
    const absent = { kind: 'check', account: other.given.id, batch: 'bat_never', chunk: 3 }
    const [first, second] = work.splice(0)
    expect(await deliver('postern-batches', [first!, lost, second!, absent])).toEqual([false, false, true, true])
    expect(warned.join()).toContain('split failed: Error: the upload is not there')
    expect(await bodyOf(one)).toMatchObject({ status: 'queued' })
    expect(await bodyOf(other)).toMatchObject({ status: 'running', read: 1 })
  })

  it('tell a list of what they have given up', async () => {
    const [one, other] = [await listed(['jane@d.test']), await listed(['joe@d.test'])]
    await env.SPOOL.delete(one.wanted.upload.key)
    await doWork(work.splice(0)[1]!)
    await doWork(work.shift()!, { lanes: newLanes() })
    const { account: whose, id: batch } = other.wanted
    const turn = turns.shift()!
    const split = { kind: 'split', account: one.wanted.account, batch: one.wanted.id }
    expect(await deliver('postern-batches-parked', [split, turn])).toEqual([true, true])
    expect(await bodyOf(one)).toMatchObject({ status: 'queued', parked: 1 })
    // What failed at the same time failed of the same cause.
    expect(await deliver('postern-batches-parked', [split, split])).toEqual([true, true])
    expect(await bodyOf(one)).toMatchObject({ status: 'queued', parked: 3 })
    for (let n = 0; n < 2; n += 1) {
      pass(10 * MINUTE)
      await deliver('postern-batches-parked', [split])
    }
    expect(await bodyOf(one)).toMatchObject({ status: 'failed', parked: 5 })
    expect(await bodyOf(other)).toMatchObject({ status: 'running', parked: 1 })
    // Its turn went to whoever waits: the same list.
    expect(turns).toEqual([{ ...turn, account: whose, batch, ticket: String(Number(turn.ticket) + 1) }])
  })

  it('hold nothing against a list while its store does not answer', async () => {
    const list = await listed(['jane@d.test'])
    vi.spyOn(env.SPOOL, 'head').mockRejectedValueOnce(new Error('is not there'))
    const message = work.shift()!
    expect(await deliver('postern-batches-parked', [message, message])).toEqual([false, true])
    expect(await bodyOf(list)).toMatchObject({ status: 'queued', parked: 1 })
  })

  it('ask lanes that are on the map, and no others', async () => {
    const list = await listed(['jane@d.test'], { given: await account(5) })
    await playWork({ lanes: newLanes() })
    expect(await deliver('postern-asks', [turns.shift()!])).toEqual([true])
    expect(await bodyOf(list)).toMatchObject({ status: 'running', done: 0 })
    const body = await toTheEnd(list, { lanes: newLanes() })
    expect(body).toMatchObject({ status: 'completed', by_reason: { mailbox_accepted: 1 } })
  })
})
