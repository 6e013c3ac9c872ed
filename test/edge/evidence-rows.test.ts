// The public evidence: how much of it is shown, and that each row says by which rule, about whom, and in whose words.
import type { Fact, SignalFact } from '@postern/shared/verdict/evidence.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ABOUT_US, evidenceWith, LATER, NO, YES } from '../laws/evidence.ts'
import { faultOf, holdFor, replyTo, routeTo } from './facts.ts'
import { rendered, verifiedWith } from './rendered.ts'

const signal = (name: SignalFact['signal'], value: boolean): Fact => ({
  kind: 'signal',
  signal: name,
  value,
  observedAt: 0,
  source: `${name} 2026-11`,
})
const accepted = [replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown')]
const evening: readonly Fact[] = [routeTo(), signal('role', false), signal('free', true), ...accepted]

const rules = (facts: readonly Fact[], evidence?: 'none' | 'summary' | 'full') =>
  rendered(facts, evidence === undefined ? {} : { evidence }).evidence.map(({ rule }) => rule)

describe('how much', () => {
  it('none is none', () => {
    expect(rules(evening, 'none')).toEqual([])
  })

  it('a summary, which is what one gets without asking, holds what the verdict rests on, the decisive fact first', () => {
    expect(rules(evening, 'summary')).toEqual(['smtp.accepted.mailbox', 'smtp.gone.words'])
    expect(rules(evening)).toEqual(rules(evening, 'summary'))
  })

  it('full holds every fact but the lists that did not match', () => {
    const rows = rules(evening, 'full')
    expect(rows).toHaveLength(4)
    expect(rows).toContain('dns.mx')
    expect(rows).toContain('signal.free')
    expect(rows).not.toContain('signal.role')
  })

  it('full holds all of the summary, for any evidence', () => {
    fc.assert(
      fc.property(evidenceWith([...YES, ...NO, ...ABOUT_US, ...LATER]), (facts) => {
        const full = rendered(facts, { evidence: 'full' }).evidence
        for (const row of rendered(facts, { evidence: 'summary' }).evidence) expect(full).toContainEqual(row)
      }),
    )
  })
})

describe('a row', () => {
  it('of the deciding fact carries the verdict’s rule, once', () => {
    fc.assert(
      fc.property(evidenceWith([...YES, ...NO, ...LATER]), (facts) => {
        const { verdict } = verifiedWith(facts)
        const rows = rendered(facts, { evidence: 'summary' }).evidence
        if (verdict.cites.length > 0) expect(rows.map(({ rule }) => rule)).toContain(verdict.rule)
      }),
    )
  })

  it('of a reply is in the server’s words: phase, code, status, text, exchange and lane', () => {
    const [row] = rendered([routeTo(), replyTo('mailbox', 'unknown')]).evidence
    expect(row).toMatchObject({
      phase: 'rcpt',
      code: 550,
      enhanced: '5.1.1',
      text: 'No such user here',
      about: 'mailbox',
      exchange: 'mx.strict.test',
      lane: 'eu-1',
    })
    expect(row?.source).not.toBeNull()
  })

  it('of somebody else’s RCPT says whose', () => {
    const rows = rendered([routeTo(), ...accepted]).evidence
    expect(rows.map(({ phase }) => phase)).toEqual(['rcpt', 'rcpt:stranger'])
  })

  it('of a reply before RCPT names nobody', () => {
    const [row] = rendered([routeTo(), replyTo('nobody', 'listed')]).evidence
    expect(row).toMatchObject({ phase: 'mail', about: 'client' })
  })

  it('of a reply without enhanced status or text claims none', () => {
    const bare = replyTo('mailbox', 'unknown', { reply: { code: 550, enhanced: null, lines: [] } })
    expect(rendered([routeTo(), bare]).evidence[0]).toMatchObject({ code: 550, enhanced: null, text: '' })
  })

  it.each<[string, Fact, object]>([
    ['a fault', faultOf('connect_refused'), { rule: 'smtp.connect_refused', about: 'server', lane: 'eu-1' }],
    ['a hold', holdFor('permit'), { rule: 'hold.permit', about: 'client', lane: 'eu-1', exchange: null }],
  ])('of %s has neither code nor text', (_what, fact, expected) => {
    const nothing = { phase: null, code: null, enhanced: null, text: null }
    expect(rendered([routeTo(), fact]).evidence).toEqual([expect.objectContaining({ ...nothing, ...expected })])
  })

  it('of a signal that took a verdict over is the one with the signal’s rule; the replies keep their own', () => {
    const answer = rendered([routeTo(), signal('role', true), ...accepted])
    expect(answer.reason).toBe('role')
    expect(answer.evidence.map(({ rule, code }) => [rule.split('.')[0], code])).toEqual([
      ['smtp', 250],
      ['smtp', 550],
      ['signal', null],
    ])
    expect(answer.evidence[2]).toMatchObject({ rule: 'signal.role', source: 'role 2026-11', about: 'address' })
  })

  it('of an implicit route that took a verdict over says what it stands for', () => {
    const exchanges = [{ exchange: 'strict.test', preference: 0, target: 'reachable' }] as const
    const answer = rendered([{ ...routeTo(), route: { kind: 'implicit', exchanges } }])
    expect(answer.evidence.map(({ rule }) => rule)).toEqual(['signal.implicit_mx_only'])
  })
})
