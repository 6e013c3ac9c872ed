// The texts of a domain's page: what takes the place of what, what changed since, and that nothing that is known of others is markup.
import type { DomainHistory, ReportPart } from '@postern/shared/contract/domain-report.ts'
import { finding } from '@postern/shared/report/finding.ts'
import { describe, expect, it } from 'vitest'
import { createDomainPage } from '../../../edge/src/pages/domain-page.tsx'
import { shown } from '../../../edge/src/reports/shown.ts'
import { REPORT } from '../reports/a-report.ts'

const NONE = { critical: 0, high: 0, medium: 0, low: 0, info: 0, ok: 0 }
const AT = '2026-11-21T12:00:00.000Z'

const page = (domain = 'a.test') => createDomainPage({ domain, query: {}, nonce: 'abc' })
const bogus = (names: string[], ...findings: ReportPart['findings']): ReportPart => ({
  section: 'dns',
  value: { bogus: names },
  findings,
})
const plain = (html: string) =>
  html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()

type Earlier = DomainHistory['reports'][number]
const earlier = (id: string, since: Earlier['since']): Earlier => ({
  id,
  generated_at: AT,
  by_severity: NONE,
  since,
})

describe('the page of a domain', () => {
  it('begins with a place for each section and ends as a document', () => {
    const { opening, closing } = page()
    expect(opening).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(opening).toMatch(/<template shadowrootmode="open"><slot name="verdict"><p part="waiting">/)
    expect(closing).toMatch(/^<\/main>.*<\/html>$/s)
  })

  it('shows a section once: the one that comes again hides the one before', () => {
    const { part } = page()
    const [first, second, third] = [part(bogus([])), part(bogus(['b.test'])), part(bogus(['c.test']))]
    expect(first).not.toContain('<style')
    expect(first).toContain('id="dns-1"')
    expect(second).toMatch(/^<style nonce="abc">#dns-1\{display:none\}<\/style><section .*id="dns-2"/)
    expect(third).toMatch(/^<style nonce="abc">#dns-2\{display:none\}<\/style><section .*id="dns-3"/)
  })

  it.each(['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'; alert(1); '", '</template></section>'])(
    'reads %j as text, wherever it comes from',
    (text) => {
      const one = shown(finding('DNS_BOGUS', { domain: 'a.test', subject: text, evidence: { [text]: text } }))
      const { opening, part } = page(text)
      const html = part(bogus([text], one))
      expect(html).not.toContain(text)
      expect(opening).not.toContain(text)
      expect(plain(html)).toContain('Bogus:')
    },
  )

  it('tells what changed from one report to the next, and which of them this is', () => {
    const { part, history } = page()
    part({ section: 'begun', value: { id: 'rep_3' }, findings: [] })
    const since = { report: 'rep_2', generated_at: AT, appeared: [], gone: [], changed: [] }
    const html = history([
      earlier('rep_3', {
        ...since,
        appeared: [{ id: 'MX_CNAME', subject: 'mx.a.test' }],
        gone: [{ id: 'SPF_NONE', subject: null }],
        changed: [{ what: 'spf.record', from: 'none', to: 'v=spf1 -all' }],
      }),
      earlier('rep_2', { ...since, report: 'rep_1' }),
      earlier('rep_1', null),
    ])
    expect(plain(html)).toBe(
      'What it was before 2026-11-21 12:00 UTC , this one Came MX_CNAME (mx.a.test) Went SPF_NONE spf.record none → v=spf1 -all ' +
        '2026-11-21 12:00 UTC Nothing changed. 2026-11-21 12:00 UTC Nothing to compare it with.',
    )
    expect([...html.matchAll(/href="([^"]+)"/g)].map(([, path]) => path)).toEqual([
      '/domains/a.test?report=rep_2',
      '/domains/a.test?report=rep_1',
    ])
  })

  it('sums up at the end, and leaves that place to what is said meanwhile until then', () => {
    const { opening, part } = page()
    const slots = (html: string) => [...html.matchAll(/<section [^>]*slot="(\w+)"/g)].map(([, name]) => name)
    const html = [opening, part({ section: 'begun', value: { id: 'rep_1' }, findings: [] }), part(bogus([]))]
    expect(html.flatMap(slots)).toEqual(['dns'])
    expect(opening).toContain('mail servers may take some seconds')
    expect(slots(part({ section: 'report', value: REPORT, findings: [] }))).toEqual(['overview'])
  })

  it('says where it broke off, and in place of nothing that came', () => {
    const { part, brokenOff } = page()
    part(bogus([]))
    expect(brokenOff()).toMatch(/^<section [^>]*slot="overview"[^>]*><p>The report broke off here/)
  })
})
