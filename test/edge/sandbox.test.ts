// Test keys: every reason can be had by name, with the status, the advice and the times that the real one has.
import { verification } from '@postern/shared/contract/verification.ts'
import { REASON_NAMES, REASONS, worthOf } from '@postern/shared/verdict/reasons.ts'
import { describe, expect, it } from 'vitest'
import { free } from '@postern/shared/verdict/cost.ts'
import { render } from '../../edge/src/verify/render.ts'
import { sandboxed } from '../../edge/src/verify/sandbox.ts'
import { START } from './facts.ts'
import { requestFor } from './lanes-that-answer.ts'

function answer(email: string, mode: 'fast' | 'full' = 'full') {
  const request = { ...requestFor({ email }), mode }
  const verified = sandboxed(request, START)
  return verification.parse(
    render({ request, wanted: { evidence: 'full' }, verified, cost: free('sandbox'), startedAt: START }),
  )
}

describe.each(REASON_NAMES)('%s', (reason) => {
  const { status } = REASONS[reason]

  it('is had by the local part, by the tag, and in any letter case', () => {
    for (const email of [`${reason}@any.example`, `jane+${reason}@gmail.com`, `${reason.toUpperCase()}@b.test`]) {
      expect(answer(email)).toMatchObject({ status, reason })
    }
  })

  it('is the same every time, in either mode', () => {
    const email = `${reason}@any.example`
    expect(answer(email)).toEqual(answer(email))
    expect(answer(email, 'fast')).toMatchObject({ status, reason, checks: { smtp: { state: 'not_asked' } } })
  })

  it('may be tried again where the real one may, and is final where it is', () => {
    const retryable = worthOf(reason).retryable === true
    const { final, retry_at: retryAt, ...said } = answer(`${reason}@any.example`)
    expect(said.retryable).toBe(retryable)
    expect(final).toBe(!retryable)
    expect(retryAt === null).toBe(!retryable)
  })

  it('costs nothing, leaves by no lane, and knows nothing about a mailbox', () => {
    expect(answer(`${reason}@any.example`)).toMatchObject({
      cost: { units: 0, charged: false, why: 'sandbox' },
      lane: null,
      checks: { smtp: { accepts: null, strangers: 'not_checked' }, mail_route: { kind: 'not_looked_up' } },
    })
  })
})

describe('a name', () => {
  it.each([
    ['deliverable', 'mailbox_accepted'],
    ['undeliverable', 'mailbox_not_found'],
    ['risky', 'accepts_all'],
    ['unknown', 'inconclusive'],
  ])('that is the status %s has it, by %s', (status, reason) => {
    for (const email of [`${status}@any.example`, `jane+${status}@gmail.com`, `${status.toUpperCase()}@b.test`])
      expect(answer(email)).toMatchObject({ status, reason })
    expect(answer(`mailbox_full+${status}@any.example`).status).toBe(status)
    expect(answer(`${status}+mailbox_full@any.example`).reason).toBe('mailbox_full')
  })

  it('that is no outcome is a mailbox that takes mail', () => {
    for (const local of ['jane', 'constructor', '__proto__', 'mailbox_not_found.jane', 'jane+work', 'invalid']) {
      expect(answer(`${local}@any.example`).reason).toBe('mailbox_accepted')
    }
  })

  it.each(['rate_limit', 'insufficient_credits', 'slow', 'greylisted_then_accepted', 'webhook_fails'])(
    '%s is accepted where nothing but a verdict can be had, as in a list',
    (local) => {
      expect(answer(`${local}@any.example`).reason).toBe('mailbox_accepted')
    },
  )

  it('in the tag goes before one in the local part, the last tag before those in front of it', () => {
    expect(answer('mailbox_full+greylisted@any.example').reason).toBe('greylisted')
    expect(answer('jane+blocked+no_lane@any.example').reason).toBe('no_lane')
    expect(answer('mailbox_full+work@any.example').reason).toBe('mailbox_full')
  })

  it('on a domain that cannot be is refused for its syntax, with the rule', () => {
    const refused = answer('mailbox_accepted@@any.example')
    expect(refused).toMatchObject({ reason: 'syntax_invalid', normalized: null, advice: 'reject' })
    expect(refused.checks.syntax).toMatchObject({ ok: false, rules: [{ rule: 'syntax.at_twice' }] })
    expect(refused.checks.smtp.state).toBe('not_needed')
  })
})

it.each([
  ['mailbox_not_found', 'reject'],
  ['null_mx', 'reject'],
  ['mailbox_accepted', 'accept'],
  ['greylisted', 'accept'],
  ['disposable', 'confirm'],
  ['accepts_all', 'accept'],
])('%s has the advice that a form would get: %s', (reason, advice) => {
  expect(answer(`${reason}@any.example`).advice).toBe(advice)
})

it('a reason comes with the flag or the suggestion that a form would show', () => {
  expect(answer('disposable@any.example').flags).toMatchObject({ disposable: true, role: null })
  expect(answer('role@any.example').flags.role).toBe(true)
  expect(answer('suspected_trap@any.example').flags.suspected_trap).toBe(true)
  expect(answer('suspected_typo@any.example')).toMatchObject({ suggestion: { probability: 0.9 }, advice: 'confirm' })
  expect(answer('jane@any.example')).toMatchObject({ suggestion: null, flags: { disposable: null } })
})
