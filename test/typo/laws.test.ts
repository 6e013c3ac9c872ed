// What must hold of a suggestion for any text whatever, and of every domain that is known.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalRules } from '@postern/shared/address/canonical-rules.ts'
import { parse } from '@postern/shared/address/parse.ts'
import disposable from '@postern/shared/signals/disposable.json' with { type: 'json' }
import forwarding from '@postern/shared/signals/forwarding.json' with { type: 'json' }
import vanity from '@postern/shared/signals/free-vanity.json' with { type: 'json' }
import lasting from '@postern/shared/signals/mailboxes.json' with { type: 'json' }
import free from '@postern/shared/signals/free.json' with { type: 'json' }
import relay from '@postern/shared/signals/relay.json' with { type: 'json' }
import mailboxes from '@postern/shared/typo/mailboxes.json' with { type: 'json' }
import neighbours from '@postern/shared/typo/neighbours.json' with { type: 'json' }
import popularity from '@postern/shared/typo/popularity.json' with { type: 'json' }
import { suggest } from '@postern/shared/typo/suggest.ts'

const suggested = (typed: string) => suggest(typed, parse(typed))
const domainsOf = (...tables: readonly { rows: readonly { domains: readonly string[] }[] }[]) =>
  tables.flatMap(({ rows }) => rows.flatMap(({ domains }) => domains))

const known = [
  ...domainsOf(free, vanity, lasting, relay, forwarding, disposable, mailboxes, neighbours),
  ...canonicalRules.flatMap(({ domains }) => domains),
]

const letter = fc.constantFrom(
  ...'abcdefghijklmnopqrstuvwxyz0123456789.-,; _#@'.split(''),
  'é',
  '\u0000',
  '\ud800',
  '。',
)
const slip = fc.record({ at: fc.nat(30), remove: fc.nat(2), add: fc.array(letter, { maxLength: 2 }) })
const slipped = fc
  .tuple(fc.constantFrom(...known, 'acme.com', 'acme.co.uk'), fc.array(slip, { maxLength: 3 }))
  .map(([domain, slips]) =>
    slips.reduce((text, { at, remove, add }) => {
      const place = at % (text.length + 1)
      return text.slice(0, place) + add.join('') + text.slice(place + remove)
    }, domain),
  )
const text = fc.oneof(
  slipped.map((domain) => `jane+Tag@${domain}`),
  fc.tuple(fc.string({ unit: 'binary', maxLength: 8 }), slipped).map(([local, domain]) => `${local}@${domain}`),
  fc.string({ unit: 'binary' }),
)

describe('a suggestion', () => {
  test('is an address, is not what was typed, keeps the local part, is mended no further', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const parsed = parse(typed)
        const found = suggest(typed, parsed)
        if (found === null) return
        const again = parse(found.email)
        expect(again).toMatchObject({ ok: true, address: { domain: { ascii: found.domain } } })
        expect(found.email).not.toBe(typed)
        expect(found.email).not.toMatch(/[\p{Cc}\p{Cs}]/u)
        if (parsed.ok) expect(again.ok && again.address.localPart).toBe(parsed.address.localPart)
        expect(found.probability).toBeGreaterThan(0)
        expect(found.probability).toBeLessThanOrEqual(1)
        expect(suggested(found.email)).toBeNull()
      }),
      { numRuns: 20_000 },
    )
  })

  test.each([
    ['a', 1_000_000],
    ['a.', 500_000],
    [',', 1_000_000],
    [' .', 500_000],
    ['\ud800', 1_000_000],
    ['a', 900],
    ['a.', 450],
    [' .', 450],
    ['c.', 450],
    ['-', 900],
    ['é', 500],
  ])('%j, %i times over, is answered within fifty milliseconds', (unit, times) => {
    const many = unit.repeat(times)
    suggested('warm@gmial.com')
    for (const typed of [many, `jane@${many}`, `jane@${many}.cmo`, `jane@gmail,${many}`, `${many}@gmial.com`]) {
      const parsed = parse(typed)
      const before = performance.now()
      suggest(typed, parsed)
      expect(performance.now() - before).toBeLessThan(50)
    }
  })
})

describe('the lists', () => {
  test('are left alone, each domain of them', () => {
    expect(known.length).toBeGreaterThan(900)
    expect(known.filter((domain) => suggested(`jane@${domain}`) !== null)).toEqual([])
  })

  test('of this room hold each domain once, as it is looked up, and none that another list has', () => {
    const own = domainsOf(mailboxes, neighbours)
    expect(own.filter((domain, at) => own.indexOf(domain) !== at)).toEqual([])
    expect(own.filter((domain) => !parse(`jane@${domain}`).ok)).toEqual([])
    const others = new Set(domainsOf(free, vanity, lasting, relay, forwarding, disposable))
    expect(own.filter((domain) => others.has(domain))).toEqual([])
  })

  test('rank labels that some provider has', () => {
    const labels = new Set(known.map((domain) => domain.split('.')[0]))
    expect(Object.keys(popularity.perHundredThousand).filter((label) => !labels.has(label))).toEqual([])
    expect(popularity.words.filter((label) => !labels.has(label))).toEqual([])
  })
})
