// Profiles with names: each weighs findings that there are, says why, and one that is stricter makes nothing milder.
import {
  FINDING_IDS,
  finding,
  type FindingId,
  isWorse,
  SEVERITIES,
  underProfile,
} from '@postern/shared/report/finding.ts'
import { PROFILE_NAMES, PROFILES, profileOf, profilesFrom } from '@postern/shared/report/profiles.ts'
import { describe, expect, it } from 'vitest'

const worstOf = (id: FindingId) => finding(id, { domain: 'a.test', severity: 'critical' }).severity

describe.each(PROFILE_NAMES)('the profile %s', (name) => {
  const { for: whom, weighs } = PROFILES[name]

  it('is for somebody, and weighs findings of the catalogue with a reason', () => {
    expect(whom.length).toBeGreaterThan(10)
    for (const [id, { severity, why }] of Object.entries(weighs)) {
      expect(FINDING_IDS).toContain(id)
      expect([null, ...SEVERITIES]).toContain(severity)
      expect(why).toMatch(/^[A-Z].{15,}\.$/)
    }
  })

  it('changes what it weighs', () => {
    for (const [id, { severity, fix }] of Object.entries(profileOf(name))) {
      const publish = [{ name: '_dmarc.a.test', type: 'TXT', value: 'v=DMARC1; p=none' }] as const
      const usual = finding(id as FindingId, { domain: 'a.test', publish })
      expect([id, severity, fix ?? usual.fix]).not.toEqual([id, usual.severity, usual.fix])
      // Records that are offered go with the advice that they are offered by.
      const advice = fix === undefined ? { fix: usual.fix, publish } : { fix, publish: [] }
      expect(underProfile([usual], profileOf(name))).toEqual(
        severity === null ? [] : [{ ...usual, severity, ...advice }],
      )
    }
  })
})

it.each([
  ['a severity', { STS_NONE: { severity: 'hihg', why: 'A reason.' } }],
  ['a finding', { STS_NOEN: { severity: 'high', why: 'A reason.' } }],
  ['a member', { STS_NONE: { severity: 'high', wyh: 'A reason.' } }],
])('a file with %s that is misspelt is refused', (_what, weighs) => {
  expect(profilesFrom(PROFILES)).toEqual(PROFILES)
  expect(() => profilesFrom({ ...PROFILES, strict: { for: 'somebody', weighs } })).toThrow('strict')
})

it('there are no other profiles, and the usual one weighs nothing', () => {
  expect(Object.keys(PROFILES)).toEqual([...PROFILE_NAMES])
  expect(PROFILES.default.weighs).toEqual({})
})

it('the strict one is never milder than the catalogue at its worst', () => {
  const milder = Object.entries(profileOf('strict')).filter(
    ([id, { severity }]) => severity === null || isWorse(worstOf(id as FindingId), severity ?? 'ok'),
  )
  expect(milder).toEqual([])
})

it('a name that neither sends nor takes mail is judged as one that does not send, too', () => {
  expect(profileOf('parked')).toMatchObject(profileOf('receiving_only'))
})
