// What an address shows by itself, and by which list.
import { describe, expect, test } from 'vitest'
import { parse } from '@postern/shared/address/parse.ts'
import { disposableDomains } from '@postern/shared/signals/disposable-domains.ts'
import { freeDomains } from '@postern/shared/signals/free-domains.ts'
import { listsDomainOrParent, nameList } from '@postern/shared/signals/list.ts'
import { forwardingDomains, relayDomains } from '@postern/shared/signals/relay-domains.ts'
import { commonRoleNames, rfc2142Names } from '@postern/shared/signals/role-names.ts'
import { type Recognised, signals } from '@postern/shared/signals/signals.ts'

function shown(typed: string): readonly Recognised[] {
  const parsed = parse(typed, { ipLiteral: true, quoted: true })
  if (!parsed.ok) throw new Error(`not an address: ${typed}`)
  return signals(parsed.address)
}

const trueOnes = (typed: string) =>
  shown(typed)
    .filter(({ value }) => value)
    .map(({ signal }) => signal)

describe('an address shows', () => {
  test.each([
    ['jane@b.example.com', []],
    ['jane@gmail.com', ['free']],
    ['jane+shop@gmail.com', ['subaddress', 'free']],
    ['Postmaster@b.example.com', ['role']],
    ['abuse+x@b.example.com', ['role', 'subaddress']],
    ['no-reply@b.example.com', ['role']],
    ['infoline@b.example.com', []],
    ['+sales@b.example.com', []],
    ['jane@mail.gmail.com', []],
    ['jane@mailinator.com', ['disposable']],
    ['jane@x.y.mailinator.com', ['disposable']],
    ['jane@notmailinator.com', []],
    ['jane@mailinator.com.example', []],
    ['jane@duck.com', ['relay']],
    ['shop@jane.anonaddy.com', ['relay']],
    ['xyz@privaterelay.appleid.com', ['relay']],
    ['jane@appleid.com', []],
    ['jane@pobox.com', ['forwarding']],
    ['jane@lists.ieee.org', []],
    ['postmaster@[192.0.2.1]', ['role']],
  ])('%s: %j', (typed, expected) => {
    expect(trueOnes(typed)).toEqual(expected)
  })

  test('every signal looked for, each by a list of its own, and none for a domain that is a machine', () => {
    expect(shown('jane@b.example.com').map(({ signal }) => signal)).toEqual([
      'role',
      'subaddress',
      'free',
      'relay',
      'forwarding',
      'disposable',
    ])
    expect(shown('jane@[192.0.2.1]').map(({ signal }) => signal)).toEqual(['role', 'subaddress'])
    expect(shown('abuse@b.example.com')[0]).toEqual({ signal: 'role', value: true, source: 'RFC 2142' })
    expect(shown('billing@b.example.com')[0]).toEqual({ signal: 'role', value: true, source: commonRoleNames.source })
  })
})

describe('the lists', () => {
  const domainLists = [freeDomains, relayDomains, forwardingDomains, disposableDomains]

  test.each(domainLists.map((list) => [list.source, list] as const))(
    '%s holds domains as they are looked up, sorted',
    (_, list) => {
      const names = [...list.names]
      expect(names).toEqual([...names].sort())
      for (const name of names)
        expect(parse(`x@${name}`)).toMatchObject({ ok: true, address: { domain: { ascii: name } } })
    },
  )

  test('do not call a relay, a forwarder or a free provider disposable', () => {
    for (const list of [freeDomains, relayDomains, forwardingDomains]) {
      expect([...list.names].filter((name) => listsDomainOrParent(disposableDomains, name))).toEqual([])
    }
  })

  test('keep RFC 2142 apart from the common names', () => {
    expect([...commonRoleNames.names].filter((name) => rfc2142Names.names.has(name))).toEqual([])
  })

  test.each([
    ['b.example', true],
    ['a.b.example', true],
    ['xb.example', false],
    ['example', false],
    ['', false],
  ])('a parent of %j is found: %s', (domain, found) => {
    expect(listsDomainOrParent(nameList('x', ['b.example']), domain)).toBe(found)
  })
})
