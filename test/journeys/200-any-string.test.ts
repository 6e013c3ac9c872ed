// Any JSON string as `email` gets a verdict: with rule and offset where it is no address, and nothing of it harms anybody.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1'])
})
afterAll(() => stack.stop())

const STRINGS: readonly (readonly [what: string, email: string])[] = [
  ['nothing', ''],
  ['blanks', '   '],
  ['no at sign', 'jane.strict.test'],
  ['two at signs', 'jane@roe@strict.test'],
  ['no local part', '@strict.test'],
  ['no domain', 'jane@'],
  ['CR LF and a command', 'jane@strict.test\r\nRCPT TO:<eve@strict.test>'],
  ['CR LF in the local part', 'jane\r\nDATA\r\n@strict.test'],
  ['a lone LF', 'jane@strict.test\n'],
  ['NUL', 'jane\u0000@strict.test'],
  ['NUL in the domain', 'jane@strict\u0000.test'],
  ['a lone surrogate', 'jane\ud800@strict.test'],
  ['a lone surrogate in the domain', 'jane@str\udc00ict.test'],
  ['a right-to-left override', 'jane\u202e@strict.test'],
  ['64 KB of text', 'x'.repeat(65_536)],
  ['64 KB of at signs', '@'.repeat(65_536)],
  ['64 KB of dots', `a${'.'.repeat(65_000)}@strict.test`],
  ['64 KB of labels', `a@${'a.'.repeat(32_000)}test`],
  ['a local part of 65 octets', `${'a'.repeat(65)}@strict.test`],
  ['a label of 64 octets', `jane@${'a'.repeat(64)}.test`],
  ['a display name', 'Jane Roe <jane.roe@strict.test>'],
  ['angle brackets', '<jane.roe@strict.test>'],
  ['a comment', 'jane(roe)@strict.test'],
  ['a group', 'friends: jane@strict.test, karl@strict.test;'],
  ['a list', 'jane@strict.test, karl@strict.test'],
  ['a URL', 'mailto:jane@strict.test'],
  ['two dots', 'jane..roe@strict.test'],
  ['a leading dot', '.jane@strict.test'],
  ['a space', 'jane roe@strict.test'],
  ['a quoted local part', '"jane roe"@strict.test'],
  ['an IP literal', 'jane@[127.0.0.1]'],
  ['a dotless domain', 'jane@localhost'],
  ['a numeric TLD', 'jane@127.0.0.1'],
  ['JSON in the string', '{"email":"jane@strict.test"}'],
  ['a script', '<script>alert(1)</script>@strict.test'],
]

/** Those of which one can see what was meant; nothing is put together that a control character cut apart. */
const MENDED = new Set(['a lone LF', 'a display name', 'angle brackets', 'a URL'])

describe('200 for any string', () => {
  it.each(STRINGS)('%s', async (what, email) => {
    const answer = await stack.verify(email, { mode: 'full' })
    expect(answer).toMatchObject({
      status: 'undeliverable',
      reason: 'syntax_invalid',
      level: 'confirmed',
      advice: MENDED.has(what) ? 'confirm' : 'reject',
    })
    expect(answer.suggestion === null).toBe(!MENDED.has(what))
    expect(answer.email).toBe(email)
    const [refusal] = answer.checks.syntax.rules
    expect(refusal?.rule).toMatch(/^syntax\./)
    expect(refusal?.offset).toBeGreaterThanOrEqual(0)
    expect(refusal?.offset).toBeLessThanOrEqual(email.length)
    expect(refusal?.message).toMatch(/\w{3,}/)
  })

  it('what is refused by default is judged when the request allows it', async () => {
    const quoted = await stack.verify('"jane roe"@strict.test', { mode: 'full', allow: ['quoted'] })
    expect(quoted.reason).toBe('mailbox_not_found')
    const literal = await stack.verify('jane@[127.0.0.1]', { mode: 'full', allow: ['ip_literal'] })
    expect(literal).toMatchObject({ status: 'unknown', reason: 'not_probed' })
  })

  it('special-use names do not exist, and nobody is asked about them', async () => {
    for (const email of ['jane@mail.invalid', 'jane@shop.example', 'jane@printer.local']) {
      expect(await stack.verify(email)).toMatchObject({
        status: 'undeliverable',
        reason: 'domain_not_found',
        level: 'confirmed',
      })
    }
  })

  it('fast mode asks no mail server and says so', async () => {
    const answer = await stack.verify('jane.roe@strict.test', { mode: 'fast' })
    expect(answer).toMatchObject({ status: 'unknown', reason: 'not_probed', advice: 'accept', lane: null })
    expect(answer.checks.smtp).toEqual({ state: 'not_asked', accepts: null, strangers: 'not_checked' })
    expect(answer.cost).toEqual({ units: 0.1, charged: true, why: 'fast' })
  })

  it('a browser key gets fast mode by default, a test key its outcome by name', async () => {
    const ask = async (key: string, email: string) => {
      const path = `/v1/verify?email=${encodeURIComponent(email)}`
      return (await stack.request(path, { headers: { authorization: `Bearer ${key}` } })).json()
    }
    expect(await ask(stack.keys.pk_live, 'nina.falk@strict.test')).toMatchObject({ mode: 'fast', reason: 'not_probed' })
    expect(await ask(stack.keys.sk_test, 'mailbox_not_found@strict.test')).toMatchObject({
      reason: 'mailbox_not_found',
    })
    expect(await ask(stack.keys.sk_test, 'jane+greylisted@any.test')).toMatchObject({
      reason: 'greylisted',
      retryable: true,
    })
    expect(await ask(stack.keys.sk_test, 'jane@any.test')).toMatchObject({ status: 'deliverable', cost: { units: 0 } })
  })

  it('a plus that was typed into a URL stays a plus', async () => {
    const headers = { authorization: `Bearer ${stack.keys.sk_test}` }
    const answer = await (await stack.request('/v1/verify?email=jane+greylisted@any.test', { headers })).json()
    expect(answer).toMatchObject({ email: 'jane+greylisted@any.test', reason: 'greylisted' })
  })

  it('the description of the interface names what is there', async () => {
    const description = (await (await stack.request('/openapi.json')).json()) as {
      paths: object
      components: { schemas: object }
    }
    expect(Object.keys(description.paths)).toEqual(
      expect.arrayContaining(['/v1/verifications', '/v1/verify', '/healthz']),
    )
    expect(Object.keys(description.components.schemas)).toEqual(expect.arrayContaining(['Verification', 'Problem']))
  })

  it('no address is in anything that was logged', () => {
    expect(stack.messages()).not.toMatch(/jane|nina|karl|RCPT/i)
  })
})
