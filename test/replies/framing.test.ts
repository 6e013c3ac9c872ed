// Replies come out of the octets whole and the same, however the network cut them.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emptyFraming, frame, type Framed, type Framing } from '@postern/shared/smtp/reply.ts'

function feed(chunks: readonly string[]): { state: Framing; framed: Framed[] } {
  return chunks.reduce<{ state: Framing; framed: Framed[] }>(
    ({ state, framed }, chunk) => {
      const next = frame(state, chunk)
      return { state: next.state, framed: [...framed, ...next.framed] }
    },
    { state: emptyFraming, framed: [] },
  )
}

const broken = (why: string) => ({ kind: 'protocol_error', why })
const whole = (code: number, lines: string[], status: string | null = null) => ({
  kind: 'reply',
  reply: { code, lines, enhanced: status === null ? null : enhanced(status) },
})
const enhanced = (status: string) => {
  const [cls, subject, detail] = status.split('.').map(Number)
  return { class: cls, subject, detail }
}

describe('a reply', () => {
  test.each([
    ['one line', '250 OK\r\n', [whole(250, ['OK'])]],
    ['a bare code', '250\r\n', [whole(250, [''])]],
    ['a code and a space', '250 \r\n', [whole(250, [''])]],
    ['a lone LF', '250 OK\n', [whole(250, ['OK'])]],
    ['lines parted by either end', '250-a\n250-b\r\n250 c\n', [whole(250, ['a', 'b', 'c'])]],
    ['an empty middle line', '250-a\r\n250-\r\n250 c\r\n', [whole(250, ['a', '', 'c'])]],
    ['a status', '550 5.1.1 No such user\r\n', [whole(550, ['No such user'], '5.1.1')]],
    ['a status on the last line only', '550-Sorry\r\n550 5.1.1 no\r\n', [whole(550, ['Sorry', 'no'], '5.1.1')]],
    ['the first of two statuses', '550-5.1.1 a\r\n550 5.7.1 b\r\n', [whole(550, ['a', 'b'], '5.1.1')]],
    ['a status of another class, which is text', '550 4.1.1 a\r\n', [whole(550, ['4.1.1 a'])]],
    ['a version number, which is text', '220 2.4.10.7 ready\r\n', [whole(220, ['2.4.10.7 ready'])]],
    ['a status with a hash', '550 #5.1.0 Address rejected.\r\n', [whole(550, ['Address rejected.'], '5.1.0')]],
    ['a 3xx without status', '354 3.0.0 Go on\r\n', [whole(354, ['3.0.0 Go on'])]],
    ['two replies at once', '250 a\r\n550 b\r\n', [whole(250, ['a']), whole(550, ['b'])]],
    ['a code with a seven in it', '571 no\r\n', [whole(571, ['no'])]],
    ['512 octets and no more', `250 ${'a'.repeat(508)}\r\n`, [whole(250, ['a'.repeat(508)])]],
    ['513 octets', `250 ${'a'.repeat(509)}\r\n`, [broken('line_too_long')]],
    ['508 octets in 254 letters', `250 ${'é'.repeat(254)}\r\n`, [whole(250, ['é'.repeat(254)])]],
    ['510 octets in 255 letters behind four', `250 ${'é'.repeat(255)}\r\n`, [broken('line_too_long')]],
    ['an endless line', 'a'.repeat(600), [broken('line_too_long')]],
    ['another code in the second line', '250-a\r\n251 b\r\n', [broken('code_changes')]],
    ['a code of two digits', '25 OK\r\n', [broken('not_a_reply')]],
    ['a code of the sixth hundred', '600 OK\r\n', [broken('not_a_reply')]],
    ['a code with a comma', '250,OK\r\n', [broken('not_a_reply')]],
    ['an empty line', '\r\n', [broken('not_a_reply')]],
    ['words', 'HTTP/1.1 400 Bad Request\r\n', [broken('not_a_reply')]],
    ['a reply and then words', '250 OK\r\nwhat?\r\n250 OK\r\n', [whole(250, ['OK']), broken('not_a_reply')]],
    ['an unfinished reply', '250-a\r\n250 b', []],
  ])('%s', (_, text, expected) => {
    expect(feed([text]).framed).toEqual(expected)
  })

  test('may have a hundred lines, not a hundred and one', () => {
    const text = (count: number) => `${'250-a\r\n'.repeat(count - 1)}250 a\r\n`
    expect(feed([text(100)]).framed).toMatchObject([{ kind: 'reply', reply: { lines: { length: 100 } } }])
    expect(feed([text(101)]).framed).toEqual([broken('too_many_lines')])
  })
})

const piece = fc.oneof(
  fc.constantFrom(
    '250 OK\r\n',
    '550-5.1.1 é\r\n',
    '550 no\n',
    '250',
    '-',
    ' ',
    '\r',
    '\n',
    '\r\n',
    'x',
    '𝕏',
    '\ud835',
    '\udd4f',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('a', 'é', '𝕏').map((letter) => letter.repeat(300)),
)
const traffic = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

describe('however it is cut', () => {
  test('the same replies come out', () => {
    fc.assert(
      fc.property(traffic, fc.array(fc.nat(4000), { maxLength: 12 }), (text, cuts) => {
        const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length]
        const chunks = at.slice(1).map((to, index) => text.slice(at[index], to))
        expect(feed(chunks).framed).toEqual(feed([text]).framed)
        expect(feed(text.split('')).framed).toEqual(feed([text]).framed)
      }),
      { numRuns: 2000 },
    )
  })

  test('nothing is kept beyond one line, and nothing is heard after an error', () => {
    fc.assert(
      fc.property(fc.array(traffic, { maxLength: 6 }), (chunks) => {
        const { state, framed } = feed(chunks)
        expect(state.pending.length).toBeLessThanOrEqual(513)
        expect(state.lines.length).toBeLessThanOrEqual(100)
        expect(framed.slice(0, -1).every(({ kind }) => kind === 'reply')).toBe(true)
        if (state.finished) expect(frame(state, '250 OK\r\n').framed).toEqual([])
      }),
    )
  })

  test('a megabyte without a line end is refused at once, and octet by octet in time', () => {
    const before = performance.now()
    expect(frame(emptyFraming, 'a'.repeat(1_000_000)).framed).toEqual([broken('line_too_long')])
    expect(performance.now() - before).toBeLessThan(100)
    const drops = Array.from({ length: 200_000 }, (_, index) => '250 OK\r\n'[index % 8] ?? '')
    let state = emptyFraming
    for (const drop of drops) state = frame(state, drop).state
    expect(performance.now() - before).toBeLessThan(3000)
  })
})
