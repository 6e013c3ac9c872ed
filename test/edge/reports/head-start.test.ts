// What goes on while a caller is being let in: the newest report is fetched, one question is asked, and neither twice.
import { describe, expect, it, vi } from 'vitest'
import { type AnswerPorts, answerReport } from '../../../edge/src/reports/answer.ts'
import type { Life } from '../../../edge/src/reports/freshness.ts'
import { begin, createHeadStarts } from '../../../edge/src/reports/head-start.ts'
import type { DohServer } from '../dns/doh-server.ts'
import { REPORT } from './a-report.ts'
import { openDesk } from './desk.ts'
import { policy, soundZone } from './zones.ts'

const DOMAIN = { ascii: 'a.test', unicode: 'a.test' }
const MINUTE = 60_000

interface Given {
  readonly reports?: AnswerPorts['reports']
  readonly life?: Life
}

async function given({ reports = null, life }: Given = {}) {
  const { ports, servers } = await openDesk({ resolvers: [{ zone: soundZone(2), authentic: true }], policy: policy() })
  const lives = { known: () => life ?? null, note: () => undefined }
  const all: AnswerPorts = { ...ports, reports, lives, warn: () => undefined }
  return { ports: all, asked: servers[0]!.asked }
}

const typesOf = (asked: DohServer['asked']) => asked.map(({ name, type }) => `${type} ${name}`)
const shelf = (latest: () => Promise<string | null>) => ({
  latest,
  heard: async () => null,
  keep: async (text: string) => text,
})
const begunBy = (ports: AnswerPorts, refresh = false) => begin({ domain: DOMAIN, refresh }, ports)
const wanted = (refresh = false) => ({ id: 'rep_1', domain: DOMAIN, selectors: [], refresh })

describe('a head start', () => {
  it('asks for the exchanges, and for nothing else, before the newest report is there', async () => {
    let found: (text: string | null) => void = () => undefined
    const { ports, asked } = await given({ reports: shelf(() => new Promise((resolve) => (found = resolve))) })
    const begun = begunBy(ports)
    await vi.waitFor(() => expect(typesOf(asked)).toEqual(['MX a.test']))
    found(null)
    expect(await begun.newest).toBeNull()
    expect(typesOf(asked)).toEqual(['MX a.test'])
  })

  it('leaves the report as it would be: as many questions, each once, and its first one measured', async () => {
    const { ports: plain } = await given()
    const before = await answerReport(wanted(), plain, () => undefined)
    const { ports, asked } = await given()
    const after = await answerReport(wanted(), { ...ports, begun: begunBy(ports) }, () => undefined)
    expect([after.timing.queries, after.timing.remembered]).toEqual([before.timing.queries, before.timing.remembered])
    expect(asked.length).toBe(after.timing.queries)
    expect(typesOf(asked.filter(({ via }) => via === 'GET')).filter((one) => one === 'MX a.test').length).toBe(1)
    expect([after.resolution?.measured_ms, after.findings]).toEqual([expect.any(Number), before.findings])
  })

  it.each([
    ['a report is kept that will do', MINUTE, false, false],
    ['it is a quarter of an hour old', 15 * MINUTE, false, true],
    ['it is wanted anew, and half a minute old', MINUTE / 2, true, false],
    ['it is wanted anew, and a minute old', MINUTE, true, true],
  ])('where %s', async (...[, ageMs, refresh, isAsked]) => {
    const { ports, asked } = await given({
      reports: shelf(async () => JSON.stringify(REPORT)),
      life: { from: Date.now() - ageMs, forMs: 15 * MINUTE },
    })
    const { newest, looks } = begunBy(ports, refresh)
    expect([JSON.parse((await newest)!).id, looks !== null]).toEqual(['rep_1', isAsked])
    if (isAsked) await vi.waitFor(() => expect(typesOf(asked)).toEqual(['MX a.test']))
    else expect(asked).toEqual([])
  })

  it('that others keep waiting takes nothing from the time of the rest', async () => {
    let late = 0
    const { ports } = await given()
    const clock = { ...ports, now: () => ports.now() + late }
    const begun = begunBy(clock)
    late = 6_000
    const { mx, spf, dmarc } = await answerReport(wanted(), { ...clock, begun }, () => undefined)
    expect([mx.status, spf.status, dmarc.status]).toEqual(['mx', 'one', 'found'])
  })

  it('and a report wait for no object that is silent: neither to be told what it has, nor to have it keep what was made', async () => {
    const never = () => new Promise<never>(() => undefined)
    const { ports } = await given({ reports: { latest: never, heard: never, keep: never } })
    const waits: number[] = []
    const sleep = async (ms: number) => void waits.push(ms)
    const [warnings, warn] = [[] as string[], (what: string) => void warnings.push(what)]
    const made = await answerReport(wanted(), { ...ports, sleep, warn }, () => undefined)
    expect([made.id, made.mx.status, waits.filter((ms) => ms >= 1_000)]).toEqual(['rep_1', 'mx', [1_000, 3_000]])
    expect(warnings.length).toBe(2)
  })

  it('that was told of a report which is gone is none, and the report is made all the same', async () => {
    const { ports } = await given({ reports: shelf(async () => null), life: { from: Date.now(), forMs: MINUTE } })
    const made = await answerReport(wanted(), { ...ports, begun: begunBy(ports) }, () => undefined)
    expect([made.id, made.mx.status]).toEqual(['rep_1', 'mx'])
  })

  it('bears that nobody wants what it began, and that the object does not answer', async () => {
    const warn = vi.fn()
    const gone = shelf(async () => Promise.reject(new Error('gone')))
    const { ports } = await given({ reports: gone })
    expect(await begunBy({ ...ports, warn }).newest).toBeNull()
    expect(warn).toHaveBeenCalledOnce()
  })
})

describe('what an isolate remembers', () => {
  it('is who was refused, for a minute', () => {
    let now = 0
    const headStarts = createHeadStarts(() => now)
    headStarts.noteRefused('key_1')
    expect([headStarts.isFor('key_1'), headStarts.isFor('key_2')]).toEqual([false, true])
    now = MINUTE
    expect(headStarts.isFor('key_1')).toBe(true)
  })

  it('is how long reports will do, of so many names', () => {
    const headStarts = createHeadStarts(() => 0)
    for (let n = 0; n <= 10_000; n += 1) headStarts.noteLife(`default ${n}.test`, { from: n, forMs: 1 })
    expect([headStarts.lifeOf('default 0.test'), headStarts.lifeOf('default 10000.test')]).toEqual([
      null,
      { from: 10_000, forMs: 1 },
    ])
  })
})
