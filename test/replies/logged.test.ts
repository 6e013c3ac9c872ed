// Replies out of logs: joined, cut, with or without code and status, and what is none.
import { loggedPhase, loggedReply } from '@postern/shared/smtp/logged.ts'
import { meaning } from '@postern/shared/smtp/meaning.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const read = (text: string, code = '', enhancedCode = '') => {
  const reply = loggedReply({ code, enhancedCode, text })
  const status = reply?.enhanced ?? null
  return reply && [reply.code, status && `${status.class}.${status.subject}.${status.detail}`, ...reply.lines]
}

describe('a row of a log', () => {
  test.each([
    ['with everything in its text', ['550 5.1.1 User unknown'], [550, '5.1.1', 'User unknown']],
    ['with its code apart', ['5.1.1 User unknown', '550'], [550, '5.1.1', 'User unknown']],
    ['with code and status apart', ['User unknown', '550', '5.1.1'], [550, '5.1.1', 'User unknown']],
    ['that says all of it twice', ['550 5.1.1 User unknown', '550', '5.1.1'], [550, '5.1.1', 'User unknown']],
    ['of several lines', ['550-5.1.1 User\n550 5.1.1 unknown'], [550, '5.1.1', 'User', 'unknown']],
    ['of several lines, joined', ['550-User 550 unknown', '550'], [550, null, 'User unknown']],
    ['without a code, but with a status', ['User unknown', '', '4.1.1'], [450, '4.1.1', 'User unknown']],
    ['of words alone: a message that bounced', ['User unknown'], [550, null, 'User unknown']],
    ['of a code alone', ['', '421'], [421, null]],
    ['with a number that is no code', ['5500 people'], [550, null, '5500 people']],
    ['that holds another code within', ['554 refused: 550 is another', '554'], [554, null, 'refused: 550 is another']],
  ])('%s', (_what, [text = '', code, status], expected) => {
    expect(read(text, code, status)).toEqual(expected)
  })

  test.each([
    ['nothing', '', ''],
    ['a code that no reply has', 'User unknown', '999'],
    ['a code that is none', 'User unknown', 'five'],
    ['a code with a fraction', 'User unknown', '550.5'],
  ])('of %s is no reply', (_what, text, code) => {
    expect(read(text, code)).toBeNull()
  })

  test('is a reply or none, and means something, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (text, code, enhancedCode) => {
        const reply = loggedReply({ code, enhancedCode, text })
        if (reply !== null) expect(meaning(reply, { phase: 'rcpt', exchange: null }).rule).toMatch(/^smtp\./)
      }),
    )
  })

  test('is read in time that its length does not matter for', () => {
    const before = performance.now()
    loggedReply({ code: '550', enhancedCode: '', text: '550 '.repeat(500_000) })
    expect(performance.now() - before).toBeLessThan(500)
  })
})

describe('a stage', () => {
  test.each([
    ['RCPT', 'rcpt'],
    ['rcpt', 'rcpt'],
    ['', 'rcpt'],
    ['HELO', 'ehlo'],
    ['EHLO', 'ehlo'],
    ['MAIL', 'mail'],
    ['DATA', 'data'],
    ['QUIT', 'quit'],
    ['LUNCH', null],
    ['constructor', null],
  ])('%j is %s', (stage, phase) => {
    expect(loggedPhase(stage)).toBe(phase)
  })
})
