// The law of the only writer of wire text: one command is one line, or it is refused.
import { canSay, type Command, print } from '@postern/prober/smtp/command.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const hostile = fc.constantFrom('\r\n', '\r', '\n', '\0', '\t', '\x7f', '\x1b', '\u0085', '\u2028', '\u2029', '\ud800')
const smuggled = fc.constantFrom(
  'QUIT',
  'DATA',
  '.\r\n',
  '>\r\nRCPT TO:<x@y>',
  '> SIZE=1',
  '%0d%0a',
  '\\r\\n',
  '⏎',
  '嘊嘍',
)
/** Text of every kind, most often with something in it that must not get out. */
const argument = fc
  .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ maxLength: 300 }), hostile, smuggled), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''))

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ verb: fc.constantFrom('EHLO' as const, 'HELO' as const), name: argument }),
  fc.record({ verb: fc.constant('MAIL' as const), reversePath: argument, smtpUtf8: fc.boolean() }),
  fc.record({ verb: fc.constant('RCPT' as const), forwardPath: argument }),
  fc.record({ verb: fc.constantFrom('STARTTLS' as const, 'RSET' as const, 'QUIT' as const) }),
)

/** The line, or null where it is refused as a command that cannot be said. */
function said(command: Command): string | null {
  try {
    return print(command)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

describe('print', () => {
  it('gives one line of at most 522 octets without controls, or refuses: nothing in between', () => {
    fc.assert(
      fc.property(command, (command) => {
        const line = said(command)
        expect(canSay(command)).toBe(line !== null)
        if (line === null) return
        expect(line.endsWith('\r\n')).toBe(true)
        const text = line.slice(0, -2)
        // As a server reads it: octets. Whatever is not ASCII must not turn into a line end on the way.
        const octets = [...Buffer.from(text)]
        expect(octets.filter((octet) => octet < 0x20 || octet === 0x7f)).toEqual([])
        expect(octets.length + 2).toBeLessThanOrEqual(522)
        expect(text.split(' ', 1)[0]).toBe(command.verb)
      }),
      { numRuns: 2_000 },
    )
  })

  it('says whatever holds no control and fits', () => {
    const plain = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/\p{Cc}/u.test(text))
    fc.assert(
      fc.property(plain, (forwardPath) => {
        expect(print({ verb: 'RCPT', forwardPath })).toBe(`RCPT TO:<${forwardPath}>\r\n`)
      }),
    )
  })

  it.each<[Command, string]>([
    [{ verb: 'EHLO', name: 'a.probe.test' }, 'EHLO a.probe.test'],
    [{ verb: 'HELO', name: 'a.probe.test' }, 'HELO a.probe.test'],
    [{ verb: 'MAIL', reversePath: 'probe@a.test', smtpUtf8: false }, 'MAIL FROM:<probe@a.test>'],
    [{ verb: 'MAIL', reversePath: 'probe@a.test', smtpUtf8: true }, 'MAIL FROM:<probe@a.test> SMTPUTF8'],
    [{ verb: 'RCPT', forwardPath: '"a b"@c.test' }, 'RCPT TO:<"a b"@c.test>'],
    [{ verb: 'RCPT', forwardPath: 'jörg@xn--bcher-kva.test' }, 'RCPT TO:<jörg@xn--bcher-kva.test>'],
  ])('%j is %s', (command, line) => {
    expect(print(command)).toBe(`${line}\r\n`)
  })

  it('counts octets, not letters: 522 are said, 523 are not', () => {
    const path = (octets: number) => 'ö'.repeat(octets / 2)
    const room = 522 - 'RCPT TO:<>\r\n'.length
    expect(said({ verb: 'RCPT', forwardPath: path(room) })).not.toBeNull()
    expect(said({ verb: 'RCPT', forwardPath: `${path(room)}a` })).toBeNull()
  })

  it('what it refuses, it does not repeat', () => {
    expect(() => print({ verb: 'RCPT', forwardPath: 'jane\r\n@strict.test' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('jane') }),
    )
  })
})
