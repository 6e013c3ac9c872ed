// What nobody waits for is finished: asked by the ladder at its lane, charged once, kept, and told once.
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import { describe, expect, it } from 'vitest'
import { pseudonyms } from '../../../edge/src/accounts/pseudonym.ts'
import { routeTo } from '../facts.ts'
import { secrets } from './asking.ts'
import { each, exists, isHeld, isNobody, newLanes, putsOff, type Says } from './batch-given.ts'
import { later, SECOND } from './batch-visits.ts'
import { balanceOf, DAY, HOUR, MINUTE, NOON, objects, pass, ring, rows, standingClock, usageOf } from './given.ts'
import {
  type Begun,
  begun,
  doFinish,
  eventsOf,
  recordOfBegun,
  sent,
  standingInquiries,
  type Told,
  toTheEnd,
  type Visit,
} from './pending-given.ts'

standingClock()
standingInquiries()

/** A stage that notes what lanes were asked. */
function watched(says: Says, wish: Partial<Told> = {}): Told & { readonly visits: Visit[] } {
  return { lanes: newLanes(3), says, visits: [], ...wish }
}

const timesOf = ({ visits }: { visits: readonly Visit[] }): number[] => visits.map(({ at }) => at - NOON)

/** It has ended so: charged or not, kept, told once, and nothing is reserved for it. */
async function expectEnded(one: Begun, reason: string, spent: number): Promise<void> {
  expect(await recordOfBegun(one)).toMatchObject({ id: one.inquiry.id, reason, final: true, mode: 'full' })
  expect(await eventsOf(one)).toEqual([`evt_${one.inquiry.id}_completed`])
  expect(await balanceOf(one.given)).toMatchObject({ spent, reserved: 0 })
  const left = await runInDurableObject(one.stub, (_, { storage }) =>
    storage.sql.exec('SELECT id FROM inquiries UNION SELECT id FROM parked').toArray(),
  )
  expect(left).toEqual([])
}

const laterUntil = (at: number): Says => each(() => (Date.now() < at ? later() : exists()))

describe('an inquiry', () => {
  it.each([
    ['exists', exists, ['mailbox_accepted', 1]],
    ['does not', isNobody, ['mailbox_not_found', 1]],
    ['cannot be told', () => isHeld('opted_out', null), ['opted_out', 0]],
  ] as const)('about a mailbox that %s ends with that', async (_what, report, [reason, spent]) => {
    const one = await begun()
    expect(await balanceOf(one.given)).toMatchObject({ reserved: 1 })
    await toTheEnd(one, watched(each(report)))
    await expectEnded(one, reason, spent)
  })

  it('that is greylisted is asked again at its lane, and charged and told when it was accepted', async () => {
    const one = await begun()
    const stage = watched(laterUntil(NOON + 2 * MINUTE))
    await toTheEnd(one, stage)
    expect(timesOf(stage)).toEqual([0, MINUTE, 3 * MINUTE])
    expect(new Set(stage.visits.map(({ lane }) => lane)).size).toBe(1)
    expect(new Set(stage.visits.map(({ job }) => job.groups[0]!.id))).toEqual(new Set([one.inquiry.id]))
    await expectEnded(one, 'mailbox_accepted', 1)
    expect(await usageOf(one.given)).toMatchObject([{ count: 1, units: 1, why: 'confirmed' }])
  })

  it.each([
    ['after 1, 2, 4, 30 min and 2 h', later, [0, 1, 3, 7, 37, 157].map((minutes) => minutes * MINUTE)],
    ['after the delay that the reply names', putsOff, [0, 2.5, 5, 7.5, 10, 12.5].map((s) => s * SECOND)],
  ])('that is put off for ever is asked %s, and ends free of charge', async (_what, report, at) => {
    const one = await begun()
    const stage = watched(each(report))
    await toTheEnd(one, stage)
    expect(timesOf(stage)).toEqual(at)
    await expectEnded(one, 'greylisted', 0)
  })

  it('that is held comes back when it was told to, and not by the ladder', async () => {
    const one = await begun()
    const stage = watched(each(() => (Date.now() < NOON + 3 * HOUR ? isHeld('permit', NOON + 3 * HOUR) : exists())))
    await toTheEnd(one, stage)
    expect(timesOf(stage)).toEqual([0, 3 * HOUR])
    await expectEnded(one, 'mailbox_accepted', 1)
  })

  it('whose message comes twice, side by side, ends once', async () => {
    const one = await begun()
    const stage = watched(each(exists))
    await ring(one.stub)
    const message = sent.shift()!
    await Promise.all([doFinish(message, stage), doFinish(message, stage)])
    await doFinish(message, stage)
    expect(stage.visits).toHaveLength(1)
    await expectEnded(one, 'mailbox_accepted', 1)
  })

  it.each(['before', 'after'])('whose end is lost %s it was told is told once, and charged once', async (when) => {
    const one = await begun()
    let faults = 2
    const stage = watched(each(exists), {
      tell: async (account, events) => {
        const stub = env.DELIVERIES.getByName(account)
        if (when === 'after' || faults <= 0) await stub.tell(account, events)
        if ((faults -= 1) >= 0) throw new Error('is not there')
      },
    })
    await ring(one.stub)
    await expect(doFinish(sent.shift()!, stage)).rejects.toThrow('is not there')
    // The queue delivers it again, and finds it taken: it comes back when nothing was heard of it.
    await doFinish({ kind: 'inquiry', account: one.given.id, id: one.inquiry.id }, stage)
    expect(stage.visits).toHaveLength(1)
    pass(90 * SECOND)
    await ring(one.stub)
    await expect(doFinish(sent.shift()!, stage)).rejects.toThrow('is not there')
    await toTheEnd(one, stage)
    await expectEnded(one, 'mailbox_accepted', 1)
    expect(await usageOf(one.given)).toMatchObject([{ count: 1 }])
  })

  it('that its account has paid for before is free', async () => {
    const first = await begun()
    const stage = watched(each(exists))
    await toTheEnd(first, stage)
    pass(HOUR)
    const second = await begun({ given: first.given })
    await toTheEnd(second, stage)
    expect(await recordOfBegun(second)).toMatchObject({ cost: { units: 0, charged: false, why: 'repeat' } })
    expect(await balanceOf(first.given)).toMatchObject({ spent: 1, reserved: 0 })
  })

  it.each([false, true])(
    'that is erased while it is asked costs nothing, and is not remembered: admitted free %s',
    async (isFree) => {
      const names = await pseudonyms(secrets, 'jane@d.test')
      const stage = watched(each(exists))
      const first = await begun()
      if (isFree) await toTheEnd(first, stage)
      const one = isFree ? await begun({ given: first.given }) : first
      const { stub } = one.given
      const erasing = watched(async (job, lane) => {
        await stub.waive(await one.stub.erase(names.mailbox))
        await stub.erase([...names.mailbox, ...names.wire])
        return each(exists)(job, lane)
      })
      await ring(one.stub)
      await doFinish(sent.shift()!, erasing)
      expect(await balanceOf(one.given)).toMatchObject({ spent: isFree ? 1 : 0, reserved: 0 })
      expect(await rows(stub, 'SELECT * FROM paid')).toEqual([])
    },
  )

  it.each(['before a visit', 'during it'])('that was erased %s is told to nobody', async (when) => {
    const one = await begun()
    const names = await pseudonyms(secrets, 'jane@d.test')
    const erase = async () => {
      await one.stub.erase(names.mailbox)
      await objects.recordsOf(one.given.id, 'live', one.inquiry.id).erase(names.mailbox)
    }
    const stage = watched(async (job, lane) => {
      if (when === 'during it') await erase()
      return each(exists)(job, lane)
    })
    await ring(one.stub)
    if (when === 'before a visit') await erase()
    await doFinish(sent.shift()!, stage)
    await toTheEnd(one, stage)
    expect(stage.visits).toHaveLength(when === 'during it' ? 1 : 0)
    expect([await recordOfBegun(one), await eventsOf(one)]).toEqual(['gone', []])
  })
})

describe('a lane', () => {
  it('that is broken leaves the inquiry to another one at once', async () => {
    const one = await begun()
    const stage = watched(
      each((_email, lane) => (lane.id === stage.visits[0]!.lane ? isHeld('lane_unfit', null) : exists())),
    )
    await toTheEnd(one, stage)
    expect(timesOf(stage)).toEqual([0, 0])
    await expectEnded(one, 'mailbox_accepted', 1)
  })

  it('that is away for a moment keeps what it has begun, however long ago that was', async () => {
    const one = await begun()
    const stage = watched((job, lane) => {
      const since = Date.now() - NOON
      if (since > 30 * MINUTE && since < 50 * MINUTE) return { kind: since < 40 * MINUTE ? 'uncertain' : 'not_started' }
      return each(since > 60 * MINUTE ? exists : later)(job, lane)
    })
    await toTheEnd(one, stage)
    expect(new Set(stage.visits.map(({ lane }) => lane)).size).toBe(1)
    expect(timesOf(stage).filter((at) => at > 30 * MINUTE && at < 50 * MINUTE).length).toBeGreaterThan(3)
    await expectEnded(one, 'mailbox_accepted', 1)
  })

  it('that is away for half an hour loses it to another one', async () => {
    const one = await begun()
    const stage = watched((job, lane) =>
      lane.id === stage.visits[0]!.lane ? { kind: 'not_started' } : each(exists)(job, lane),
    )
    await toTheEnd(one, stage)
    const last = stage.visits.at(-1)!
    expect(last.lane).not.toBe(stage.visits[0]!.lane)
    expect(last.at - NOON).toBeGreaterThan(30 * MINUTE)
    expect(last.at - NOON).toBeLessThan(40 * MINUTE)
    await expectEnded(one, 'mailbox_accepted', 1)
  })

  it.each([
    ['no lane on the map', { lanes: [] }],
    ['a lane that says nothing', { lanes: newLanes() }],
  ])('is waited for for a day: %s', async (_what, wish) => {
    const one = await begun()
    const stage = watched(() => ({ kind: 'uncertain' }), wish)
    await toTheEnd(one, stage)
    await expectEnded(one, 'no_lane', 0)
    expect(Date.now()).toBeGreaterThan(NOON + 23 * HOUR)
    expect(Date.now()).toBeLessThan(NOON + DAY + HOUR)
    // Not every ten seconds all day long.
    expect(stage.visits.length).toBeLessThan(400)
  })

  it('that is busy is asked again a second later', async () => {
    const one = await begun()
    let busy = 2
    const stage = watched((job, lane) => ((busy -= 1) >= 0 ? { kind: 'busy' } : each(exists)(job, lane)))
    await toTheEnd(one, stage)
    expect(timesOf(stage)).toEqual([0, SECOND, 2 * SECOND])
    expect(new Set(stage.visits.map(({ lane }) => lane)).size).toBe(1)
  })
})

describe('where nobody is asked', () => {
  const nothing = (): Fact[] => [{ ...routeTo(), route: { kind: 'unlearned', why: 'timeout' }, observedAt: Date.now() }]

  it('because the operator is never asked, that is the answer', async () => {
    const one = await begun()
    const stage = watched(each(exists), { routes: { 'd.test': [routeTo('mta7.am0.yahoodns.net')] } })
    await toTheEnd(one, stage)
    expect(stage.visits).toEqual([])
    await expectEnded(one, 'provider_unverifiable', 0)
  })

  it('because nothing is learned of the domain, it is looked for again, and not all day long', async () => {
    const one = await begun()
    const stage = watched(each(exists), { routes: { 'd.test': nothing() } })
    await toTheEnd(one, stage)
    expect(stage.visits).toEqual([])
    expect(Date.now()).toBeGreaterThan(NOON + 4 * MINUTE)
    expect(Date.now()).toBeLessThan(NOON + 4 * HOUR)
    await expectEnded(one, 'dns_timeout', 0)
  })

  it('because nothing was learned of the domain this time, its lane is remembered', async () => {
    const one = await begun()
    const routes: Record<string, Fact[]> = {}
    const stage = watched(laterUntil(NOON + 2 * MINUTE), { routes })
    await ring(one.stub)
    await doFinish(sent.shift()!, stage)
    routes['d.test'] = nothing()
    pass(MINUTE)
    await ring(one.stub)
    // Lanes have come since, and the map has another order.
    await doFinish(sent.shift()!, { ...stage, lanes: [...newLanes(9), ...stage.lanes!] })
    delete routes['d.test']
    await toTheEnd(one, { ...stage, lanes: [...newLanes(9), ...stage.lanes!] })
    expect(new Set(stage.visits.map(({ lane }) => lane)).size).toBe(1)
    await expectEnded(one, 'mailbox_accepted', 1)
  })

  it.each(['greylisted', 'mailbox_full', 'greylisted_then_accepted'])(
    'in the sandbox, "%s" ends as it is named',
    async (name) => {
      const one = await begun({ scope: 'test', wanted: { email: `${name}@d.test` } })
      await toTheEnd(one, watched(each(exists)), 3)
      const reason = name === 'greylisted_then_accepted' ? 'mailbox_accepted' : name
      expect(await recordOfBegun(one)).toMatchObject({ reason, final: true, cost: { why: 'sandbox' } })
      expect(await eventsOf(one)).toHaveLength(1)
    },
  )
})
