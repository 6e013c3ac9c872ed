// The long lists: nothing of their sources is missing, little else is found, and they are what `npm run lists` makes.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fingerprintsOf, makeLists, namesOf } from '../../shared/lists/make.ts'
import { disposable, disposableExchange } from '@postern/shared/signals/disposable.ts'
import { openFingerprints } from '@postern/shared/signals/fingerprints.ts'
import { isFree } from '@postern/shared/signals/free.ts'
import { isLasting } from '@postern/shared/signals/lasting.ts'
import { isForwarding, isRelay } from '@postern/shared/signals/relay.ts'
import listed from '@postern/shared/signals/disposable-listed.json' with { type: 'json' }

const names = namesOf()
const isKept = (name: string) => isLasting(name) || isFree(name) || isRelay(name) || isForwarding(name)

describe('fingerprints', () => {
  test('find every name that they were made of', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.domain(), { minLength: 1, maxLength: 200 }), (all) => {
        const set = openFingerprints(fingerprintsOf(all))
        expect(all.filter((name) => !set.has(name))).toEqual([])
      }),
    )
  })

  test('take no other name for one of theirs: none of 300,000', () => {
    const set = openFingerprints(fingerprintsOf([...names.listed, ...names.further]))
    const others = Array.from({ length: 300_000 }, (_, at) => `company-${at.toString(36)}.example`)
    expect(others.filter((name) => set.has(name))).toEqual([])
  })
})

describe('the long lists', () => {
  test('are what is made of the packages that are installed', () => {
    for (const [file, made] of Object.entries(makeLists(listed.date))) {
      const kept: unknown = JSON.parse(
        readFileSync(new URL(`../../shared/src/signals/${file}`, import.meta.url), 'utf8'),
      )
      expect(kept, `${file}: npm run lists`).toEqual(made)
    }
  })

  test('every disposable domain of the sources is found but for those that people keep', () => {
    const all = [...names.listed, ...names.further]
    expect(all.length).toBeGreaterThan(60_000)
    expect(all.filter((name) => !disposable(name).value && !isKept(name))).toEqual([])
  })

  test('a name below a listed one is found, down to the registrable domain', () => {
    const missed = [...names.listed, ...names.further].filter(
      (name) => !isKept(name) && !disposable(`mx.${name}`).value,
    )
    // Suffixes under which anybody may register a name (Public Suffix List): their customers are not the operator.
    expect(missed.length).toBeLessThan(30)
  })

  test('a customer of a registry or of a free DNS service is not its operator', () => {
    for (const shared of ['dns.army', 'mooo.com']) {
      expect([shared, disposable(shared).value]).toEqual([shared, true])
      expect([shared, disposable(`jane.${shared}`).value]).toEqual([shared, false])
    }
  })

  test('an exchange of a disposable operator is known by the operator’s domain', () => {
    expect(disposableExchange('mx1.mailinator.com')).toMatchObject({ value: true })
    expect(names.listed.filter((name) => !isKept(name) && disposableExchange(name) === null)).toEqual([])
    expect(disposableExchange('mx.company.example')).toBeNull()
    expect(disposableExchange('mx.simplelogin.co')).toBeNull()
    // On a list, and a provider whose mailboxes people keep.
    expect(disposableExchange('sify.com')).toBeNull()
  })

  test('the second tier says that it is one', () => {
    const sources = names.further.slice(0, 100).map((name) => disposable(name).source)
    expect(sources.some((source) => /^mailchecker .*second tier$/.test(source))).toBe(true)
  })
})
