// Evidence from end to end: a repeat is answered near by in both modes, an erasure reaches the lanes, and broken lanes pass on.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, openAccount } from './accounts.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(async () => {
  expect(await stack.stop()).toBe(0)
})

const control = (path: string) => fetch(`${stack.worldUrl()}/world/${path}`, { method: 'POST' })
const sessionsAt = async (host: string) => (await stack.sessions()).filter((one) => one.host === host).length

describe('200 a repeat', () => {
  it('within a quarter of an hour asks nobody, in full and in fast mode, for any account, and is dated by the answer', async () => {
    const first = await stack.verify('jane.roe@strict.test', { evidence: 'full' })
    expect(first).toMatchObject({
      reason: 'mailbox_accepted',
      level: 'confirmed',
      checks: { smtp: { state: 'asked' } },
    })
    const asked = await sessionsAt('mx.strict.test')
    const other = await openAccount(stack, { units: 10 })
    // What is left for after the answer is written soon, and nobody says when.
    await expect
      .poll(async () => (await stack.verify('jane.roe@strict.test', { mode: 'fast' })).checks.smtp.state)
      .toBe('cached')
    const fast = await stack.verify('jane.roe@strict.test', { mode: 'fast' })
    const { body: full } = await call<typeof first>(stack, other.key, {
      path: '/v1/verifications',
      body: { email: 'jane.roe@strict.test' },
    })
    for (const repeat of [fast, full]) {
      expect(repeat).toMatchObject({ reason: 'mailbox_accepted', level: 'confirmed', final: true, lane: first.lane })
      expect(repeat.checks.smtp.state).toBe('cached')
      expect(Date.parse(repeat.checked_at)).toBeLessThanOrEqual(Date.parse(first.checked_at))
    }
    // Another account's cached answer has its full price.
    expect(full.cost).toMatchObject({ units: 1, charged: true })
    expect(await sessionsAt('mx.strict.test')).toBe(asked)
  })

  it('that wants it fresher than a day is served what there is, and says when it may be asked again', async () => {
    const again = await stack.verify('jane.roe@strict.test', { max_age: 0 })
    expect(again).toMatchObject({ reason: 'mailbox_accepted', checks: { smtp: { state: 'cached' } } })
    expect(Date.parse(again.retry_at ?? '')).toBeGreaterThan(Date.now() + 23 * 3_600_000)
  })
})

describe('200 an erasure', () => {
  it('reaches what the lanes hold: near by and far off nobody knows the mailbox, which is asked anew', async () => {
    expect(await stack.verify('karl.weber@strict.test')).toMatchObject({ checks: { smtp: { state: 'asked' } } })
    const asked = await sessionsAt('mx.strict.test')
    const body = { email: 'Karl.Weber@strict.test' }
    expect((await call(stack, stack.keys.sk_live, { path: '/v1/erasures', body })).status).toBe(200)
    expect(await stack.verify('karl.weber@strict.test', { mode: 'fast' })).toMatchObject({ reason: 'not_probed' })
    const after = await stack.verify('karl.weber@strict.test')
    expect(after).toMatchObject({ reason: 'mailbox_accepted', checks: { smtp: { state: 'asked' } } })
    expect(await sessionsAt('mx.strict.test')).toBe(asked + 1)
  })
})

describe('200 feedback', () => {
  const tell = (key: string, events: readonly object[]) => call(stack, key, { path: '/v1/feedback', body: { events } })
  const verdictOf = async (key: string, email: string) =>
    (await call<{ reason: string; level: string }>(stack, key, { path: '/v1/verifications', body: { email } })).body

  it('that a message arrived outweighs a server that accepts everybody, for the account that told it', async () => {
    const [mine, other] = [await openAccount(stack, { units: 10 }), await openAccount(stack, { units: 10 })]
    const email = 'jane.roe@backup-catchall.test'
    expect(await verdictOf(mine.key, email)).toMatchObject({ reason: 'accepts_all' })
    const told = await tell(mine.key, [
      { email, event: 'delivered' },
      { email: 'no mailbox at all', event: 'bounced' },
    ])
    expect(told).toMatchObject({ status: 200, body: { remembered: 1, skipped: 1 } })
    expect(await verdictOf(mine.key, email)).toMatchObject({ reason: 'feedback_delivered', level: 'confirmed' })
    expect(await verdictOf(other.key, email)).toMatchObject({ reason: 'accepts_all' })
  })

  it('that one came back says no only in words about the mailbox', async () => {
    const mine = await openAccount(stack, { units: 10 })
    const bounced = (email: string, reply: string) => tell(mine.key, [{ email, event: 'bounced', reply }])
    await bounced('one@catchall.test', '550 5.1.1 <one@catchall.test> User unknown')
    await bounced('two@catchall.test', '554 5.7.1 Your address is on a block list')
    expect(await verdictOf(mine.key, 'one@catchall.test')).toMatchObject({
      reason: 'mailbox_not_found',
      level: 'estimated',
    })
    expect(await verdictOf(mine.key, 'two@catchall.test')).toMatchObject({ reason: 'accepts_all' })
  })
})

describe('200 from a lane', () => {
  it('the conversation is told with the full evidence, without the name of the mailbox', async () => {
    await control('reset')
    const answer = await stack.verify('nina.falk@multiline.test', { evidence: 'full' })
    const { evidence, checks } = answer
    expect(checks.smtp.transcript?.slice(0, 2)).toMatchObject(
      [/^S: 220/, /^C: EHLO/].map((one) => expect.stringMatching(one)),
    )
    expect(checks.smtp.transcript).toContain('C: RCPT TO:<address>')
    expect(checks.smtp.transcript?.at(-1)).toBe('C: QUIT')
    expect(JSON.stringify(checks)).not.toContain('nina.falk')
    expect((await stack.verify('nina.falk@multiline.test', { evidence: 'summary' })).checks.smtp).not.toHaveProperty(
      'transcript',
    )
    const rows = evidence.filter(({ phase }) => phase?.startsWith('rcpt'))
    expect(rows.length).toBeGreaterThanOrEqual(2)
    expect(JSON.stringify(evidence)).not.toContain('nina.falk')
  })
})
