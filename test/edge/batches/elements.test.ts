// `{"emails": […]}` as lines: whatever its pieces are, all elements arrive, and what is not that is refused where it stands.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonToLines, type Lines } from '../../../edge/src/batches/elements.ts'
import { MOST_ROW_OCTETS } from '../../../edge/src/batches/row.ts'
import { emailsOf, latin1, octets, text, type Upload } from './uploads.ts'

const RUNS = { numRuns: 1_000 }

/** All lines, or the refusal; `sizes` are those of the pieces, over and again. */
function lines(body: Upload, sizes: readonly number[] = [65_536]): string | Lines {
  const all = octets(body)
  const scanner = jsonToLines()
  let out = ''
  for (let at = 0, turn = 0; at < all.length; turn += 1) {
    const size = sizes[turn % sizes.length]!
    const pushed = scanner.push(all.slice(at, at + size))
    if (!pushed.ok) return pushed
    out += text(pushed.octets)
    at += size
  }
  const ended = scanner.end()
  return ended.ok ? out + text(ended.octets) : ended
}

const string = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('a@x.test', '"', '\\', '\\"', '{', ']', 'é'),
)
const object = fc.dictionary(fc.oneof(string, fc.constantFrom('__proto__', 'constructor', 'email')), fc.jsonValue())
const elements = fc.array(fc.oneof(string, object), { maxLength: 12 })
const form = fc.record({ indent: fc.constantFrom(undefined, 1, '\t', '\r\n'), hasBom: fc.boolean() })
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })

const MARKS = ['{', '}', '[', ']', '"', ',', ':', '\\', 'e', 'a', '1', '\n']

const dense = (line: string): string => line.replaceAll(/[ \t\r]/g, '')

describe('a body of addresses', () => {
  it('is its elements, one a line, wherever its octets are cut', () => {
    fc.assert(
      fc.property(elements, form, sizes, (elements, { indent, hasBom }, sizes) => {
        const spaces = typeof indent === 'string' ? indent.replace('\r\n', ' ') : indent
        const body = JSON.stringify({ emails: elements }, null, spaces)
        const broken = indent === '\r\n' ? body.replaceAll('\n', '\r\n') : body
        const out = lines(`${hasBom ? '\ufeff' : ''}${broken}`, sizes) as string
        // As texts, since V8 13 may take a name that is a quote for one that is a backslash.
        const written = elements.map((one) => dense(JSON.stringify(one)))
        expect(out.split('\n').slice(0, -1).map(dense)).toEqual(written)
      }),
      RUNS,
    )
  })

  it.each([
    ['{"emails":["a@x.test","b@x.test"]}', '"a@x.test"\n"b@x.test"\n'],
    [' \r\n{ "emails" : [ ] }\n\n', ''],
    ['{"\\u0065mails":["a@x.test"]}', '"a@x.test"\n'],
    ['{"emails":[{"email":\r\n"a@x.test"}]}', '{"email":  "a@x.test"}\n'],
    ['{"emails":["{\\"]}",{"a":{"b":[{}]}}]}', '"{\\"]}"\n{"a":{"b":[{}]}}\n'],
    ['{"emails":[{"id":12345678901234567890}]}', '{"id":12345678901234567890}\n'],
  ])('%s', (body, expected) => {
    expect(lines(body)).toBe(expected)
    expect(lines(body, [1])).toBe(expected)
  })

  it('is a list that is read like any other', () => {
    const body = JSON.stringify({ emails: ['a@x.test', { id: 1, email: 'b@x.test' }, 'c@x.test'] })
    expect(emailsOf(lines(body) as string, { type: 'ndjson' })).toEqual(['a@x.test', 'b@x.test', 'c@x.test'])
  })

  it('may hold elements that make a row as long as rows may be, and no longer', () => {
    const longest = 'a'.repeat(MOST_ROW_OCTETS - 3)
    expect(lines(JSON.stringify({ emails: ['', longest] }))).toBe(`""\n"${longest}"\n`)
    const refused = { ok: false, at: 14, pointer: '/emails/1', detail: 'This element is longer than 65535 octets.' }
    expect(lines(JSON.stringify({ emails: ['', `${longest}a`] }))).toEqual(refused)
    expect(lines(`{"emails":["",{"a":"${'a'.repeat(2_000_000)}`)).toEqual(refused)
  })

  it('keeps octets that are no UTF-8, for whoever reads the line', () => {
    const pushed = jsonToLines().push(latin1('{"emails":["jos\xe9@x.test"'))
    expect(pushed).toEqual({ ok: true, octets: latin1('"jos\xe9@x.test"\n') })
  })
})

describe('what is no body of addresses is refused where it stands', () => {
  it.each<[string, Upload, [number, string, string | RegExp]]>([
    ['nothing', '', [0, '', 'The body ends before its JSON does.']],
    ['a list of lines', 'a@x.test\nb@x.test', [0, '', /^The body is to be \{"emails": \[…\]\}/]],
    ['a bare array', '["a@x.test"]', [0, '', /^The body is to be \{"emails": \[…\]\}/]],
    ['no member', '{}', [1, '', /there is no name of a member here/]],
    [
      'another member',
      '{"addresses":[]}',
      [1, '/addresses', /has a member "addresses" beside "emails": options are query/],
    ],
    ['an option behind it', '{"emails":[],"mode":"full"}', [13, '/mode', /has a member "mode" beside/]],
    ['a member with a slash', '{"a/b~c":1}', [1, '/a~1b~0c', /has a member "a\/b~c"/]],
    ['a member of every object', '{"__proto__":[]}', [1, '/__proto__', /has a member "__proto__"/]],
    ['the same twice', '{"emails":[],"emails":[]}', [13, '/emails', /it may come once/]],
    ['a name without end', `{"${'e'.repeat(70_000)}`, [1, '', 'This name is longer than 65535 octets.']],
    ['no colon', '{"emails" ["a"]}', [10, '', /there is no colon/]],
    ['no array', '{"emails":"a@x.test"}', [10, '/emails', /"emails" is no array/]],
    ['a number among them', '{"emails":["a",1]}', [15, '/emails/1', /neither a string nor an object/]],
    ['an array among them', '{"emails":[["a"]]}', [11, '/emails/0', /neither a string nor an object/]],
    ['null among them', '{"emails":["a", null]}', [16, '/emails/1', /neither a string nor an object/]],
    ['a comma too many', '{"emails":["a",]}', [15, '/emails/1', /neither a string nor an object/]],
    ['a comma too few', '{"emails":["a" "b"]}', [15, '/emails/1', /no comma between/]],
    ['a line break in a string', '{"emails":["a\nb"]}', [11, '/emails/0', /is no JSON/]],
    ['an escape that is none', '{"emails":["a","\\x"]}', [15, '/emails/1', /is no JSON/]],
    ['brackets that do not match', '{"emails":[{"a":[}]}]}', [11, '/emails/0', /is no JSON/]],
    ['a cut in a string', '{"emails":["a","b', [17, '/emails/1', /ends before its JSON does/]],
    ['a cut behind an element', '{"emails":["a"', [14, '/emails/1', /ends before its JSON does/]],
    ['a cut behind the array', '{"emails":["a"]', [15, '', /ends before its JSON does/]],
    ['something behind it', '{"emails":[]} {', [14, '', /something stands behind its end/]],
    [
      'deep nesting',
      `{"emails":[{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}]}`,
      [11, '/emails/0', /nested too deeply/],
    ],
    ['deeper nesting', `{"emails":[${'{"a":'.repeat(500_000)}`, [11, '/emails/0', /longer than 65535 octets/]],
    ['gzip', latin1('\x1f\x8b\x08\0\0'), [0, '', /^The body is to be/]],
  ])('%s', (_what, body, [at, pointer, detail]) => {
    const refused = { ok: false, at, pointer, detail: expect.stringMatching(detail) }
    expect(lines(body)).toEqual(refused)
    expect(lines(body, [1, 2, 3])).toEqual(refused)
  })

  it('and stays refused', () => {
    const scanner = jsonToLines()
    const refused = scanner.push(octets('['))
    expect(refused).toMatchObject({ ok: false, at: 0 })
    expect(scanner.push(octets('{"emails":[]}'))).toEqual(refused)
    expect(scanner.end()).toEqual(refused)
  })

  it('whatever the octets are, the answer is lines or a refusal', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...MARKS), { maxLength: 30 }), sizes, (tail, sizes) => {
        const body = `{"emails":[${tail.join('')}`
        const out = lines(body, sizes)
        expect(out).toEqual(lines(body))
        if (typeof out === 'string') expect(JSON.parse(body)).toHaveProperty('emails')
      }),
      RUNS,
    )
  })
})
