// The story of a list, told with everything real: many addresses, few sessions, and each report about its own address alone.
import type { ProbeReport } from '@postern/shared/contract/probe.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { World } from '@postern/test/world/world.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from './engine.ts'
import { holdOf, reply, told } from './facts.ts'
import { type LaneUnderTest, newLane } from './lane.ts'
import { askList, listOf, namedIn, saidOf } from './lists.ts'
import { standingStage } from './stage.ts'

let world: World
let engine: Engine
let lane: LaneUnderTest

standingStage((stage) => {
  ;({ world, engine } = stage)
})
beforeEach(() => {
  lane = newLane(world, engine)
})

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `m${n + from}`)
const verdictOf = (report: ProbeReport, domain: string) =>
  decide({ facts: report.facts, domain, now: Date.now() }).reason

/** What is on record of an address. */
async function recalled(...wires: string[]) {
  const domain = wires[0]!.slice(wires[0]!.lastIndexOf('@') + 1)
  return (await lane.ports.evidence.recall({ domain, wires, account: null }, lane.now())).addresses
}

describe('a list', () => {
  it('comes back group by group, each address with its own answer and no other’s', async () => {
    const job = listOf({
      'strict.test': ['jane.roe', 'nina.falk', 'karl.weber'],
      'catchall.test': ['nina.falk', 'jane.roe'],
      'overquota.test': ['jane.roe', 'paul.thorn', 'ruth.stein'],
    })
    expect(saidOf(await askList(lane, job))).toEqual({
      'jane.roe@strict.test': 'asked mailbox:250 stranger:550',
      'nina.falk@strict.test': 'asked other:250 mailbox:550 stranger:550',
      'karl.weber@strict.test': 'asked mailbox:250 stranger:550',
      'nina.falk@catchall.test': 'asked mailbox:250 stranger:250',
      'jane.roe@catchall.test': 'asked mailbox:250 stranger:250',
      'jane.roe@overquota.test': 'asked mailbox:250 stranger:550',
      'paul.thorn@overquota.test': 'asked mailbox:452 stranger:550',
      'ruth.stein@overquota.test': 'asked other:250 mailbox:552 stranger:550',
    })
    expect(world.sessions()).toHaveLength(3)
    for (const { commands } of world.sessions()) expect(commands.at(-1)?.line).toBe('QUIT')
  })

  it('serves whom it remembers from memory, holds whom it must, and asks the others in one session', async () => {
    await lane.ask('jane.roe@strict.test')
    const spent = [0, 1, 2, 3, 4, 5].map((n) => lane.now() - 1_000 * (6 - n))
    const addresses = [{ wire: 'spent@strict.test', facts: [], attempts: spent }]
    await lane.ports.evidence.learn({
      domain: 'strict.test',
      since: lane.now(),
      now: lane.now(),
      addresses,
      domainFacts: [],
      refused: null,
      settlements: [],
    })
    world.reset()
    lane.advance(1_000)
    const reports = await askList(lane, listOf({ 'strict.test': ['jane.roe', 'spent', 'karl.weber', 'nina.falk'] }))
    expect([...reports.values()].map(({ state }) => state)).toEqual(['known', 'held', 'asked', 'asked'])
    expect(told(reports.get('spent@strict.test')!.facts)).toEqual(['hold:attempts_spent'])
    expect(namedIn(world)).toEqual(['karl.weber', 'nina.falk'])
  })

  it('is remembered afterwards, the whole of it, in a request or two', async () => {
    const job = listOf({ 'catchall.test': numbered(9) })
    await askList(lane, job)
    world.reset()
    expect([...(await askList(lane, job)).values()].map(({ state }) => state)).toEqual(Array(9).fill('known'))
    expect(world.sessions()).toEqual([])
  })

  it('counts an attempt for those who were named, and for nobody else', async () => {
    await askList(lane, listOf({ 'temporary.test': numbered(12) }))
    const counts = (await recalled(...numbered(12).map((local) => `${local}@temporary.test`))).map(
      ({ attempts }) => attempts.length,
    )
    const names = namedIn(world)
    expect(counts).toEqual(numbered(12).map((local) => (names.includes(local) ? 1 : 0)))
    expect(counts).toContain(1)
  })

  it('of one address twice asks about it once, and answers twice', async () => {
    const job = listOf({ 'strict.test': ['karl.weber', 'karl.weber', 'jane.roe'] })
    const { groups } = { groups: [...(await askList(lane, job)).values()] }
    expect(groups.map(({ withoutMemory }) => withoutMemory)).toEqual([false, false])
    expect(namedIn(world)).toEqual(['karl.weber', 'jane.roe', 'stranger'])
  })

  it('has as many sessions as a host’s limit of recipients wants, one after the other', async () => {
    await lane.learn('somebody@catchall.test', {
      domainFacts: [reply('stranger', 250, { exchange: 'mx.catchall.test', observedAt: lane.now() })],
    })
    const reports = await askList(lane, listOf({ 'catchall.test': numbered(18) }))
    expect([...reports.values()].map(({ state }) => state)).toEqual(Array(18).fill('asked'))
    expect(
      world.sessions().map(({ commands }) => commands.filter(({ line }) => line.startsWith('RCPT')).length),
    ).toEqual([9, 9])
  })
})

describe('a server that refuses', () => {
  it('three is left, the rest comes back when it says, and is asked by the next job', async () => {
    const locals = numbered(4)
    const first = await askList(lane, listOf({ 'strict.test': locals }))
    expect([...first.values()].map(({ state }) => state)).toEqual(['asked', 'asked', 'held', 'held'])
    expect(namedIn(world)).toEqual(['m0', 'm1', 'postmaster'])
    const { hold, retryAt } = holdOf(first.get('m2@strict.test')!.facts)
    expect(hold).toBe('permit')
    lane.advance(retryAt! - lane.now())
    const second = await askList(lane, listOf({ 'strict.test': locals }))
    expect([...second.values()].map(({ state }) => state)).toEqual(['known', 'known', 'asked', 'asked'])
    expect(told(second.get('m3@strict.test')!.facts)).toEqual(['other:250', 'mailbox:550', 'postmaster:250'])
    expect(namedIn(world)).toEqual(['m0', 'm1', 'postmaster', 'm2', 'm3', 'postmaster'])
  })

  it('MAIL says so to all of the group, and names nobody', async () => {
    const reports = await askList(lane, listOf({ 'blocked-greeting.test': ['jane.roe', 'm1'] }))
    expect(saidOf(reports)).toEqual({
      'jane.roe@blocked-greeting.test': 'asked greeting:554',
      'm1@blocked-greeting.test': 'asked greeting:554',
    })
    for (const { attempts } of await recalled('jane.roe@blocked-greeting.test', 'm1@blocked-greeting.test')) {
      expect(attempts).toEqual([])
    }
  })

  it('further recipients of one transaction is asked about them in the next ones', async () => {
    const reports = await askList(lane, listOf({ 'one-recipient.test': ['jane.roe', 'nina.falk'] }))
    expect(told(reports.get('jane.roe@one-recipient.test')!.facts)).toContain('mailbox:250')
    const next = reports.get('nina.falk@one-recipient.test')!
    expect(told(next.facts)).not.toContain('mailbox:452')
    expect(next.state === 'held' || told(next.facts).includes('mailbox:550')).toBe(true)
  })

  it('with 421 in the middle of a window tells nobody what is not theirs, and everybody something', async () => {
    const reports = await askList(lane, listOf({ 'few-recipients.test': ['jane.roe', ...numbered(6)] }))
    for (const [address, { state, facts }] of reports) {
      expect(facts.length, address).toBeGreaterThan(0)
      if (state === 'held') expect(holdOf(facts).retryAt).not.toBe(null)
    }
    expect(verdictOf(reports.get('jane.roe@few-recipients.test')!, 'few-recipients.test')).not.toBe('mailbox_not_found')
  })

  it('hangs up on a window, and each of it has lost its connection and an attempt', async () => {
    const reports = await askList(lane, listOf({ 'hangs-up.test': ['jane.roe', 'm1'] }))
    expect(saidOf(reports)).toEqual({
      'jane.roe@hangs-up.test': 'asked closed',
      'm1@hangs-up.test': 'asked closed',
    })
    const attempts = (await recalled('jane.roe@hangs-up.test', 'm1@hangs-up.test')).map((one) => one.attempts.length)
    expect(attempts).toEqual([1, 1])
  })
})

describe('who needs SMTPUTF8', () => {
  it.each([[['jörg', 'jane.roe']], [['jane.roe', 'jörg']]])(
    'condemns nobody else where it is not offered (%j)',
    async (locals) => {
      const reports = await askList(lane, listOf({ 'ascii-only.test': locals }))
      expect(saidOf(reports)).toEqual({
        'jane.roe@ascii-only.test': 'asked mailbox:250 stranger:550',
        'jörg@ascii-only.test': 'asked stranger:550 smtputf8_not_offered',
      })
      expect(verdictOf(reports.get('jane.roe@ascii-only.test')!, 'ascii-only.test')).toBe('mailbox_accepted')
      expect(verdictOf(reports.get('jörg@ascii-only.test')!, 'ascii-only.test')).toBe('smtputf8_unsupported')
    },
  )

  it('is named where it is offered, apart from the others', async () => {
    const reports = await askList(lane, listOf({ 'xn--bcher-kva.test': ['jörg', 'anna', 'käthe'] }))
    expect([...reports.values()].map(({ facts }) => told(facts).find((one) => one.startsWith('mailbox')))).toEqual([
      'mailbox:250',
      'mailbox:250',
      'mailbox:550',
    ])
    const mails = world.sessions().flatMap(({ commands }) => commands.filter(({ line }) => line.startsWith('MAIL')))
    expect(mails.map(({ line }) => line.endsWith(' SMTPUTF8'))).toEqual([false, true])
  })
})
