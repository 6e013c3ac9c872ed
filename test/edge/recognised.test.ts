// What the hosts that take a domain's mail tell of it, and how an answer shows it.
import type { Fact, SignalFact } from '@postern/shared/verdict/evidence.ts'
import { USUAL_SETTINGS } from '@postern/shared/contract/account.ts'
import { cost } from '@postern/shared/verdict/cost.ts'
import { describe, expect, it } from 'vitest'
import { withAbuse } from '../../edge/src/verify/abuse.ts'
import { revealed } from '../../edge/src/verify/recognised.ts'
import { render } from '../../edge/src/verify/render.ts'
import { replyTo, routeTo, START } from './facts.ts'
import { requestFor } from './lanes-that-answer.ts'
import { rendered, verifiedWith } from './rendered.ts'

const told = (exchange: string) =>
  revealed('unheard-of.example', [routeTo(exchange)], START).map((fact) => (fact.kind === 'signal' ? fact.signal : ''))

const signal = (name: SignalFact['signal'], value: boolean): Fact => ({
  kind: 'signal',
  signal: name,
  value,
  source: 'list',
  observedAt: START,
})

describe('a domain that no list knows', () => {
  it.each([
    ['mx.company.example', []],
    ['mail.mailinator.com', ['disposable']],
    ['mx.projecthoneypot.org', ['suspected_trap']],
    ['mx1.simplelogin.co', ['relay']],
    ['mx1.improvmx.com', ['forwarding']],
    ['mx1.notimprovmx.com', []],
  ])('whose mail %s takes is %j', (exchange, expected) => {
    expect(told(exchange)).toEqual(expected)
  })

  it('tells nothing where it has no exchange', () => {
    const fact = { ...routeTo(), route: { kind: 'nxdomain' } } as const
    expect(revealed('unheard-of.example', [fact], START)).toEqual([])
    expect(revealed('unheard-of.example', [], START)).toEqual([])
  })

  it('is flagged by one check that found something, whatever another did not find', () => {
    const { flags } = rendered([routeTo(), signal('disposable', false), signal('disposable', true)])
    expect(flags.disposable).toBe(true)
    expect(rendered([routeTo(), signal('disposable', false)]).flags.disposable).toBe(false)
    expect(rendered([routeTo()]).flags.disposable).toBeNull()
  })
})

describe('an account', () => {
  const facts = [routeTo(), replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown'), signal('role', true)]
  const told = (flagOnly: readonly string[], refuseFlags: readonly string[] = []) => {
    const verified = verifiedWith(facts)
    const price = cost(verified.verdict, 'full')
    return render({ request: requestFor(), wanted: {}, verified, cost: price, startedAt: START, flagOnly, refuseFlags })
  }

  it('hears of roles as a reason unless it wants them shown only', () => {
    expect(USUAL_SETTINGS.flag_only).toEqual([])
    expect(told([])).toMatchObject({ status: 'risky', reason: 'role', score: 80, flags: { role: true } })
    expect(told(['role'])).toMatchObject({ status: 'deliverable', reason: 'mailbox_accepted', score: 93 })
    expect(told(['role']).flags.role).toBe(true)
  })

  it('is advised against what it refuses, shown only or not', () => {
    expect(told(['role'], ['role']).advice).toBe('reject')
  })

  it('is told of abuse where its patterns were looked at, and null where nobody did', () => {
    const flag = (abused: boolean | null) => {
      const verified = withAbuse(verifiedWith(facts), abused)
      const price = cost(verified.verdict, 'full')
      return render({ request: requestFor(), wanted: {}, verified, cost: price, startedAt: START }).flags.abuse
    }
    expect([flag(true), flag(false), flag(null)]).toEqual([true, false, null])
  })
})
