// What one caller wants told otherwise changes that caller's answer, whole or in parts, and nothing that is kept.
import type { DomainReport, ReportPart } from '@postern/shared/contract/domain-report.ts'
import { domainReport } from '@postern/shared/contract/domain-report.ts'
import { describe, expect, it } from 'vitest'
import { type AnswerPorts, answerReport } from '../../../edge/src/reports/answer.ts'
import { reportAs, type ToldAs } from '../../../edge/src/reports/as-wanted.ts'
import { availabilityOfGroups } from '../../../edge/src/reports/render-availability.ts'
import { portsFor } from './desk.ts'

const ZONE = ['a MX 10 mx1.a.test.', 'a MX 20 mx2.a.test.', 'mx1.a A 8.8.1.8', 'mx2.a A 8.8.2.8']
const STRICT: ToldAs = { profile: 'strict', availability: 0.999 }

async function desk() {
  const ports = await portsFor({ resolvers: [{ zone: ZONE }] })
  let text: string | null = null
  const reports: AnswerPorts['reports'] = {
    latest: async () => text,
    heard: async () => null,
    keep: async (made) => (text = made),
  }
  const lives = { known: () => null, note: () => undefined }
  return async (told?: ToldAs) => {
    const parts: ReportPart[] = []
    const wanted = { id: 'rep_1', domain: { ascii: 'a.test', unicode: 'a.test' }, selectors: [], refresh: false }
    const all = { ...ports, reports, lives, warn: () => undefined }
    const report = await answerReport({ ...wanted, ...(told && { told }) }, all, (part) => parts.push(part))
    return { report: domainReport.parse(report), parts, kept: JSON.parse(text!) as DomainReport }
  }
}

const severityOf = ({ findings }: Pick<DomainReport, 'findings'>, id: string) =>
  findings.find((one) => one.id === id)?.severity

describe.each(['made', 'kept'])('a report that is %s', (which) => {
  it('is told as its caller wants it, and kept as it is', async () => {
    const ask = await desk()
    if (which === 'kept') await ask()
    const { report, parts, kept } = await ask(STRICT)
    expect([severityOf(report, 'STS_NONE'), severityOf(kept, 'STS_NONE')]).toEqual(['medium', 'info'])
    expect([report.profile, kept.profile]).toEqual(['strict', 'default'])
    expect(report.availability).toMatchObject({ effective: 0.999999, assumptions: { each_host: 0.999 } })
    expect(kept.availability).toMatchObject({ effective: 0.9999, assumptions: { each_host: 0.99 } })
    expect(parts.at(-1)).toEqual({ section: 'report', value: report, findings: [] })
    for (const [section, value] of new Map(parts.slice(1, -1).map((part) => [part.section, part.value])))
      expect(value).toEqual(report[section as keyof DomainReport])
    const told = new Map(parts.map(({ section, findings }) => [section, findings]))
    expect([...told.values()].flat().toSorted(byId)).toEqual(report.findings.toSorted(byId))
  })
})

const byId = (one: { readonly id: string }, other: { readonly id: string }): number => (one.id < other.id ? -1 : 1)

describe('findings under a profile', () => {
  it('are in order, counted, and left out where it says so', async () => {
    const { kept } = await (await desk())()
    const { findings, by_severity: counts } = reportAs(kept, { profile: 'parked', availability: null })
    const ids = findings.map(({ id }) => id)
    expect([severityOf(kept, 'STS_NONE'), ids.includes('STS_NONE')]).toEqual(['info', false])
    expect([severityOf(kept, 'SPF_NONE'), severityOf({ findings }, 'SPF_NONE')]).toEqual(['medium', 'high'])
    expect(Object.values(counts).reduce((sum, one) => sum + one, 0)).toBe(findings.length)
    const order = ['critical', 'high', 'medium', 'low', 'info', 'ok']
    const ranks = findings.map(({ severity }) => order.indexOf(severity))
    expect(ranks).toEqual(ranks.toSorted((one, other) => one - other))
    expect(reportAs(kept, { profile: 'default', availability: null })).toEqual(kept)
  })
})

describe('availability', () => {
  it('follows from what is taken of each, and from which fail together', () => {
    expect(availabilityOfGroups([['a'], ['b']], 0.999)).toMatchObject({ first_pick: 0.999, effective: 0.999999 })
    // Specification E.7, AV5: two of .999 in one group that is up .9995 of the time.
    expect(availabilityOfGroups([['a', 'b']], 0.999).grouped).toBeCloseTo(0.999499, 6)
    expect(availabilityOfGroups([['a'], ['b']], 0.9999).effective).toBe(0.99999999)
  })
})
