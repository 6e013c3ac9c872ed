// The five laws of the verdict, as properties over arbitrary evidence.
import { settlesControl } from '@postern/prober/smtp/recipients.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import type { Verdict } from '@postern/shared/verdict/finding.ts'
import { CONTROL_MS } from '@postern/shared/verdict/lifetimes.ts'
import { score } from '@postern/shared/verdict/score.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ABOUT_US, DOMAIN, evidenceWith, LATER, NO, NOW, replyTo, ROUTED, YES } from './evidence.ts'

const RUNS = { numRuns: 3_000 }
const judge = (facts: readonly Fact[]) => decide({ facts, domain: DOMAIN, now: NOW })
/** The reason of a verdict that says yes or no; among reasons not to know, order may choose. */
function definite({ status, reason }: Verdict): string | null {
  return status === 'deliverable' || status === 'undeliverable' ? reason : null
}

const any = evidenceWith([...YES, ...NO, ...ABOUT_US, ...LATER])

describe('laws of the verdict', () => {
  it('1: the same facts give the same yes or no, in whatever order they came', () => {
    fc.assert(
      fc.property(any, fc.infiniteStream(fc.nat()), (facts, dice) => {
        const keyed = facts.map((fact) => ({ fact, key: dice.next().value as number }))
        const shuffled = keyed.sort((one, other) => one.key - other.key).map(({ fact }) => fact)
        const [one, other] = [judge(facts), judge(shuffled)]
        expect(definite(other)).toBe(definite(one))
      }),
      RUNS,
    )
  })

  it('2: a verdict that loses a fact it cites never turns into its opposite, nor stands without other support', () => {
    fc.assert(
      fc.property(any, (facts) => {
        const verdict = judge(facts)
        if (verdict.status !== 'deliverable' && verdict.status !== 'undeliverable') return
        const opposite = verdict.status === 'deliverable' ? 'undeliverable' : 'deliverable'
        for (const lost of verdict.cites) {
          const without = judge(facts.filter((fact) => fact !== lost))
          expect(without.status).not.toBe(opposite)
          if (without.status === verdict.status && without.level === verdict.level) {
            expect(without.cites.some((fact) => !verdict.cites.includes(fact))).toBe(true)
          }
        }
      }),
      RUNS,
    )
  })

  it('3 and 4: replies about us, 4xx, silence, broken servers and absent lanes never make a no', () => {
    fc.assert(
      fc.property(evidenceWith([...ABOUT_US, ...LATER]), (facts) => {
        expect(judge(facts).status).not.toBe('undeliverable')
      }),
      RUNS,
    )
  })

  it('5: a confirmed yes has a stranger refused by the same exchange within seven days, and none accepted since', () => {
    fc.assert(
      fc.property(any, (facts) => {
        const verdict = judge(facts)
        if (verdict.reason !== 'mailbox_accepted' || verdict.level !== 'confirmed') return
        const replies = facts.filter((fact): fact is ReplyFact => fact.kind === 'reply')
        const yes = verdict.cites[0] as ReplyFact
        const strangers = replies.filter((fact) => fact.to === 'stranger' && fact.exchange === yes.exchange)
        const refused = strangers.filter((fact) => fact.reply.code >= 500 && settlesControl(fact.reply, fact.exchange))
        const near = refused.filter((fact) => Math.abs(fact.observedAt - yes.observedAt) <= CONTROL_MS)
        expect(near.length).toBeGreaterThan(0)
        const last = Math.max(...near.map(({ observedAt }) => observedAt))
        const between = strangers.filter(
          (fact) =>
            fact.reply.code < 300 &&
            fact.observedAt >= Math.min(yes.observedAt, last) &&
            fact.observedAt <= Math.max(yes.observedAt, last),
        )
        expect(between).toEqual([])
        const accepting = strangers.filter(
          (fact) =>
            fact.reply.code < 300 &&
            yes.observedAt - fact.observedAt <= CONTROL_MS &&
            fact.observedAt <= yes.observedAt,
        )
        const since = Math.max(...accepting.map(({ observedAt }) => observedAt))
        // A 250 behind an acceptance of everybody counts only if a stranger was refused before it, or beside it.
        const proven = near.some(({ observedAt }) => observedAt > since && observedAt <= yes.observedAt + 60_000)
        if (accepting.length > 0) expect(proven).toBe(true)
      }),
      RUNS,
    )
  })

  it('a mailbox of an operator that needs no control is confirmed by a canary of its own, refused within a day, or by a stranger', () => {
    const gmail = 'gmail-smtp-in.l.google.com'
    fc.assert(
      fc.property(evidenceWith([...YES, ...NO, ...LATER], gmail), (facts) => {
        const verdict = decide({ facts, domain: 'gmail.com', now: NOW })
        if (verdict.reason !== 'mailbox_accepted' || verdict.level !== 'confirmed') return
        const [yes, canary] = verdict.cites
        if (verdict.rule.includes('busy') || canary === undefined) return
        // What the domain's own strangers were told overrides what is known of the operator.
        if (canary.kind === 'reply') {
          expect(canary.to).toBe('stranger')
          return
        }
        expect(canary).toMatchObject({ kind: 'canary', operator: 'google-consumer' })
        expect(Math.abs(canary.observedAt - (yes?.observedAt ?? 0))).toBeLessThanOrEqual(86_400_000)
      }),
      RUNS,
    )
  })

  it('a canary never makes a no, nor does one of another operator change anything', () => {
    fc.assert(
      fc.property(any, (facts) => {
        const without = judge(facts.filter(({ kind }) => kind !== 'canary'))
        expect(definite(judge(facts))).toBe(definite(without))
        expect(judge(facts).level).toBe(without.level)
      }),
      RUNS,
    )
  })

  it('feedback makes no yes of a no, nor a no of a yes: against the server both stand in doubt', () => {
    fc.assert(
      fc.property(any, (facts) => {
        const said = judge(facts.filter(({ kind }) => kind !== 'feedback'))
        const both = judge(facts)
        if (said.status === 'undeliverable') expect(both.status).not.toBe('deliverable')
        if (said.status === 'deliverable') expect(both.status).not.toBe('undeliverable')
      }),
      RUNS,
    )
  })

  it('feedback that is 30 days old says nothing', () => {
    fc.assert(
      fc.property(any, (facts) => {
        const old = facts.map((fact) =>
          fact.kind === 'feedback' ? { ...fact, observedAt: NOW - 30 * 86_400_000 } : fact,
        )
        const without = facts.filter(({ kind }) => kind !== 'feedback')
        expect(judge(old)).toEqual(judge(without))
      }),
      RUNS,
    )
  })

  it('a confirmed no needs somebody who was treated differently', () => {
    fc.assert(
      fc.property(replyTo(fc.constant('mailbox'), NO), (no) => {
        expect(judge([ROUTED, no]).level).toBe('estimated')
        const other: ReplyFact = { ...no, to: 'other', reply: { code: 250, enhanced: null, lines: [] } }
        expect(judge([ROUTED, no, other])).toMatchObject({ status: 'undeliverable', level: 'confirmed' })
      }),
    )
  })

  it('a no is not confirmed by an acceptance from before, or after, postmaster was refused beside it', () => {
    const apart = fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 30_001, max: 6 * 86_400_000 }))
    fc.assert(
      fc.property(replyTo(fc.constant('mailbox'), NO), apart, fc.constantFrom(-1, 1), (no, [near, far], side) => {
        const postmaster: ReplyFact = { ...no, to: 'postmaster', observedAt: no.observedAt + near }
        const yes = { code: 250, enhanced: null, lines: [] }
        const other: ReplyFact = { ...no, to: 'other', observedAt: no.observedAt + side * far, reply: yes }
        expect(judge([ROUTED, no, other, postmaster]).level).toBe('estimated')
        const beside: ReplyFact = { ...other, observedAt: no.observedAt }
        expect(judge([ROUTED, no, beside, postmaster]).status).toBe('undeliverable')
      }),
    )
  })

  it('every evidence has a verdict with a score from 0 to 100', () => {
    fc.assert(
      fc.property(any, (facts) => {
        const points = score(judge(facts), facts, NOW)
        expect(points).toBeGreaterThanOrEqual(0)
        expect(points).toBeLessThanOrEqual(100)
      }),
      RUNS,
    )
  })
})
