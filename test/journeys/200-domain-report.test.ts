// Reports of every domain of the world that promises findings, over HTTP with lanes that look: what is said, and what is not.
import { type DomainReport, domainReport } from '@postern/shared/contract/domain-report.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { domains } from '../world/domains.ts'
import { type Stack, startStack } from './stack.ts'

const rows = domains.filter(({ findings }) => findings !== undefined)
const AT_ONCE = 4
/** The selector under which the world's domains have their keys. */
const SELECTOR = 'main'

interface Session {
  readonly commands: readonly { readonly line: string }[]
}

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
    expect(lacks.filter((id) => ids.includes(id))).toEqual([])
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
  const events = text.trim().split('\n\n')
  return {
    type,
    lines: events.map((event) => {
      const [, section = '', data = ''] = /^event: (.*)\ndata: (.*)$/m.exec(event) ?? []
      return { section, ...(JSON.parse(data) as Omit<Line, 'section'>) }
    }),
  }
}

describe('a stream of sections', () => {
  it.each(['application/x-ndjson', 'text/event-stream'])('as %s comes to the whole report', async (accept) => {
    const { lines, type } = await linesOf('/v1/domains/exemplary.test?refresh=true', accept)
    expect(type).toContain(accept)
    const whole = domainReport.parse(lines.at(-1)?.value)
    expect(lines.at(-1)?.section).toBe('report')
    const parts = lines.slice(0, -1)
    const last = new Map(parts.map((part) => [part.section, part]))
    for (const [section, { value }] of last) expect(value).toEqual(whole[section as keyof DomainReport])
    const ids = [...last.values()].flatMap(({ findings = [] }) => findings.map(({ id }) => id))
    expect(ids.toSorted()).toEqual(whole.findings.map(({ id }) => id).toSorted())
    expect([...last.keys()]).toEqual(expect.arrayContaining(['verdict', 'mx', 'spf', 'dmarc', 'mta_sts', 'dane']))
  })
})

describe('a second report', () => {
  it('within a quarter of an hour is the first one, also where it is to be new and the first is a minute young', async () => {
    const first = await reportOf('strict.test')
    const [again, refreshed] = [await reportOf('strict.test'), await reportOf('strict.test', '?refresh=true')]
    expect([again.id, refreshed.id]).toEqual([first.id, first.id])
  })

  it('that asks for another selector is a new one', async () => {
    const first = await reportOf('dkim-1024.test', '')
    expect((await reportOf('dkim-1024.test', '?selector=main,other')).id).not.toBe(first.id)
  })

  it('at the same time is one in the history', async () => {
    const [one, other] = await Promise.all([
      reportOf('mx-twice.test', '?selector=a'),
      reportOf('mx-twice.test', '?selector=b'),
    ])
    expect(one.id).not.toBe(other.id)
    const response = await stack.request('/v1/domains/mx-twice.test/history', { headers: bearer(stack.keys.sk_live) })
    const { domain, reports: kept } = (await response.json()) as { domain: string; reports: { id: string }[] }
    expect([domain, kept.length, [one.id, other.id].includes(kept[0]!.id)]).toEqual(['mx-twice.test', 1, true])
  })
})

describe('a name', () => {
  it('is understood in any script, in capitals and with its last dot', async () => {
    const written = [await reportOf('B%C3%9CCHER.test.', ''), await reportOf('xn--bcher-kva.test', '')]
    expect(written.map(({ domain, ascii }) => [domain, ascii])).toEqual([
      ['bücher.test', 'xn--bcher-kva.test'],
      ['bücher.test', 'xn--bcher-kva.test'],
    ])
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
