// The two tiers of lists: both raise a doubt, and only the first one outweighs what a mailbox's own server said.
import { disposable } from '@postern/shared/signals/disposable.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import { cost } from '@postern/shared/verdict/cost.ts'
import { describe, expect, it } from 'vitest'
import { render } from '../../edge/src/verify/render.ts'
import { replyTo, routeTo, START } from '../edge/facts.ts'
import { requestFor } from '../edge/lanes-that-answer.ts'
import { verifiedWith } from '../edge/rendered.ts'

const FIRST = '0-mail.com'
const SECOND = '0hcow.com'
const listed = (domain: string): Fact => ({ kind: 'signal', ...disposable(domain), observedAt: START })
const yes = [replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown')]
const reasonOf = (facts: readonly Fact[]) =>
  decide({ facts: [routeTo(), ...facts], domain: 'strict.test', now: START }).reason
const adviceOf = (domain: string) => {
  const verified = verifiedWith([routeTo(), listed(domain)])
  const price = cost(verified.verdict, 'full')
  const refuseFlags = ['disposable']
  return render({ request: requestFor(), wanted: {}, verified, cost: price, startedAt: START, refuseFlags })
}

describe('a domain of the first tier', () => {
  it('is disposable, whatever its server says, and refused by accounts that refuse such', () => {
    expect(reasonOf([listed(FIRST)])).toBe('disposable')
    expect(reasonOf([...yes, listed(FIRST)])).toBe('disposable')
    expect(adviceOf(FIRST)).toMatchObject({ advice: 'reject', flags: { disposable: true } })
  })
})

describe('a domain of the second tier', () => {
  it('is disposable until its own server refuses strangers, and a reason to ask, not to refuse', () => {
    expect(reasonOf([listed(SECOND)])).toBe('disposable')
    expect(reasonOf([replyTo('mailbox', 'accepted'), listed(SECOND)])).toBe('disposable')
    expect(reasonOf([...yes, listed(SECOND)])).toBe('mailbox_accepted')
    expect(adviceOf(SECOND)).toMatchObject({ advice: 'confirm', flags: { disposable: true } })
  })
})
