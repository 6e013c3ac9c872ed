// Which spellings are one mailbox, and which names are nobody's.
import { describe, expect, test } from 'vitest'
import { canonical } from '@postern/shared/address/canonical.ts'
import { parse } from '@postern/shared/address/parse.ts'
import { specialUse } from '@postern/shared/address/special-use.ts'

describe('one mailbox under many names', () => {
  test.each([
    ['Jane.Roe+shop@GoogleMail.com', 'janeroe@gmail.com'],
    ['j.a.n.e@gmail.com', 'jane@gmail.com'],
    ['Jane.Roe+shop@outlook.com', 'jane.roe@outlook.com'],
    ['jane+shop@hotmail.co.uk', 'jane@hotmail.co.uk'],
    ['jane@hotmail.com', 'jane@hotmail.com'],
    ['jane+a@me.com', 'jane@icloud.com'],
    ['jane_roe.x+a@protonmail.com', 'janeroex@proton.me'],
    ['jane.roe@ya.ru', 'jane-roe@yandex.ru'],
    ['jane+a@fastmail.com', 'jane@fastmail.com'],
    ['Jane.Roe+shop@Example.com', 'Jane.Roe+shop@example.com'],
    ['jane@müller.de', 'jane@xn--mller-kva.de'],
    ['+jane@gmail.com', '+jane@gmail.com'],
    ['"ja ne"@gmail.com', '"ja ne"@gmail.com'],
    ['jane@[IPv6:2001:DB8::1]', 'jane@[IPv6:2001:db8::1]'],
    ['_@proton.me', '_@proton.me'],
  ])('%s is counted as %s', (typed, expected) => {
    const parsed = parse(typed, { quoted: true, ipLiteral: true })
    expect(parsed.ok && canonical(parsed.address)).toBe(expected)
  })
})

describe('a name of special use', () => {
  test.each([
    ['test', [], 'test'],
    ['mail.b.test', [], 'test'],
    ['mail.b.test', ['test'], null],
    ['b.example', ['test'], 'example'],
    ['printer.local', [], 'local'],
    ['x.home.arpa', [], 'home.arpa'],
    ['2.0.192.in-addr.arpa', [], null],
    ['4.3.2.10.in-addr.arpa', [], '10.in-addr.arpa'],
    ['1.16.172.in-addr.arpa', [], '16.172.in-addr.arpa'],
    ['31.172.in-addr.arpa', [], '31.172.in-addr.arpa'],
    ['1.32.172.in-addr.arpa', [], null],
    ['1.1.168.192.in-addr.arpa', [], '168.192.in-addr.arpa'],
    ['170.0.0.192.in-addr.arpa', [], '170.0.0.192.in-addr.arpa'],
    ['172.0.0.192.in-addr.arpa', [], null],
    ['0.8.e.f.ip6.arpa', [], '8.e.f.ip6.arpa'],
    ['8.b.d.0.1.0.0.2.ip6.arpa', [], null],
    ['eap.arpa', [], 'eap.arpa'],
    ['e164.arpa', [], null],
    ['arpa', [], null],
    ['x.home.arpa', ['home.arpa'], null],
    ['abc.onion', [], 'onion'],
    ['db.corp.internal', [], 'internal'],
    ['example.com', [], null],
    ['latest', [], null],
    ['mytest.com', [], null],
    ['test.com', [], null],
    ['', [], null],
  ] as const)('%s, with %j allowed, is %s', (domain, allowed, name) => {
    expect(specialUse(domain, allowed)).toBe(name)
  })
})
