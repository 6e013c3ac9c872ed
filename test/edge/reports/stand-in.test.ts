// What is told while no resolver answers for a domain: the newest report that had heard of it, as stale, for a day, and never against an answer.
import { type DomainReport, domainReport, type ReportPart } from '@postern/shared/contract/domain-report.ts'
import { describe, expect, it } from 'vitest'
import { type AnswerPorts, answerReport, type Wanted } from '../../../edge/src/reports/answer.ts'
import type { Life } from '../../../edge/src/reports/freshness.ts'
import type { DohParts } from '../dns/doh-server.ts'
import { REPORT } from './a-report.ts'
import { openDesk } from './desk.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DEAD: readonly DohParts[] = [{ manner: 'servfail' }, { manner: 'refused' }]
const ZONE = ['a MX 10 mx.a.test.', 'mx.a A 8.8.8.8']

const since = (ageMs: number): Pick<DomainReport, 'generated_at'> => ({
  generated_at: new Date(Date.now() - ageMs).toISOString(),
})
const known = (ageMs: number, wish: Partial<DomainReport> = {}): DomainReport => ({
  ...REPORT,
  ...since(ageMs),
  id: 'rep_known',
  ...wish,
})
const unheard = (ageMs: number): DomainReport => ({
  ...REPORT,
  ...since(ageMs),
  id: 'rep_unheard',
  mx: { ...REPORT.mx, status: 'error', why: 'no_answer', records: [] },
})

interface Given {
  readonly resolvers?: readonly DohParts[]
  readonly latest?: DomainReport
  readonly heard?: DomainReport | Error
  readonly wish?: Partial<Wanted>
  readonly keeps?: boolean
}

async function asked({ resolvers = DEAD, latest, heard, wish = {}, keeps = true }: Given) {
  const { ports, servers } = await openDesk({ resolvers })
  const texts: string[] = []
  const parts: ReportPart[] = []
  const lives: Life[] = []
  const reports: AnswerPorts['reports'] = {
    latest: async () => (latest === undefined ? null : JSON.stringify(latest)),
    heard: async () => {
      if (heard instanceof Error) throw heard
      return heard === undefined ? null : JSON.stringify(heard)
    },
    keep: async (text) => {
      texts.push(text)
      return text
    },
  }
  const wanted = {
    id: 'rep_new',
    domain: { ascii: 'a.test', unicode: 'a.test' },
    selectors: [],
    refresh: false,
    ...wish,
  }
  const note = { known: () => null, note: (life: Life) => void lives.push(life) }
  const all = { ...ports, reports: keeps ? reports : null, lives: note, warn: () => undefined }
  const report = domainReport.parse(await answerReport(wanted, all, (part) => parts.push(part)))
  const kept = texts.map((text) => JSON.parse(text) as DomainReport)
  return { report, parts, kept, lives, questions: servers.flatMap((server) => server.asked).length }
}

describe('where no resolver answers', () => {
  it('the newest report that had heard is told as stale; what was made is kept, and says why', async () => {
    const { report, parts, kept } = await asked({ heard: known(23 * HOUR) })
    expect([report.id, report.stale, report.mx.status]).toEqual(['rep_known', true, 'mx'])
    expect(kept.map(({ id, stale, mx }) => [id, stale, mx.status, mx.why])).toEqual([
      ['rep_new', false, 'error', 'no_answer'],
    ])
    const begun = parts.filter(({ section }) => section === 'begun').map(({ value }) => (value as { id: string }).id)
    expect([begun, parts.at(-1)?.value]).toEqual([['rep_new', 'rep_known'], report])
    for (const [section, value] of new Map(parts.slice(1, -1).map((part) => [part.section, part.value])))
      if (section !== 'begun') expect(value).toEqual(report[section as keyof DomainReport])
  })

  it.each<[string, Given]>([
    ['nothing was heard before', {}],
    ['what was heard is more than a day old', { heard: known(24 * HOUR + MINUTE) }],
    ['what was heard is to come', { heard: known(-HOUR) }],
    [
      'what was heard is that no mail is taken',
      { heard: known(HOUR, { verdict: { ...REPORT.verdict, accepts_mail: 'no' } }) },
    ],
    [
      'what was heard is that signatures do not hold',
      { heard: known(HOUR, { mx: { ...REPORT.mx, status: 'error', why: 'bogus' } }) },
    ],
    ['the object does not answer', { heard: new Error('gone') }],
    ['nothing is kept of what this caller asks', { heard: known(HOUR), keeps: false }],
  ])('and %s, the new report says so', async (_what, given) => {
    const { report } = await asked(given)
    expect([report.id, report.stale, report.mx.status, report.mx.why]).toEqual(['rep_new', false, 'error', 'no_answer'])
  })

  it('it is asked again when the report that heard nothing has had its time, and not before', async () => {
    const before = await asked({ latest: unheard(MINUTE), heard: known(HOUR) })
    expect([before.report.id, before.report.stale, before.questions]).toEqual(['rep_known', true, 0])
    expect(before.parts[0]?.value).toMatchObject({ id: 'rep_known' })
    expect(before.lives).toMatchObject([{ forMs: 2 * MINUTE }])
    const after = await asked({ latest: unheard(2 * MINUTE), heard: known(HOUR) })
    expect([after.report.id, after.report.stale, after.kept.length]).toEqual(['rep_known', true, 1])
    const mended = await asked({ latest: unheard(2 * MINUTE), heard: known(HOUR), resolvers: [{ zone: ZONE }] })
    expect([mended.report.id, mended.report.stale, mended.report.mx.status]).toEqual(['rep_new', false, 'mx'])
  })

  it('a new one that is wanted is stale only where it could not be made', async () => {
    const wish = { refresh: true }
    const young = await asked({ latest: known(MINUTE / 2), heard: known(MINUTE / 2), wish })
    const old = await asked({ latest: known(MINUTE), heard: known(MINUTE), wish })
    expect([young.report.stale, young.questions, old.report.id, old.report.stale]).toEqual([
      false,
      0,
      'rep_known',
      true,
    ])
  })
})

describe('an answer of the DNS is told whatever was known', () => {
  it.each<[string, readonly DohParts[], readonly (string | null)[]]>([
    ['no such name', [{}, {}], ['nxdomain', null]],
    ['no exchange and no address', [{ zone: ['a TXT x'] }, { zone: ['a TXT x'] }], ['none', null]],
    ['no such name, by one of two', [{}, { manner: 'servfail' }], ['error', 'unconfirmed']],
    ['no such name, by the one that is asked second', [{ manner: 'refused' }, {}], ['error', 'unconfirmed']],
    [
      'signatures that do not hold',
      [
        { zone: ZONE, manner: 'bogus' },
        { zone: ZONE, manner: 'bogus' },
      ],
      ['error', 'bogus'],
    ],
  ])('%s', async (_what, resolvers, expected) => {
    const { report } = await asked({ resolvers, heard: known(HOUR) })
    expect([report.id, report.stale, report.mx.status, report.mx.why]).toEqual(['rep_new', false, ...expected])
  })
})
