// Operators and a lane's fitness, told with everything real: canaries that stand in for a control, strangers with names, and who asks nobody.
import type { Fitness } from '@postern/shared/contract/audit.ts'
import type { ProbeReport } from '@postern/shared/contract/probe.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { World } from '@postern/test/world/world.ts'
import { describe, expect, it } from 'vitest'
import type { Engine } from './engine.ts'
import { holdOf, told } from './facts.ts'
import { type LaneUnderTest, UNMEASURED } from './lane.ts'
import { askList, listOf } from './lists.ts'
import { jobAt, type ScriptedExchange } from './scripted-exchange.ts'
import { laneAt, standingStage } from './stage.ts'

const GMAIL = 'gmail-smtp-in.l.google.com'
const WORKSPACE = 'aspmx.l.google.com'
const EVASIVE = 'mx.evasive.qq.com'
const DAY_MS = 86_400_000
let world: World
let engine: Engine
let exchange: ScriptedExchange

standingStage((stage) => {
  ;({ world, engine, exchange } = stage)
})

function laneThatIs(fitness: Partial<Fitness> = {}): LaneUnderTest {
  return laneAt({ world, engine, exchange }, { fitness: async () => ({ ...UNMEASURED, ...fitness }) })
}

const verdictOf = ({ facts }: ProbeReport, domain: string, now: number) => {
  const { reason, level } = decide({ facts, domain, now })
  return `${reason} ${level}`
}

function listAt(name: string, domain: string, locals: readonly string[]) {
  const job = listOf({ [domain]: locals })
  return { ...job, groups: job.groups.map((group) => ({ ...group, exchanges: [{ exchange: name, preference: 10 }] })) }
}

describe('a canary', () => {
  it.each([
    [0, 'mailbox_accepted confirmed'],
    [2 * DAY_MS, 'mailbox_accepted estimated'],
  ])('that was refused %i ms ago makes a yes at its operator %s', async (ageMs, verdict) => {
    const refusedAt = Date.now() - ageMs
    const lane = laneThatIs({ lane: 'fit', canaries: { 'google-consumer': refusedAt } })
    const report = await lane.answer(jobAt(GMAIL, 'jane@gmail.com'))
    expect(told(report.facts).toSorted()).toEqual(['canary:google-consumer', 'mailbox:250'])
    expect(verdictOf(report, 'gmail.com', lane.now())).toBe(verdict)
  })

  it('of another operator, or none at all, leaves it likely', async () => {
    for (const canaries of [{}, { 'google-workspace': Date.now() }]) {
      const lane = laneThatIs({ lane: 'fit', canaries })
      const report = await lane.answer(jobAt(GMAIL, 'jane@gmail.com'))
      expect(verdictOf(report, 'gmail.com', lane.now())).toBe('mailbox_accepted estimated')
    }
  })

  it('is no fact about a mailbox that was refused, and is remembered with one that was accepted', async () => {
    const lane = laneThatIs({ lane: 'fit', canaries: { 'google-consumer': Date.now() } })
    const refused = await lane.answer(jobAt(GMAIL, 'nobody@gmail.com'))
    expect(verdictOf(refused, 'gmail.com', lane.now())).toBe('mailbox_not_found confirmed')
    lane.advance(2_000)
    await lane.answer(jobAt(GMAIL, 'jane@gmail.com'))
    const known = await lane.answer(jobAt(GMAIL, 'jane@gmail.com'))
    expect(known.state).toBe('known')
    expect(verdictOf(known, 'gmail.com', lane.now())).toBe('mailbox_accepted confirmed')
  })
})

describe('a lane', () => {
  it.each([
    ['technical', 'hold:lane_unfit'],
    ['reputation', 'hold:shunned'],
  ] as const)('that is unfit, as a %s matter, asks nobody and says why: %s', async (kind, hold) => {
    const lane = laneThatIs({ lane: 'unfit', kind })
    expect(told((await lane.answer(jobAt('mx.host.test', 'jane@d1.test'))).facts)).toEqual([hold])
    const list = await askList(lane, listOf({ 'd1.test': ['jane', 'jane2'] }))
    expect([...list.values()].map(({ facts }) => told(facts))).toEqual([[hold], [hold]])
    expect(exchange.sessions).toEqual([])
  })

  it('that is unfit still tells what it remembers', async () => {
    let unfit = false
    const lane = laneAt(
      { world, engine, exchange },
      {
        fitness: async () => ({ ...UNMEASURED, ...(unfit ? ({ lane: 'unfit', kind: 'technical' } as const) : {}) }),
      },
    )
    await lane.answer(jobAt('mx.host.test', 'jane@d1.test'))
    unfit = true
    expect((await lane.answer(jobAt('mx.host.test', 'jane@d1.test'))).state).toBe('known')
  })

  it('that an operator refuses asks that one about nobody, and the others as ever', async () => {
    const lane = laneThatIs({ lane: 'fit', unfitOperators: ['google-workspace'] })
    const report = await lane.answer(jobAt(WORKSPACE, 'jane@d1.test'))
    expect(told(report.facts)).toEqual(['hold:shunned'])
    expect(holdOf(report.facts).retryAt).toBe(null)
    expect((await lane.answer(jobAt('mx.host.test', 'jane@d2.test'))).state).toBe('asked')
  })
})

describe('an operator that refuses what looks made up', () => {
  const evasive = (line: string) => (/<[a-z][a-z2-7]{14}@/.test(line) ? '550 5.1.1 User unknown' : '250 2.1.5 Ok')

  it('is asked for no one who waits, and is told by a stranger with a name', async () => {
    const lane = laneThatIs()
    exchange.behave({ RCPT: evasive })
    expect(told((await lane.answer(jobAt(EVASIVE, 'jane@evasive.test'))).facts)).toEqual(['hold:batch_only'])
    const reports = await askList(lane, listAt(EVASIVE, 'evasive.test', ['jane']))
    const report = reports.get('jane@evasive.test')!
    expect(told(report.facts)).toEqual(['mailbox:250', 'other:550', 'stranger:250'])
    expect(verdictOf(report, 'evasive.test', lane.now())).not.toContain('mailbox_accepted')
    const names = exchange.sessions.flat().filter((line) => line.startsWith('RCPT'))
    expect(names[1]).toMatch(/<[a-z][a-z2-7]{14}@evasive\.test>/)
    expect(names[2]).toMatch(/<[a-z]+\d{4}@evasive\.test>/)
    expect(JSON.stringify([report, await engine.items('evidence')])).not.toMatch(/[a-z]{4}\d{4}@/)
  })

  it('and refuses the stranger with a name as well, has the mailbox that it takes', async () => {
    const lane = laneThatIs()
    exchange.behave({ RCPT: (line) => (/<jane@/.test(line) ? '250 2.1.5 Ok' : '550 5.1.1 User unknown') })
    const reports = await askList(lane, listAt(EVASIVE, 'evasive3.test', ['jane']))
    const report = reports.get('jane@evasive3.test')!
    expect(told(report.facts)).toEqual(['mailbox:250', 'other:550', 'stranger:550'])
    expect(verdictOf(report, 'evasive3.test', lane.now())).toContain('mailbox_accepted')
  })

  it('is asked about one at a time, within its five a minute', async () => {
    const lane = laneThatIs()
    exchange.behave({ RCPT: evasive })
    const reports = await askList(lane, listAt(EVASIVE, 'evasive2.test', ['m1', 'm2', 'm3']))
    expect([...reports.values()].map(({ state }) => state)).toEqual(['asked', 'held', 'held'])
    expect(exchange.sessions.flat().filter((line) => line.startsWith('RCPT')).length).toBeLessThanOrEqual(5)
    expect(holdOf(reports.get('m2@evasive2.test')!.facts).retryAt! - lane.now()).toBeLessThanOrEqual(65_000)
  })
})

describe('what was said', () => {
  const transcriptOf = async (address: string, script: Parameters<ScriptedExchange['behave']>[0] = {}) => {
    exchange.behave(script)
    const lane = laneThatIs()
    return (await lane.answer(jobAt('mx.host.test', address))).transcript ?? []
  }

  it('is told without a name, though the server repeats each of them', async () => {
    const lines = await transcriptOf('jane.secret@d7.test', {
      RCPT: (line) =>
        line.includes('jane') ? `250 2.1.5 ${line.slice(8)} fine` : `550 5.1.1 ${line.slice(8)}: no such user`,
    })
    expect(lines.join('\n')).not.toMatch(/jane|secret|[a-z][a-z2-7]{14}/)
    expect(lines.filter((line) => line.startsWith('C: RCPT'))).toEqual([
      'C: RCPT TO:<address>',
      'C: RCPT TO:<stranger>',
    ])
    expect(lines.filter((line) => line.startsWith('C: '))).toHaveLength(5)
    expect(lines.at(-1)).toBe('C: QUIT')
  })

  it('names postmaster, who is nobody in particular', async () => {
    expect(await transcriptOf('nobody@d8.test')).toContain('C: RCPT TO:<postmaster@d8.test>')
  })

  it('is long enough for the contract however much a server says', async () => {
    const many = Array.from({ length: 200 }, () => `250-${'x'.repeat(400)}`).join('\r\n')
    const lines = await transcriptOf('jane@d9.test', { EHLO: () => `${many}\r\n250 PIPELINING` })
    expect(lines.length).toBeLessThanOrEqual(80)
  })

  it('is not told of several', async () => {
    const reports = await askList(laneThatIs(), listOf({ 'd1.test': ['jane', 'jane2'] }))
    for (const { transcript = [] } of reports.values()) expect(transcript).toEqual([])
  })
})
