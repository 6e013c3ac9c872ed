// Whose DMARC record counts (RFC 9989 §4.10), and what it asks for then.
import { type DmarcRecord, parseDmarc } from '@postern/shared/report/dmarc.ts'
import { appliedTo, isAligned, organisationOf, type Published, walkOf } from '@postern/shared/report/dmarc-walk.ts'
import { describe, expect, it } from 'vitest'

const recordOf = (text: string): DmarcRecord => {
  const parsed = parseDmarc(`v=DMARC1; ${text}`)
  if (!parsed.ok) throw new Error(parsed.detail)
  return parsed.record
}

/** Of some names their record, or that it was not learned. */
type Records = Readonly<Record<string, string>>

const publishedAs = (text: string | undefined): Published => {
  if (text === undefined) return { kind: 'none' }
  return text === 'unlearned' ? { kind: 'unlearned' } : { kind: 'record', record: recordOf(text) }
}

const walked = (domain: string, records: Records) =>
  walkOf(domain).map((name) => ({ name, has: publishedAs(records[name]) }))

describe('the walk', () => {
  it('asks from the domain upwards, eight names at most, the long way skipped', () => {
    expect(walkOf('mail.example.com')).toEqual(['mail.example.com', 'example.com', 'com'])
    expect(walkOf('com')).toEqual(['com'])
    const long = 'a.b.c.d.e.f.g.h.i.j.mail.example.com'
    expect(walkOf(long)).toEqual([
      long,
      'g.h.i.j.mail.example.com',
      'h.i.j.mail.example.com',
      'i.j.mail.example.com',
      'j.mail.example.com',
      'mail.example.com',
      'example.com',
      'com',
    ])
  })
})

describe('the organisation of a name', () => {
  it.each([
    [
      'the highest name with a record',
      'a.mail.example.com',
      { 'mail.example.com': 'p=none', 'example.com': 'p=none' },
      'example.com',
    ],
    [
      'the name that says so',
      'a.mail.example.com',
      { 'mail.example.com': 'p=none; psd=n', 'example.com': 'p=none' },
      'mail.example.com',
    ],
    [
      'the name below a public suffix',
      'a.b.giant.bank.example',
      { 'bank.example': 'p=none; psd=y' },
      'giant.bank.example',
    ],
    ['itself where nobody has a record', 'mail.example.com', {}, 'mail.example.com'],
    ['itself where it is a public suffix', 'bank.example', { 'bank.example': 'p=reject; psd=y' }, 'bank.example'],
    [
      'itself where it is a public suffix below one',
      'bank.example',
      { 'bank.example': 'p=reject; psd=y', example: 'p=none' },
      'bank.example',
    ],
    ['the highest name with a record, and be it one that asks for nothing', 'a.b.test', { 'b.test': 't=y' }, 'b.test'],
    [
      'the name below a public suffix that asks for nothing',
      'a.b.bank.example',
      { 'bank.example': 'psd=y' },
      'b.bank.example',
    ],
    ['unknown where a name above was not learned', 'a.b.test', { 'a.b.test': 'p=none', 'b.test': 'unlearned' }, null],
    ['unknown where the last name was not learned', 'a.b.test', { 'b.test': 'p=none', test: 'unlearned' }, null],
    ['unknown where the first name was not learned', 'a.b.test', { 'a.b.test': 'unlearned', 'b.test': 'p=none' }, null],
    [
      'known where the name that says so is below one that was not learned',
      'a.b.test',
      { 'b.test': 'p=none; psd=n', test: 'unlearned' },
      'b.test',
    ],
  ])('is %s', (...[, domain, records, organisation]) => {
    expect(organisationOf(domain, walked(domain, records))).toBe(organisation)
  })
})

describe('the policy for a name', () => {
  const of = (domain: string, records: Records, exists: boolean | null = true) => {
    const applied = appliedTo(domain, walked(domain, records), exists)
    if (applied.kind === 'found') return `${applied.effective.policy} by ${applied.effective.foundAt}`
    return applied.kind === 'off' ? `off by ${applied.foundAt}` : applied.kind
  }

  it.each([
    ['its own record', of('example.com', { 'example.com': 'p=quarantine' }), 'quarantine by example.com'],
    ['that of its organisation', of('a.example.com', { 'example.com': 'p=quarantine' }), 'quarantine by example.com'],
    ['that for names below', of('a.example.com', { 'example.com': 'p=none; sp=reject' }), 'reject by example.com'],
    [
      'that for names that are not there',
      of('x.example.com', { 'example.com': 'p=none; np=reject' }, false),
      'reject by example.com',
    ],
    [
      'that of its public suffix',
      of('giant.bank.example', { 'bank.example': 'p=reject; psd=y' }),
      'reject by bank.example',
    ],
    [
      'one level lower while it is tested',
      of('example.com', { 'example.com': 'p=reject; t=y' }),
      'quarantine by example.com',
    ],
    ['none where there is none', of('example.com', {}), 'none'],
    [
      'its own record, whatever was not learned above',
      of('a.b.test', { 'a.b.test': 'p=reject', 'b.test': 'unlearned' }),
      'reject by a.b.test',
    ],
    ['unlearned where its own name was not', of('a.b.test', { 'a.b.test': 'unlearned' }), 'unlearned'],
    ['unlearned where a name above was not', of('a.b.test', { 'b.test': 'unlearned' }), 'unlearned'],
    [
      'unlearned where a name above its likely organisation was not',
      of('a.b.test', { 'b.test': 'p=reject', test: 'unlearned' }),
      'unlearned',
    ],
    [
      'that of its organisation, whatever was not learned above that',
      of('a.b.test', { 'b.test': 'p=reject; psd=n', test: 'unlearned' }),
      'reject by b.test',
    ],
    [
      'unlearned where nobody knows whether it exists, and that decides',
      of('a.b.test', { 'b.test': 'p=none; np=reject' }, null),
      'unlearned',
    ],
    [
      'known where nobody knows whether it exists, and all names below are alike',
      of('a.b.test', { 'b.test': 'p=none; sp=reject' }, null),
      'reject by b.test',
    ],
    [
      'none where its own record asks for nothing',
      of('a.b.test', { 'a.b.test': 't=y', 'b.test': 'p=reject' }),
      'off by a.b.test',
    ],
    ['none where its organisation asks for nothing', of('a.b.test', { 'b.test': 't=y' }), 'off by b.test'],
  ])('is %s', (_what, found, expected) => {
    expect(found).toBe(expected)
  })
})

describe('a name that was vouched for', () => {
  const organisation = (domain: string) => domain.split('.').slice(-2).join('.')
  const relaxed = { strictSpf: false, strictDkim: false }

  it.each([
    ['is aligned by SPF within the organisation', { spf: 'bounce.example.com', dkim: [] }, relaxed, true],
    ['is aligned by any signature', { spf: null, dkim: ['other.test', 'example.com'] }, relaxed, true],
    [
      'is not where strictness is asked for',
      { spf: 'bounce.example.com', dkim: [] },
      { ...relaxed, strictSpf: true },
      false,
    ],
    ['is not by somebody else', { spf: 'other.test', dkim: ['third.test'] }, relaxed, false],
    ['is not by nobody', { spf: null, dkim: [] }, relaxed, false],
  ])('%s', (...[, signs, modes, expected]) => {
    expect(isAligned({ from: 'example.com', ...signs }, modes, organisation)).toBe(expected)
  })
})
