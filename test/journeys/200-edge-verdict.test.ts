// What the edge knows by itself, over HTTP: slips, lists, ages and patterns, and what it asks nobody twice.
import type { RuleTables } from '@postern/shared/contract/rules.ts'
import type { Verification } from '@postern/shared/contract/verification.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Opened, openAccount } from './accounts.ts'
import { eventually } from './processes.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
let holder: Opened
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1'])
  holder = await openAccount(stack, { units: 1_000, tier: 'high' })
})
afterAll(() => stack.stop())

const ask = async (email: string, more: object = {}, key = holder.key): Promise<Verification> => {
  const body = { email, mode: 'fast', evidence: 'full', ...more }
  return (await call<Verification>(stack, key, { path: '/v1/verifications', body })).body
}
const questions = async (): Promise<number> =>
  ((await (await fetch(`${stack.worldUrl()}/world/queries`)).json()) as unknown[]).length

describe('200 in fast mode', () => {
  it('a slip gets its suggestion, and nobody is turned away for it, whatever the DNS taught', async () => {
    const answer = await ask('jane.roe@gmial.con')
    expect(answer.suggestion?.email).toBe('jane.roe@gmail.com')
    expect(answer.suggestion?.probability).toBeGreaterThan(0.8)
    expect(answer.advice).toBe('confirm')
  })

  it.each([
    ['jane.roe@gmailcom', 'jane.roe@gmail.com'],
    ['Jane Roe <jane.roe@strict.test>', 'jane.roe@strict.test'],
    ['jane.roe@strict.test,', 'jane.roe@strict.test'],
  ])('%j is no address, and one can see which was meant', async (email, meant) => {
    const answer = await ask(email)
    expect(answer).toMatchObject({ reason: 'syntax_invalid', advice: 'confirm', suggestion: { email: meant } })
  })

  it.each([
    ['jane.roe@mailinator.com', { disposable: true }],
    ['q7@jane.anonaddy.com', { relay: true, disposable: false }],
    ['jane.roe@acm.org', { forwarding: true, disposable: false }],
    ['jane.roe@yahoo.com.br', { free: true }],
    ['postmaster@strict.test', { role: true, free: false }],
    ['xkqjzvwptrm@strict.test', { gibberish: true }],
    ['spamtrap@strict.test', { suspected_trap: true }],
  ])('%s is flagged %j', async (email, flags) => {
    expect((await ask(email)).flags).toMatchObject(flags)
  })

  it('a name that its provider does not give out is doubtful, and never refused', async () => {
    const answer = await ask('al@gmail.com')
    expect(answer.advice).toBe('accept')
    expect(['local_part_unlikely', 'dns_timeout', 'dns_failure']).toContain(answer.reason)
  })

  it('a domain that was asked about is not asked about again while its answers hold', async () => {
    await ask('first@strict.test')
    await eventually(
      async () => (await ask('second@strict.test')).checks.mail_route.exchanges[0]?.target === 'reachable',
      5_000,
    )
    const before = await questions()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => ask(`person${at}@strict.test`)))
    expect(new Set(answers.map(({ checks }) => checks.mail_route.kind))).toEqual(new Set(['mx']))
    expect(await questions()).toBe(before)
  })

  it('a domain’s age is known once its registry was asked, and young ones rank lower', async () => {
    const aged = async (email: string) => (await ask(email)).checks.domain_age.days !== null
    expect(await eventually(() => aged('jane.roe@young.test'), 5_000)).toBe(true)
    expect(await eventually(() => aged('jane.roe@strict.test'), 5_000)).toBe(true)
    expect(await ask('jane.roe@young.test')).toMatchObject({ checks: { domain_age: { days: 3 } }, score: 60 })
    expect(await ask('jane.roe@strict.test')).toMatchObject({ checks: { domain_age: { days: 4_000 } }, score: 70 })
  })
})

describe('200 and what an account has seen', () => {
  it('one mailbox under many names is flagged, in full mode at once, in fast mode as the copy tells', async () => {
    const own = await openAccount(stack, { units: 1_000, tier: 'high' })
    const alias = (at: number) => `jane.roe+shop${at}@gmail.com`
    const full = (at: number) => ask(alias(at), { mode: 'full', wait_ms: 500 }, own.key)
    for (let at = 0; at < 4; at += 1) expect((await full(at)).flags.abuse).toBe(false)
    expect((await full(4)).flags.abuse).toBe(true)
    expect((await ask('karl.weber@strict.test', { mode: 'full' }, own.key)).flags.abuse).toBe(false)
    expect(await eventually(async () => (await ask(alias(5), {}, own.key)).flags.abuse === true, 20_000)).toBe(true)
    // Nobody else is told.
    expect((await full(6)).flags.abuse).toBe(true)
    expect((await ask(alias(7), { mode: 'full', wait_ms: 500 })).flags.abuse).toBe(false)
  }, 60_000)

  it('an account that wants roles shown only hears what the mailbox’s own server said', async () => {
    const own = await openAccount(stack, { units: 100, flag_only: ['role'] })
    const answer = await ask('postmaster@strict.test', { mode: 'full' }, own.key)
    expect(answer).toMatchObject({ status: 'deliverable', reason: 'mailbox_accepted', flags: { role: true } })
    expect((await ask('postmaster@strict.test', { mode: 'full' })).reason).toBe('role')
  })
})

describe('200 for everybody', () => {
  it('the rules are published, and name every rule of every answer', async () => {
    const response = await stack.request('/v1/rules')
    expect(response.headers.get('cache-control')).toBe('public, max-age=3600')
    const tables = (await response.json()) as RuleTables
    const ids = new Set([...tables.rules, ...tables.replies].map(({ id }) => id))
    const emails = ['jane.roe@strict.test', 'nina.falk@strict.test', 'jane.roe@gmial.con', 'info@young.test', 'jane']
    for (const email of emails) {
      const { evidence } = await ask(email, { mode: 'full' })
      expect(evidence.map(({ rule }) => rule).filter((rule) => !ids.has(rule))).toEqual([])
      expect(evidence.length).toBeGreaterThan(0)
    }
  })
})
