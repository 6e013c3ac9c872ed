// Registries' answers: which server is asked, by which URL, and what its JSON says of a domain's age.
import { domainUrl, readBootstrap, serverFor, SHIPPED } from '@postern/shared/rdap/bootstrap.ts'
import { registeredAt } from '@postern/shared/rdap/registration.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const NOW = Date.UTC(2026, 10, 21)

describe('the list of servers', () => {
  it('is read as the IANA writes it, https only', () => {
    const servers = readBootstrap({
      version: '1.0',
      services: [
        [
          ['Example', 'museum'],
          ['http://rdap.example/', 'https://rdap.example/v1'],
        ],
        [['plain'], ['http://rdap.plain/']],
      ],
    })
    expect([...(servers ?? [])]).toEqual([
      ['example', 'https://rdap.example/v1/'],
      ['museum', 'https://rdap.example/v1/'],
    ])
  })

  it.each([[null], [[]], [{}], [{ services: [] }], [{ services: [['com', 'https://x/']] }], ['text']])(
    'is none where %j came',
    (value) => {
      expect(readBootstrap(value)).toBeNull()
    },
  )

  it.each([
    ['shop.example', 'https://one/'],
    ['a.b.example', 'https://one/'],
    ['shop.co.example', 'https://two/'],
    ['co.example', 'https://one/'],
    ['example', null],
    ['notexample.org', null],
  ])('names for %s: %s', (domain, url) => {
    const servers = new Map([
      ['example', 'https://one/'],
      ['co.example', 'https://two/'],
    ])
    expect(serverFor(servers, domain)).toBe(url)
  })

  it('that comes along holds base URLs over https, each with its slash', () => {
    for (const [suffix, url] of SHIPPED) {
      expect(suffix).toMatch(/^[a-z0-9.-]+$/)
      expect(url).toMatch(/^https:\/\/[a-z0-9.-]+\/(?:.*\/)?$/)
    }
    expect(domainUrl(serverFor(SHIPPED, 'example.com') ?? '', 'example.com')).toMatch(/\/domain\/example\.com$/)
  })
})

const answer = (events: unknown, ldhName = 'strict.test') => ({ objectClassName: 'domain', ldhName, events })
const registered = (eventDate: unknown, eventAction = 'registration') => ({ eventAction, eventDate })

describe('a registration', () => {
  it.each([
    ['in UTC', '2020-05-01T10:00:00Z', Date.UTC(2020, 4, 1, 10)],
    ['in another zone', '2020-05-01T10:00:00+02:00', Date.UTC(2020, 4, 1, 8)],
    ['with fractions', '2020-05-01T10:00:00.5Z', Date.UTC(2020, 4, 1, 10, 0, 0, 500)],
  ])('%s is read', (_what, date, at) => {
    expect(registeredAt(answer([registered(date)]), 'strict.test', NOW)).toBe(at)
  })

  it('that was made anew counts from then on; other events count for nothing', () => {
    const events = [
      registered('2001-01-01T00:00:00Z'),
      registered('2026-11-01T00:00:00Z', 'reregistration'),
      registered('2026-11-20T00:00:00Z', 'last changed'),
      'nonsense',
    ]
    expect(registeredAt(answer(events), 'strict.test', NOW)).toBe(Date.UTC(2026, 10, 1))
  })

  it.each([
    ['of another name', answer([registered('2020-05-01T10:00:00Z')], 'lax.test')],
    ['in the future', answer([registered('2027-05-01T10:00:00Z')])],
    ['before there were domains', answer([registered('1970-01-01T00:00:00Z')])],
    ['on no day', answer([registered('yesterday')])],
    ['on a number', answer([registered(3)])],
    ['that nobody tells', answer(undefined)],
    ['of something else', { objectClassName: 'entity', ldhName: 'strict.test' }],
    ['in nothing', null],
  ])('%s is none', (_what, value) => {
    expect(registeredAt(value, 'strict.test', NOW)).toBeNull()
  })

  it('is an instant or null, whatever came', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(registeredAt(value, 'strict.test', NOW)).toBeNull()
      }),
    )
  })
})
