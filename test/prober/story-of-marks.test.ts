// What is written on somebody's word, told with everything real: opting out, erasure, feedback, and keys that give way to others.
import { type ProbePorts } from '@postern/prober/probe.ts'
import { createEvidence } from '@postern/prober/store/evidence.ts'
import { createKeys, type Keys } from '@postern/prober/store/keys.ts'
import { createMarks } from '@postern/prober/store/marks.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { World } from '@postern/test/world/world.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Engine } from './engine.ts'
import { told } from './facts.ts'
import { type LaneUnderTest, newLane } from './lane.ts'
import { askList, listOf } from './lists.ts'
import { standingStage } from './stage.ts'

const DAY_MS = 86_400_000
let world: World
let engine: Engine
let lane: LaneUnderTest
let rings = 0
let octets: readonly [string, string]

standingStage((stage) => {
  ;({ world, engine } = stage)
})
beforeEach(() => {
  rings += 2
  octets = [(64 + rings).toString(16), (65 + rings).toString(16)]
  lane = newLane(world, engine, { ...portsWith(ringOf('k1')) })
})

function ringOf(current: 'k1' | 'k2', ids: readonly ('k1' | 'k2')[] = [current]): Keys {
  const all = { k1: octets[0].repeat(32), k2: octets[1].repeat(32) }
  return createKeys(JSON.stringify({ current, keys: Object.fromEntries(ids.map((id) => [id, all[id]])) }))
}

function portsWith(keys: Keys): Pick<ProbePorts, 'evidence' | 'aliasOf' | 'strangersOf'> {
  return {
    evidence: createEvidence(engine.dynamo([], Date.now), keys, 'evidence'),
    aliasOf: (text) => keys.alias(text),
    strangersOf: (domain) => [keys.token(domain), keys.personal(domain)],
  }
}

const marksWith = (keys: Keys) =>
  createMarks({ dynamo: engine.dynamo([], Date.now), keys, table: 'evidence', now: () => lane.now() })

let jobs = 0
const common = () => ({ jobId: `mark-number-${++jobs}`, epoch: 1 })
const optOut = (keys: Keys, domain: string, optedOut = true) =>
  marksWith(keys).optOut({ kind: 'opt_out', ...common(), domain, optedOut })
const forget = (keys: Keys, localPart: string, domain = 'strict.test') =>
  marksWith(keys).forget({ kind: 'forget', ...common(), localPart, domain })

interface Told {
  readonly keys?: Keys
  readonly account?: string
  readonly outcome?: 'delivered' | 'bounced'
  readonly localPart?: string
  readonly observedAt?: number
}
const NO_SUCH = { code: 550, enhanced: { class: 5, subject: 1, detail: 1 }, lines: ['User unknown'] } as const

function remember({ keys = ringOf('k1'), account = 'account-one', ...rest }: Told) {
  const { outcome = 'delivered', localPart = 'jane.roe', observedAt = lane.now() } = rest
  const reply = outcome === 'bounced' ? NO_SUCH : null
  const at = { localPart, domain: 'strict.test', observedAt }
  return marksWith(keys).remember({ kind: 'remember', ...common(), ...at, account, outcome, reply })
}

/** The same lane once its key ring has changed. */
function withRing(keys: Keys): LaneUnderTest {
  return newLane(world, engine, { ...lane.ports, ...portsWith(keys) })
}

describe('a domain that opts out', () => {
  it('by its own TXT record is held, in lists too, and nobody is dialled', async () => {
    world.putRecord('_verify-policy.young.test. TXT probe=no')
    expect(told((await lane.ask('jane.roe@young.test')).facts)).toEqual(['hold:opted_out'])
    const list = await askList(lane, listOf({ 'young.test': ['jane.roe', 'm1'], 'strict.test': ['jane.roe'] }))
    expect([...list.values()].map(({ state }) => state)).toEqual(['held', 'held', 'asked'])
    world.putRecord('_verify-policy.young.test. TXT something=else')
    expect((await lane.ask('jane.roe@young.test')).state).toBe('asked')
  })

  it('by a job is held, what is known of its mailboxes included, until it opts in again', async () => {
    const keys = ringOf('k1')
    await lane.ask('jane.roe@strict.test')
    expect(await optOut(keys, 'strict.test')).toBe(true)
    for (const who of ['jane.roe', 'nina.falk']) {
      expect(told((await lane.ask(`${who}@strict.test`)).facts)).toEqual(['hold:opted_out'])
      expect(told((await lane.ask(`${who}@strict.test`, { dial: false })).facts)).toEqual(['hold:opted_out'])
    }
    lane.advance(400 * DAY_MS)
    expect(told((await lane.ask('nina.falk@strict.test')).facts)).toEqual(['hold:opted_out'])
    expect(world.sessions()).toHaveLength(1)
    await optOut(keys, 'strict.test', false)
    expect((await lane.ask('nina.falk@strict.test')).state).toBe('asked')
  })
})

describe('an address that is erased', () => {
  it('is known no more, by whichever key, while what its domain has shown stays', async () => {
    await lane.ask('jane.roe@strict.test')
    await remember({})
    const both = ringOf('k2', ['k1', 'k2'])
    expect(await forget(both, 'jane.roe')).toBe(true)
    const rotated = withRing(both)
    const found = await rotated.ports.evidence.recall(
      { domain: 'strict.test', wires: ['jane.roe@strict.test'], account: 'account-one' },
      lane.now(),
    )
    // That it answered counts as a visit all the same.
    expect(found.addresses[0]).toMatchObject({
      facts: [],
      learnedAt: expect.any(Number),
      attempts: [expect.any(Number)],
    })
    expect(told(found.domain.facts).toSorted()).toEqual(['other:250', 'stranger:550'])
    const items = await engine.items('evidence')
    const namesOf = (key: string) => Object.keys(items.find((item) => item['key'] === key) ?? {}).toSorted()
    for (const key of both.address('jane.roe@strict.test').all) expect(namesOf(key)).toEqual([])
    for (const key of both.marks('jane.roe@strict.test').all) {
      expect(namesOf(key)).toEqual(['attempts', 'erasedAt', 'expiresAt', 'key'])
    }
  })

  it.each([1, 5])('does not come back with a report of %i that began before', async (count) => {
    const locals = ['jane.roe', ...Array.from({ length: count - 1 }, (_, n) => `m${n}`)]
    const { evidence } = lane.ports
    const erasing: LaneUnderTest = newLane(world, engine, {
      ...lane.ports,
      evidence: {
        ...evidence,
        learn: async (learned) => {
          await forget(ringOf('k1'), 'jane.roe', 'catchall.test')
          return evidence.learn(learned)
        },
      },
    })
    const reports = await askList(erasing, listOf({ 'catchall.test': locals }))
    expect(reports.get('jane.roe@catchall.test')!.state).toBe('asked')
    const found = await lane.ports.evidence.recall(
      { domain: 'catchall.test', wires: ['jane.roe@catchall.test'], account: null },
      lane.now(),
    )
    expect(found.addresses[0]).toMatchObject({ facts: [] })
    // The others of the list are remembered all the same, and who is asked again later is as well.
    lane.advance(1_000)
    const again = await askList(lane, listOf({ 'catchall.test': locals }, { jobId: 'the-next-list' }))
    expect([...again.values()].slice(1).map(({ state }) => state)).toEqual(Array(count - 1).fill('known'))
  })

  it('takes nothing back that was told before, and keeps what is told after', async () => {
    const before = lane.now()
    await forget(ringOf('k1'), 'jane.roe')
    await remember({ observedAt: before - 1 })
    const recall = async () =>
      (
        await lane.ports.evidence.recall(
          { domain: 'strict.test', wires: ['jane.roe@strict.test'], account: 'account-one' },
          lane.now(),
        )
      ).addresses[0]!
    expect((await recall()).facts).toEqual([])
    lane.advance(10)
    await remember({})
    expect(told((await recall()).facts)).toEqual(['feedback:delivered'])
  })
})

describe('what an account tells', () => {
  const reasonOf = async (local: string, account: string) => {
    const { facts } = await lane.ask(`${local}@strict.test`, { account })
    return decide({ facts, domain: 'strict.test', now: lane.now() }).reason
  }

  it('of a delivery counts for 30 days, for that account alone, and spares the mailbox a question', async () => {
    await remember({})
    expect(await lane.ask('jane.roe@strict.test', { account: 'account-one' })).toMatchObject({ state: 'known' })
    expect(await reasonOf('jane.roe', 'account-one')).toBe('feedback_delivered')
    expect(world.sessions()).toEqual([])
    expect((await lane.ask('jane.roe@strict.test', { account: 'account-two' })).state).toBe('asked')
    expect(told((await lane.ask('jane.roe@strict.test', { account: 'account-two' })).facts).join()).not.toContain(
      'feedback',
    )
    lane.advance(30 * DAY_MS)
    expect(told((await lane.ask('jane.roe@strict.test', { account: 'account-one' })).facts).join()).not.toContain(
      'feedback',
    )
  })

  it('is the newest of what it told, whatever the order in which it arrived', async () => {
    const at = lane.now()
    await remember({ outcome: 'bounced', observedAt: at - 1_000, localPart: 'nobody' })
    await remember({ outcome: 'delivered', observedAt: at - 5_000, localPart: 'nobody' })
    await remember({ outcome: 'bounced', observedAt: at - 9_000, localPart: 'nobody' })
    const { facts } = await lane.ask('nobody@strict.test', { account: 'account-one' })
    expect(facts.filter(({ kind }) => kind === 'feedback')).toMatchObject([
      { outcome: 'bounced', observedAt: at - 1_000 },
    ])
  })

  it('against what the server says leaves both in doubt', async () => {
    await remember({ outcome: 'bounced' })
    expect(await reasonOf('jane.roe', 'account-one')).toBe('inconclusive')
    await remember({ outcome: 'delivered', localPart: 'nina.falk' })
    expect(await reasonOf('nina.falk', 'account-one')).toBe('feedback_delivered')
    await lane.ask('nina.falk@strict.test')
    expect(await reasonOf('nina.falk', 'account-one')).toBe('inconclusive')
    expect(await reasonOf('nina.falk', 'account-two')).toBe('mailbox_not_found')
  })

  it('from a clock that ran ahead is dated by ours, and gives way to what is told next', async () => {
    await remember({ observedAt: lane.now() + 400 * DAY_MS, outcome: 'bounced', localPart: 'karl.weber' })
    lane.advance(61_000)
    await remember({ localPart: 'karl.weber' })
    const { facts } = await lane.ask('karl.weber@strict.test', { account: 'account-one' })
    expect(told(facts.filter(({ kind }) => kind === 'feedback'))).toEqual(['feedback:delivered'])
  })
})

describe('a key that gives way to the next', () => {
  it('still finds what it wrote, and what is new is written under the next one', async () => {
    await lane.ask('jane.roe@strict.test')
    await remember({ localPart: 'karl.weber' })
    await optOut(ringOf('k1'), 'young.test')
    const both = ringOf('k2', ['k1', 'k2'])
    const rotated = withRing(both)
    lane.advance(1_000)
    expect((await rotated.ask('jane.roe@strict.test')).state).toBe('known')
    expect((await rotated.ask('karl.weber@strict.test', { account: 'account-one' })).state).toBe('known')
    expect(told((await rotated.ask('jane.roe@young.test')).facts)).toEqual(['hold:opted_out'])
    await rotated.ask('nina.falk@strict.test')
    const keys = (await engine.items('evidence')).map(({ key }) => key)
    const { current, all } = both.address('nina.falk@strict.test')
    expect(current).toMatch(/^a:k2:/)
    expect(all.filter((key) => keys.includes(key))).toEqual([current])
    await optOut(both, 'young.test', false)
    expect((await rotated.ask('jane.roe@young.test')).state).toBe('asked')
  })

  it('holds one word of an account at a time, the newest', async () => {
    const both = ringOf('k2', ['k1', 'k2'])
    await remember({ outcome: 'delivered' })
    lane.advance(1_000)
    await remember({ keys: both, outcome: 'bounced' })
    const wires = ['jane.roe@strict.test']
    const asked = { domain: 'strict.test', wires, account: 'account-one' }
    const { addresses } = await portsWith(both).evidence.recall(asked, lane.now())
    expect(told(addresses[0]!.facts)).toEqual(['feedback:bounced'])
  })

  it('counts no attempt and no refusal twice', async () => {
    await lane.ask('m1@strict.test')
    await lane.ask('jane.roe@temporary.test')
    const rotated = withRing(ringOf('k2', ['k1', 'k2']))
    lane.advance(2_000)
    await lane.learn('x@strict.test', {})
    const later = newLane(world, engine, { ...rotated.ports, now: () => lane.now() })
    await later.ask('m2@strict.test')
    await later.ask('jane.roe@temporary.test', { maxAgeS: 0 })
    const found = (domain: string, ...wires: string[]) =>
      later.ports.evidence.recall({ domain, wires, account: null }, lane.now() + 5_000)
    expect((await found('strict.test')).domain.refused).toHaveLength(2)
    expect((await found('temporary.test', 'jane.roe@temporary.test')).addresses[0]!.attempts).toHaveLength(2)
  })
})
