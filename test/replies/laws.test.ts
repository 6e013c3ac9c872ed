// What must hold of the meaning of any reply, and of any name that a reply echoes.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Phase } from '@postern/shared/smtp/codes.ts'
import { meaning, rules } from '@postern/shared/smtp/meaning.ts'
import { redact } from '@postern/shared/smtp/reply.ts'
import { vocabularyWords } from '@postern/shared/smtp/meaning-words.ts'
import { fieldReplies, neverNo } from './field-replies.ts'
import { replyOf, understood } from './said.ts'

const phases: Phase[] = ['greeting', 'ehlo', 'starttls', 'mail', 'rcpt', 'data', 'quit']
const texts = [
  ...rules.flatMap((rule) => [rule.fixture.reply, rule.counterExample.reply]),
  ...fieldReplies.map(({ reply }) => reply),
]
const someReply = fc.constantFrom(...texts).map(replyOf)

const withFirstDigit = (digit: 2 | 4 | 5) =>
  fc.tuple(someReply, fc.integer({ min: 0, max: 99 })).map(([reply, rest]) => ({
    ...reply,
    code: digit * 100 + rest,
    enhanced: reply.enhanced && { ...reply.enhanced, class: digit },
  }))

describe('whatever a server says', () => {
  test('a 4xx is never a no, in any phase', () => {
    fc.assert(
      fc.property(withFirstDigit(4), fc.constantFrom(...phases), (reply, phase) => {
        expect(['later', 'yes']).toContain(meaning(reply, { phase, exchange: null }).says)
      }),
      { numRuns: 2000 },
    )
  })

  test('before RCPT nothing is said of a mailbox and nobody is refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(withFirstDigit(4), withFirstDigit(5)),
        fc.constantFrom(...phases.slice(0, 4)),
        (reply, phase) => {
          const said = meaning(reply, { phase, exchange: null })
          expect(said.says).not.toBe('no')
          expect(['client', 'server']).toContain(said.about)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('only a mailbox is refused, and only an acceptance or a busy mailbox is a yes', () => {
    for (const text of texts) {
      const said = understood({ reply: text })
      if (said.says === 'no') expect(said.about).toBe('mailbox')
      if (said.says === 'yes') expect(['accepted', 'accepted_cannot_verify', 'mailbox_busy']).toContain(said.class)
      if (said.strong) expect(said).toMatchObject({ says: 'no', class: 'mailbox_not_found' })
    }
  })

  test('any text has a meaning, and soon', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 510 }), { maxLength: 100 }), (lines) => {
        const before = performance.now()
        expect(meaning({ code: 550, enhanced: null, lines }, { phase: 'rcpt', exchange: null }).rule).toMatch(/^smtp\./)
        expect(performance.now() - before).toBeLessThan(500)
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    'a'.repeat(510),
    'a.'.repeat(255),
    '@'.repeat(510),
    'user '.repeat(102),
    '"'.repeat(510),
    'user not '.repeat(56),
    'http://a?'.repeat(56),
  ])('a hundred lines of %s are read in less than a second', (line) => {
    const before = performance.now()
    meaning(
      { code: 550, enhanced: null, lines: Array.from({ length: 100 }, () => line) },
      { phase: 'rcpt', exchange: null },
    )
    expect(performance.now() - before).toBeLessThan(1000)
  })
})

const context = { phase: 'rcpt', exchange: null } as const
/** Names, words of the table, and words that the replies themselves are made of. */
const someLocalPart = fc.oneof(
  fc.constantFrom(
    'ann',
    'ann.lee',
    'no-reply',
    'no.such.user',
    'bo',
    'jürgen',
    'k7qzm2',
    'policy',
    'spam',
    'dmarc',
    'blocked',
    'unknown',
    '"user unknown"',
  ),
  fc.constantFrom(...vocabularyWords),
  fc.constantFrom(...new Set(texts.flatMap((text) => text.match(/[\p{L}_-]{2,}/gu) ?? []))),
)
const someEcho = fc.constantFrom<(localPart: string) => string>(
  (localPart) => `<${localPart}@b.example>:`,
  (localPart) => `${localPart}@B.example...`,
  (localPart) => `<${localPart}>`,
  (localPart) => `"${localPart}"`,
  (localPart) => localPart,
  (localPart) => `${localPart}@c.example`,
  (localPart) => `https://x.example/?rcpt=${encodeURIComponent(`${localPart}@b.example`)}&p=1`,
)

describe('names that a reply echoes', () => {
  const tellingNames = [
    '<no-such-user@user-unknown.example>',
    'mailbox-full@quota.example',
    'over.quota.mailbox.full.example',
    '[no-such-user.greylisted.example[192.0.2.1]]:',
    'https://mailbox-full.no-such-user.example/user-unknown.example.html',
    '"no such user"@unknown.example',
  ]

  test.each(tellingNames)('%s says nothing by itself', (name) => {
    expect(understood({ reply: `550 ${name} rejected` })).toMatchObject({ rule: 'smtp.unclear' })
    expect(understood({ reply: `450 ${name} not now` })).toMatchObject({ rule: 'smtp.temporary' })
  })

  test('a name in front changes no meaning', () => {
    for (const rule of rules) {
      for (const name of tellingNames.filter((one) => !one.startsWith('"'))) {
        const reply = rule.fixture.reply.replace(/^(...[ -](?:[245]\.[0-9]+\.[0-9]+ )?)/, `$1${name} `)
        expect({ name, rule: understood({ ...rule.fixture, reply }).rule }).toEqual({ name, rule: rule.id })
      }
    }
  })

  test('what a URL asks for is said', () => {
    expect(understood({ reply: '550 Rejected, see https://support.example/mail/?p=NoSuchUser' })).toMatchObject({
      says: 'no',
      strong: true,
    })
  })

  test('a redacted reply means the same, whoever it names', () => {
    const text = fc.constantFrom(...texts, ...neverNo)
    const somebody = fc.record({ text, localPart: someLocalPart, echo: someEcho, stranger: someLocalPart })
    fc.assert(
      fc.property(somebody, ({ text, localPart, echo, stranger }) => {
        const reply = replyOf(text)
        const [first = '', ...rest] = reply.lines
        const named = { ...reply, lines: [`${echo(localPart)} ${first}`, ...rest] }
        for (const said of [reply, named]) {
          const kept = redact(said, { localPart, domain: 'b.example', stranger })
          expect(meaning(kept, context)).toEqual(meaning(said, context))
        }
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('a delay', () => {
  test.each([
    ['450 4.2.0 Greylisted, please retry in 5 minutes', 300],
    ['450 4.7.1 Greylisted, try again in 500 seconds', 500],
    ['451 4.7.1 Greylisting in action, please come back in 00:04:59', 299],
    ['451 4.7.1 Greylisted for 4min 59s', 299],
    ['451 Please wait 1 hour and 30 minutes', 5400],
    ['421 4.7.0 Too many connections, try again in 10 min', 600],
    ['450 4.2.0 Greylisted', null],
    ['451 4.7.1 Try again later (ref 12345)', null],
    ['451 Down for 3 minutes', null],
    ['451 Try again in 40 hours', null],
    ['550 5.1.1 User unknown, try again in 5 minutes', null],
  ])('in %s is %s seconds', (reply, seconds) => {
    expect(understood({ reply }).retryAfterS).toBe(seconds)
  })
})
