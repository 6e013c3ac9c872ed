// Rows about domain reports: every finding is somebody's and not everybody's, and what a row promises is in the catalogue.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ALL } from './data/report-ids.ts'
import { domains } from './domains.ts'

const catalogue = new URL('../../shared/src/report/findings.json', import.meta.url)
const ids = Object.keys(JSON.parse(readFileSync(catalogue, 'utf8')) as object)

/** What no domain of the world can bring about, and why. */
const NOBODYS: Readonly<Record<string, string>> = {
  MX_RESOLVER_DISAGREE: 'takes two resolvers, and the world is one',
  MX_TLD: 'is about names without a dot: `test` itself is no row, and a journey asks for it',
  SMTP_CONNECT_TIMEOUT: 'on loopback a connection is answered or refused at once',
  SMTP_V6_ONLY_DOWN: 'lanes have no IPv6, so that nobody sees it fail',
  DANE_RESOLVERS_DIFFER: 'takes two resolvers',
  TLSRPT_RATE_HIGH: 'is about a report that somebody uploads, not about a domain',
}

const rows = domains.filter(({ findings }) => findings !== undefined)

describe('the rows', () => {
  test('know every id of the catalogue', () => {
    expect(ALL.toSorted()).toEqual(ids.toSorted())
  })

  test.each(ids.filter((id) => !(id in NOBODYS)))('%s is the finding of one, and not of another', (id) => {
    expect(rows.filter(({ findings }) => findings?.includes(id)).length).toBeGreaterThan(0)
    expect(rows.filter(({ lacks }) => lacks?.includes(id)).length).toBeGreaterThan(0)
  })

  test('what is nobody’s is promised by nobody', () => {
    for (const id of Object.keys(NOBODYS)) {
      expect(ids).toContain(id)
      expect(rows.filter(({ findings }) => findings?.includes(id)).map(({ domain }) => domain)).toEqual([])
    }
  })

  test.each(rows.map((row) => [row.domain, row] as const))(
    '%s does not contradict itself',
    (_, { findings, lacks }) => {
      for (const id of [...(findings ?? []), ...(lacks ?? [])]) expect(ids).toContain(id)
      expect(findings?.filter((id) => lacks?.includes(id))).toEqual([])
      expect(new Set(findings).size).toBe(findings?.length)
    },
  )

  test('have no mailboxes, but where they are about mail as well', () => {
    const both = rows.filter(({ boxes }) => boxes !== undefined).map(({ domain }) => domain)
    expect(both.filter((domain) => /^(?:spf|dkim|dmarc|sts|tlsrpt|tls|smtp|mx)-/u.test(domain))).toEqual([])
  })
})
