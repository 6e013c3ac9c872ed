// Which report is given to whom: the newest while it holds, a new one after it, another's where that was made beside it.
import type { DomainReport, ReportPart } from '@postern/shared/contract/domain-report.ts'
import { describe, expect, it } from 'vitest'
import { type AnswerPorts, answerReport, type Wanted } from '../../../edge/src/reports/answer.ts'
import type { Life } from '../../../edge/src/reports/freshness.ts'
import { REPORT } from './a-report.ts'
import { portsFor } from './desk.ts'
import { policy, soundZone } from './zones.ts'

const AT = Date.parse(REPORT.generated_at)
const KEPT: DomainReport = {
  ...REPORT,
  id: 'rep_kept',
  mx: { ...REPORT.mx, records: REPORT.mx.records.map((record) => ({ ...record, addresses: [] })) },
}
const DOUBTFUL = { ...KEPT, spf: { ...KEPT.spf, status: 'unlearned' as const } }

interface Given {
  readonly latest?: DomainReport | Error
  /** What keeping comes to; by default what was to be kept. */
  readonly kept?: DomainReport | Error
  readonly afterMs?: number
  readonly wish?: Partial<Wanted>
}

async function asked({ latest, kept, afterMs = 0, wish = {} }: Given) {
  const texts: string[] = []
  const warnings: string[] = []
  const parts: ReportPart[] = []
  const said = async (one: DomainReport | Error): Promise<string> => {
    if (one instanceof Error) throw one
    return JSON.stringify(one)
  }
  const reports: AnswerPorts['reports'] = {
    latest: async () => (latest === undefined ? null : said(latest)),
    heard: async () => null,
    keep: async (text) => {
      texts.push(text)
      return kept === undefined ? text : said(kept)
    },
  }
  const ports = await portsFor({ resolvers: [{ zone: soundZone(1) }], policy: policy() })
  const wanted = {
    id: 'rep_new',
    domain: { ascii: 'a.test', unicode: 'a.test' },
    selectors: [],
    refresh: false,
    ...wish,
  }
  const now = () => AT + afterMs
  const warn = (what: string) => void warnings.push(what)
  const lives: Life[] = []
  const known = { known: () => null, note: (life: Life) => void lives.push(life) }
  const all = { ...ports, ...clockOf(ports, now), reports, warn, lives: known }
  const report = await answerReport(wanted, all, (part) => parts.push(part))
  return { id: report.id, kept: texts.length, warnings: warnings.length, parts, report, lives }
}

/** The clock by which reports are young or old; look-ups have their own. */
const clockOf = (ports: Pick<AnswerPorts, 'now'>, now: () => number) => {
  let first = true
  return {
    now: () => {
      const isFirst = first
      first = false
      return isFirst ? now() : ports.now()
    },
  }
}

const MINUTE = 60_000

describe('a report', () => {
  it.each<[string, Given, string]>([
    ['there is none', {}, 'rep_new'],
    ['the newest is fourteen minutes old', { latest: KEPT, afterMs: 14 * MINUTE }, 'rep_kept'],
    ['the newest is fifteen minutes old', { latest: KEPT, afterMs: 15 * MINUTE }, 'rep_new'],
    ['a doubtful one is a minute old', { latest: DOUBTFUL, afterMs: MINUTE }, 'rep_kept'],
    ['a doubtful one is two minutes old', { latest: DOUBTFUL, afterMs: 2 * MINUTE }, 'rep_new'],
    [
      'one is wanted anew that is younger than a minute',
      { latest: KEPT, afterMs: MINUTE - 1, wish: { refresh: true } },
      'rep_kept',
    ],
    ['one is wanted anew that is a minute old', { latest: KEPT, afterMs: MINUTE, wish: { refresh: true } }, 'rep_new'],
    ['the clock has gone back', { latest: KEPT, afterMs: -MINUTE }, 'rep_new'],
    ['the newest is of another shape', { latest: { ...KEPT, schema: 'domain-report/0' as never } }, 'rep_new'],
    ['another one was made beside it', { kept: KEPT }, 'rep_kept'],
  ])('where %s', async (_when, given, expected) => {
    const { id, parts, report } = await asked(given)
    expect(id).toBe(expected)
    const last = parts.findLast(({ section }) => section === 'begun')
    expect([last?.value, parts.at(-1)?.value]).toEqual([{ id, domain: 'a.test', ascii: 'a.test' }, report])
    // Each section was told as the whole report has it.
    for (const [section, value] of new Map(parts.slice(1, -1).map((part) => [part.section, part.value])))
      if (section !== 'begun') expect(value).toEqual(report[section as keyof DomainReport])
  })

  it.each([
    ['a good one holds for a quarter of an hour', KEPT, 15 * MINUTE],
    ['a doubtful one for two minutes', DOUBTFUL, 2 * MINUTE],
  ])('is remembered for the next one that is wanted: %s', async (_what, latest, forMs) => {
    expect((await asked({ latest })).lives).toEqual([{ from: AT, forMs }])
  })

  it('is made and given though its object does not answer, which operators are told', async () => {
    const { id, warnings } = await asked({ latest: new Error('gone'), kept: new Error('gone') })
    expect([id, warnings]).toEqual(['rep_new', 2])
  })

  it('has the keys that its caller names beside it, and keeps none of them', async () => {
    const { report, parts, id } = await asked({ latest: KEPT, wish: { selectors: ['main'] } })
    expect([id, report.dkim.selectors.map(({ selector, revoked }) => [selector, revoked])]).toEqual([
      'rep_kept',
      [['main', true]],
    ])
    expect(report.findings.map((one) => one.id)).toEqual(['DKIM_REVOKED'])
    expect(report.by_severity.info).toBe(1)
    expect(parts.findLast(({ section }) => section === 'dkim')?.value).toEqual(report.dkim)
  })
})
