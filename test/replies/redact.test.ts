// What is kept of a reply names nobody and breaks no terminal.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { meaning } from '@postern/shared/smtp/meaning.ts'
import { redact } from '@postern/shared/smtp/reply.ts'
import { replyOf } from './said.ts'

const context = { phase: 'rcpt', exchange: null } as const
const ann = { localPart: 'ann.lee', domain: 'b.example' }
const kept = (line: string, address = ann) => redact({ code: 550, enhanced: null, lines: [line] }, address).lines[0]

describe('redaction', () => {
  test.each([
    ['<ann.lee@b.example>: unknown', '<address>: unknown'],
    ['ann.lee@b.example unknown', '<address> unknown'],
    ['<ANN.Lee@B.Example>... unknown', '<address>... unknown'],
    ['user ann.lee unknown', 'user <address> unknown'],
    ['see https://x.example/?rcpt=ann.lee%40b.example&a=1', 'see https://x.example/?rcpt=<address>&a=1'],
    ['joann.leeway is another', 'joann.leeway is another'],
    ['bob@b.example is another', '<other> is another'],
    ['251 will forward to <bob.smith@c.example>', '251 will forward to <other>'],
    ['write to postmaster@b.example', 'write to postmaster@b.example'],
    ['ann.lee@b.example.', '<address>.'],
    ['a\tb\u0007c\u009bd\u202ee\u2066f\u007f', 'a b\ufffdc\ufffdd\ufffde\ufffdf\ufffd'],
  ])('%j is kept as %j', (line, expected) => {
    expect(kept(line)).toBe(expected)
  })

  test.each([
    ['no such user bo', { localPart: 'bo', domain: 'b.example' }, 'no such user bo'],
    ['550 User unknown', { localPart: 'user', domain: 'b.example' }, '550 User unknown'],
    ['disabled is disabled', { localPart: 'disabled', domain: 'b.example' }, 'disabled is disabled'],
    ['<Policy>: see policy', { localPart: 'policy', domain: 'b.example' }, '<address>: see policy'],
    ['policy@b.example: rejected: policy', { localPart: 'policy', domain: 'b.example' }, '<address>: rejected: policy'],
    ['<bo>: bo is bo@b.example', { localPart: 'bo', domain: 'b.example' }, '<address>: bo is <address>'],
    ['user annlee unknown', { localPart: 'annlee', domain: 'b.example' }, 'user [withheld] unknown'],
    [
      'jo@bücher.example',
      { localPart: 'jo', domain: 'xn--bcher-kva.example', unicodeDomain: 'bücher.example' },
      '<address>',
    ],
    [
      'jo@bu\u0308cher.example',
      { localPart: 'jo', domain: 'xn--bcher-kva.example', unicodeDomain: 'bücher.example' },
      '<address>',
    ],
    ['jo@c.example', { localPart: 'jo', domain: 'b.example', unicodeDomain: '' }, '<other>'],
    [
      '<k7qz@b.example> k7qz, not ann.lee@b.example',
      { localPart: 'ann.lee', domain: 'b.example', stranger: 'k7qz' },
      '<stranger> <stranger>, not <address>',
    ],
    ['<"a b"@b.example> a b', { localPart: '"a b"', domain: 'b.example' }, '<address> <address>'],
    [
      '<δοκιμή@παράδειγμα.gr>',
      { localPart: 'δοκιμή', domain: 'xn--hxajbheg2az3al.gr', unicodeDomain: 'παράδειγμα.gr' },
      '<address>',
    ],
    ['a+b(c)*@b.example', { localPart: 'a+b(c)*', domain: 'b.example' }, '<address>'],
  ])('%j about %j is kept as %j', (line, address, expected) => {
    expect(kept(line, address)).toBe(expected)
  })

  test.each([
    ['550 5.1.1 Recipient address rejected: policy', 'policy'],
    ['550 5.1.1 Recipient address rejected: spam', 'spam'],
    ['550 5.1.1 Rejected, see dmarc', 'dmarc'],
    ['550 5.1.1 Recipient rejected: blocked', 'blocked'],
    ['550 5.1.1 <unknown@b.example>: User unknown', 'unknown'],
    ['550 5.1.1 User unknown', 'unknown'],
    ['550 User annlee unknown', 'annlee'],
  ])('%s means the same when it is kept about %s', (text, localPart) => {
    const before = meaning(replyOf(text), context)
    expect(meaning(redact(replyOf(text), { localPart, domain: 'b.example' }), context)).toEqual(before)
  })

  test('keeps eight lines of 512 octets', () => {
    const lines = Array.from({ length: 20 }, () => 'é'.repeat(400))
    const reply = redact({ code: 550, enhanced: { class: 5, subject: 1, detail: 1 }, lines }, ann)
    expect(reply).toMatchObject({ code: 550, enhanced: { class: 5, subject: 1, detail: 1 } })
    expect(reply.lines).toEqual(Array.from({ length: 8 }, () => 'é'.repeat(256)))
  })

  test('keeps no control character, no surrogate alone and never the address, whatever is said', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.constantFrom('<', ' ', ''),
        (before, after, open) => {
          const line = kept(`${before}${open}aNN.lee@b.example ${after}`) ?? ''
          // oxlint-disable-next-line no-control-regex
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
          expect(line).not.toMatch(/\p{Surrogate}/u)
          if (!/[\p{L}\p{N}_]$/u.test(`${before}${open}`)) expect(line.toLowerCase()).not.toContain('ann.lee@b.example')
        },
      ),
    )
  })
})
