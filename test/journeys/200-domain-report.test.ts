// Reports of every domain of the world that promises findings, over HTTP with lanes that look: what is said, and what is not.
import { domainHistory, type DomainReport, domainReport, reportPart } from '@postern/shared/contract/domain-report.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDomainPage } from '../../edge/src/pages/domain-page.tsx'
import { partsOf } from '../../edge/src/reports/answer.ts'
import { domains } from '../world/domains.ts'
import { OFFERED, offeredIn } from './offered.ts'
import { type Stack, startStack } from './stack.ts'

const rows = domains.filter(({ findings }) => findings !== undefined)
const AT_ONCE = 4
/** The selector under which the world's domains have their keys. */
const SELECTOR = 'main'

interface Session {
  readonly commands: readonly { readonly line: string }[]
}

/** Rests on what our own first question took, which a busy machine makes long. */
const OF_PACE = 'DNS_COLD_OVER_150MS'

let stack: Stack
const reports = new Map<string, DomainReport>()

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

async function reportOf(domain: string, query = `?selector=${SELECTOR}`): Promise<DomainReport> {
  const response = await stack.request(`/v1/domains/${domain}${query}`, { headers: bearer(stack.keys.sk_live) })
  const body = await response.text()
  if (response.status !== 200) throw new Error(`${domain}: ${response.status} ${body}`)
  return domainReport.parse(JSON.parse(body))
}

beforeAll(async () => {
  stack = await startStack()
  const queue = [...rows]
  const worker = async (): Promise<void> => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
      reports.set(row.domain, await reportOf(row.domain))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}, 90_000)
afterAll(() => stack.stop())

describe('the report', () => {
  it.each(rows.map((row) => [row.domain, row] as const))('of %s', (domain, { findings = [], lacks = [] }) => {
    const ids = reports.get(domain)!.findings.map(({ id }) => id)
    expect(findings.filter((id) => !ids.includes(id))).toEqual([])
    expect(lacks.filter((id) => ids.includes(id) && id !== OF_PACE)).toEqual([])
  })

  it.each([
    ['nxdomain.test', ['MX_NXDOMAIN']],
    ['null-mx.test', ['DMARC_NONE', 'SPF_NONE', 'DKIM_NO_ZONE', 'MX_NULL']],
  ])('of %s says nothing of protection that nobody misses', (domain, expected) => {
    expect(reports.get(domain)!.findings.map(({ id }) => id)).toEqual(expected)
  })

  it.each(rows.map(({ domain }) => domain))('of %s has a page with all its findings, in words', (domain) => {
    const report = reports.get(domain)!
    const page = createDomainPage({ domain, query: { report: report.id }, nonce: 'n' })
    const parts = [...partsOf(report), { section: 'report' as const, value: report, findings: [] }]
    const text = parts.map(page.part).join('')
    const shown = [...text.matchAll(/data-finding="(\w+)"/g)].map(([, id = '']) => id)
    expect(shown.toSorted()).toEqual(report.findings.map(({ id }) => id).toSorted())
    expect(/.{0,80}(undefined|NaN|\[object|>(null|true|false)<)/.exec(text)?.[0]).toBeUndefined()
    // Each finding at the top leads to a section that is on the page.
    for (const [, anchor] of text.matchAll(/href="#([\w-]+)"/g)) expect(text.includes(`id="${anchor}"`)).toBe(true)
  })

  it.each(rows.filter(({ fault, faults }) => fault === undefined && faults === undefined))(
    'of $domain says who vouches for its records',
    ({ domain, authentic = false, nonexistent = false }) => {
      const { mx, spf, tls_rpt: tlsRpt } = reports.get(domain)!
      const states = [mx.dnssec, spf.dnssec, tlsRpt.dnssec].filter((state) => state !== null)
      if (!nonexistent) expect(states.filter((state) => state !== (authentic ? 'secure' : 'insecure'))).toEqual([])
    },
  )

  it.each(OFFERED)('of %s offers with %s what is to be published', (domain, id, expected) => {
    expect(offeredIn(reports.get(domain), id)).toEqual(expected)
  })

  it('is looked for by nobody in a way that no server forgives', async () => {
    const violations = await (await fetch(`${stack.worldUrl()}/world/violations`)).json()
    expect(violations).toEqual([])
  })

  it('names no mailbox to anybody: nobody is asked for a recipient', async () => {
    const sessions = (await stack.sessions()) as unknown as Session[]
    expect(sessions.length).toBeGreaterThan(10)
    const said = sessions.flatMap(({ commands }) => commands.map(({ line }) => line.slice(0, 4).toUpperCase()))
    expect(said.filter((word) => word === 'MAIL' || word === 'RCPT' || word === 'DATA')).toEqual([])
  })
})

interface Line {
  readonly section: string
  readonly value: unknown
  readonly findings?: readonly { readonly id: string }[]
}

async function linesOf(path: string, accept: string): Promise<{ lines: Line[]; type: string }> {
  const response = await stack.request(path, { headers: { ...bearer(stack.keys.sk_live), accept } })
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  if (accept === 'application/x-ndjson') {
    const lines = text.trim().split('\n')
    return { type, lines: lines.map((line) => JSON.parse(line) as Line) }
  }
  // A stream has comments as well.
  const events = text.split('\n\n').filter((event) => event !== '' && !event.startsWith(':'))
  return {
    type,
    lines: events.map((event) => {
      const [, section = '', data = ''] = /^event: (.*)\ndata: (.*)$/m.exec(event) ?? []
      return { section, ...(JSON.parse(data) as Omit<Line, 'section'>) }
    }),
  }
}

describe('a stream of sections', () => {
  it.each([
    ['application/x-ndjson', '?refresh=true'],
    ['text/event-stream', '?refresh=true'],
    ['application/x-ndjson', `?selector=${SELECTOR}`],
  ])('as %s (%s) comes to the whole report', async (accept, query) => {
    const { lines, type } = await linesOf(`/v1/domains/exemplary.test${query}`, accept)
    expect(type).toContain(accept)
    for (const line of lines) reportPart.parse(line)
    const whole = domainReport.parse(lines.at(-1)?.value)
    expect([lines[0], lines.at(-1)?.section]).toEqual([
      { section: 'begun', value: { id: whole.id, domain: 'exemplary.test', ascii: 'exemplary.test' }, findings: [] },
      'report',
    ])
    const last = new Map(lines.slice(1, -1).map((part) => [part.section, part]))
    for (const [section, { value }] of last) expect(value).toEqual(whole[section as keyof DomainReport])
    const ids = [...last.values()].flatMap(({ findings = [] }) => findings.map(({ id }) => id))
    expect(ids.toSorted()).toEqual(whole.findings.map(({ id }) => id).toSorted())
    expect([...last.keys()]).toEqual(expect.arrayContaining(['verdict', 'mx', 'spf', 'dmarc', 'mta_sts', 'dane']))
  })

  it('has signs of life while a lane waits for a host that says nothing', async () => {
    const headers = { ...bearer(stack.keys.sk_live), accept: 'text/event-stream' }
    const text = await (await stack.request('/v1/domains/tarpit.test', { headers })).text()
    const [comments, events] = [/^: \n\n/gm, /^event: /gm].map((one) => text.match(one)?.length ?? 0)
    expect(comments).toBeGreaterThanOrEqual(1)
    expect(events).toBeGreaterThan(10)
  })

  it.each([
    ['application/json, application/x-ndjson;q=0.1', 'application/json'],
    ['text/csv', 'application/json'],
    ['text/event-stream;q=0.2, application/x-ndjson', 'application/x-ndjson'],
  ])('where %s is accepted is %s', async (accept, expected) => {
    const headers = { ...bearer(stack.keys.sk_live), accept }
    const response = await stack.request('/v1/domains/null-mx.test', { headers })
    await response.text()
    expect(response.headers.get('content-type')).toContain(expected)
  })
})

const get = (path: string) => stack.request(path, { headers: bearer(stack.keys.sk_live) })

describe('a second report', () => {
  it('within a quarter of an hour is the first one, also where it is to be new and the first is a minute young', async () => {
    const first = await reportOf('strict.test')
    const [again, refreshed] = [await reportOf('strict.test'), await reportOf('strict.test', '?refresh=true')]
    expect([again.id, refreshed.id]).toEqual([first.id, first.id])
  })

  it('shows keys to whoever names them, and to nobody else', async () => {
    const [named, plain] = [await reportOf('dkim-short.test'), await reportOf('dkim-short.test', '')]
    expect([named.id, named.dkim.selectors.map(({ selector }) => selector)]).toEqual([plain.id, [SELECTOR]])
    expect(named.findings.map(({ id }) => id)).toContain('DKIM_KEY_1024')
    expect([plain.dkim.selectors, plain.findings.map(({ id }) => id)]).toEqual([
      [],
      expect.not.arrayContaining(['DKIM_KEY_1024']),
    ])
  })

  it('at the same time is the same one for all, and one in the history, where it can be had again', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => reportOf('greet-pause.test', '')))
    expect(all.map(({ unmeasured }) => unmeasured)).toEqual(all.map(() => []))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    const body = domainHistory.parse(await (await get('/v1/domains/greet-pause.test/history')).json())
    expect([body.domain, body.reports.length]).toEqual(['greet-pause.test', 1])
    const { id } = body.reports[0]!
    const kept = domainReport.parse(await (await get(`/v1/domains/greet-pause.test/history/${id}`)).json())
    expect(kept.id).toBe(id)
    expect((await get('/v1/domains/greet-pause.test/history/rep_1')).status).toBe(404)
  })
})

describe('what a caller wants told otherwise', () => {
  const QUERY = '?profile=strict&availability=0.999'

  it('is for that caller alone, and costs no new report', async () => {
    const plain = await reportOf('strict.test', '')
    const strict = await reportOf('strict.test', QUERY)
    const again = await reportOf('strict.test', '')
    expect([strict.id, again]).toEqual([plain.id, plain])
    expect([strict.profile, strict.availability?.first_pick, plain.availability?.first_pick]).toEqual([
      'strict',
      0.999,
      0.99,
    ])
    const severities = [plain, strict].map(({ findings }) => findings.find(({ id }) => id === 'STS_NONE')?.severity)
    expect(severities).toEqual(['info', 'medium'])
    expect(strict.by_severity.info).toBeLessThan(plain.by_severity.info)
  })

  it('holds in a stream', async () => {
    const { lines } = await linesOf(`/v1/domains/strict.test${QUERY}`, 'application/x-ndjson')
    const whole = domainReport.parse(lines.at(-1)?.value)
    expect(lines.findLast(({ section }) => section === 'availability')?.value).toEqual(whole.availability)
    const weighed = lines.flatMap(({ findings = [] }) => findings).find(({ id }) => id === 'STS_NONE')
    expect([whole.profile, weighed]).toMatchObject(['strict', { severity: 'medium' }])
  })

  it.each(['profile=mild', 'profile=', 'availability=1', 'availability=0', 'availability=', 'availability=high'])(
    'is refused where it is %s',
    async (query) => {
      const response = await get(`/v1/domains/strict.test?${query}`)
      const { errors } = (await response.json()) as { errors: readonly { pointer: string }[] }
      expect([response.status, errors[0]?.pointer]).toEqual([422, `?${query.split('=')[0]}`])
    },
  )
})

describe('a name', () => {
  it('is understood in any script, in capitals and with its last dot', async () => {
    const written = [await reportOf('B%C3%9CCHER.test.', ''), await reportOf('xn--bcher-kva.test', '')]
    expect(written.map(({ domain, ascii }) => [domain, ascii])).toEqual([
      ['bücher.test', 'xn--bcher-kva.test'],
      ['bücher.test', 'xn--bcher-kva.test'],
    ])
  })

  it('with a space before and behind it is meant without', async () => {
    expect((await reportOf('%20null-mx.test%20', '')).ascii).toBe('null-mx.test')
  })

  it('without a dot is reported on, and that is not reliable', async () => {
    expect((await reportOf('test', '')).findings.map(({ id }) => id)).toContain('MX_TLD')
  })

  it.each([
    ['jane@strict.test', 'behind the @'],
    ['127.0.0.1', 'IP address'],
    ['a..test', 'no domain name'],
    [`${'a'.repeat(64)}.test`, 'no domain name'],
    [`${'a.'.repeat(150)}test`, 'domain'],
    ['printer.local', 'local'],
    ['-', 'no domain name'],
    ['https://strict.test/', 'name its host'],
    ['strict.test:25', 'port'],
  ])('such as %s is refused with what to do', async (name, words) => {
    const path = `/v1/domains/${encodeURIComponent(name)}`
    for (const way of [path, `${path}/history`]) {
      const response = await stack.request(way, { headers: bearer(stack.keys.sk_live) })
      const { detail } = (await response.json()) as { detail: string }
      expect([response.status, detail]).toEqual([422, expect.stringContaining(words)])
    }
  })
})

describe('a test key', () => {
  it('is told what the DNS tells; no lane looks on its behalf, and nothing is kept', async () => {
    const ask = (path: string) => stack.request(path, { headers: bearer(stack.keys.sk_test) })
    const made = domainReport.parse(await (await ask('/v1/domains/young.test')).json())
    expect(made.unmeasured).toEqual([{ what: 'smtp', subject: '*', why: 'test_key', retry_at: null }])
    expect(await (await ask('/v1/domains/young.test/history')).json()).toEqual({ domain: 'young.test', reports: [] })
    expect((await reportOf('young.test')).unmeasured).toEqual([])
  })
})

describe('an opted-out domain', () => {
  it('is looked at in the DNS alone', async () => {
    const made = await reportOf('opted-out.test')
    expect(made.verdict.accepts_mail).toBe('yes')
    expect(made.unmeasured.map(({ why }) => why)).toEqual(['opted_out'])
    expect(made.findings.filter(({ section }) => section === 'smtp' || section === 'tls')).toEqual([])
  })
})
