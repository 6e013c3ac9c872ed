// The lists of domains: rows are as look-ups want them, and never contradict one another or well-known mailboxes.
import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from '@postern/shared/address/parse.ts'
import disposableTable from '@postern/shared/signals/disposable.json' with { type: 'json' }
import { disposable } from '@postern/shared/signals/disposable.ts'
import { domainList, liesWithin } from '@postern/shared/signals/domain-list.ts'
import forwardingTable from '@postern/shared/signals/forwarding.json' with { type: 'json' }
import vanityTable from '@postern/shared/signals/free-vanity.json' with { type: 'json' }
import mailboxTable from '@postern/shared/signals/mailboxes.json' with { type: 'json' }
import freeTable from '@postern/shared/signals/free.json' with { type: 'json' }
import { forwarding, relay } from '@postern/shared/signals/relay.ts'
import relayTable from '@postern/shared/signals/relay.json' with { type: 'json' }

const tables = [disposableTable, relayTable, forwardingTable, freeTable, vanityTable, mailboxTable]
const domainsOf = (table: (typeof tables)[number]) => table.rows.flatMap(({ domains }) => domains)

describe('a list of domains', () => {
  test.each(tables.map((table) => [table.name, table] as const))(
    '%s holds each domain once, as it is looked up',
    (_name, table) => {
      const domains = domainsOf(table)
      expect(new Set(domains).size).toBe(domains.length)
      for (const domain of domains) {
        expect(parse(`jane@${domain}`)).toMatchObject({ ok: true, address: { domain: { ascii: domain } } })
      }
    },
  )

  test('names an operator in every row, and in one row only', () => {
    for (const { rows } of tables) {
      const operators = rows.map(({ operator }) => operator)
      expect(new Set(operators).size).toBe(operators.length)
    }
  })

  test('contradicts no other: what passes mail on is neither a free mailbox nor a disposable one', () => {
    const claims = tables.flatMap((table) =>
      tables
        .filter((other) => other !== table)
        .flatMap((other) => domainsOf(other).filter((domain) => liesWithin(domainList(table), domain))),
    )
    expect(claims).toEqual([])
  })
})

describe('a domain lies within a list', () => {
  const list = domainList({ name: 'l', date: '2026-11', rows: [{ operator: 'o', domains: ['b.example'] }] })

  test.each([
    ['b.example', true],
    ['a.b.example', true],
    ['ab.example', false],
    ['example', false],
    ['b.example.com', false],
    ['', false],
  ])('%j: %s', (domain, within) => {
    expect(liesWithin(list, domain)).toBe(within)
  })

  test('by itself and by every name below, however deep', () => {
    const labels = fc.array(fc.stringMatching(/^[a-z0-9]{1,8}$/), { maxLength: 30 })
    fc.assert(
      fc.property(labels, (below) => {
        expect(liesWithin(list, [...below, 'b', 'example'].join('.'))).toBe(true)
      }),
    )
  })
})

const corpora = process.env['POSTERN_CORPORA'] ?? new URL('../../../shared/data/', import.meta.url).pathname
const file = `${corpora}/lists/false_positive_check.csv`

describe.skipIf(!existsSync(file))('well-known mail domains (skipped without the corpora)', () => {
  const rows = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(1) : []
  const domainsIn = (...categories: string[]) =>
    rows
      .map((row) => row.split(','))
      .flatMap(([category = '', domain = '']) => (categories.includes(category) ? [domain] : []))

  test('no mailbox that its owner keeps, and no relay, is called disposable', () => {
    const kept = domainsIn('mainstream', 'privacy_mailbox', 'edu_corp', 'relay_alias')
    expect(kept.length).toBeGreaterThan(100)
    expect(kept.filter((domain) => disposable(domain).value)).toEqual([])
  })

  test('19 of 20 relays are called one, but for domains that are listed as ordinary mailboxes too', () => {
    const ordinary = domainsIn('mainstream', 'privacy_mailbox', 'edu_corp')
    const relays = domainsIn('relay_alias').filter((domain) => !ordinary.includes(domain))
    const found = relays.filter((domain) => relay(domain).value || forwarding(domain).value)
    expect(found.length / relays.length, relays.filter((one) => !found.includes(one)).join(' ')).toBeGreaterThan(0.95)
  })

  test('no ordinary mailbox is called a relay', () => {
    const ordinary = domainsIn('mainstream', 'privacy_mailbox', 'edu_corp')
    expect(ordinary.filter((domain) => relay(domain).value)).toEqual([])
  })
})
