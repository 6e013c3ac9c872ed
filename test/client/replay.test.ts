// `postern replay` as it is called: CSV and JSON lines, from files and pipes, and what cannot be read.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { csvRows } from '../replies/csv.ts'

const CLI = fileURLToPath(new URL('../../node_modules/.bin/postern', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'postern-replay-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

let files = 0
function fileOf(text: string | Buffer): string {
  files += 1
  const file = join(dir, `log-${files}`)
  writeFileSync(file, text)
  return file
}

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function postern(argv: readonly string[], input?: string): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] })
  const heard = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (heard.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (heard.err += text))
  child.stdin.end(input ?? '')
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...heard })))
}

const objects = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>)

const CSV = `id,code,enhanced_code,text,stage,exchange,other
one,550,5.1.1,"550 5.1.1 User unknown, sorry",RCPT,mx.strict.test.,x
two,,,"450 4.2.0 Greylisted, try again",,,
three,554,5.7.1,Client host blocked using bl.example,MAIL,,
`
const MEANT = [
  { id: 'one', class: 'mailbox_not_found', says: 'no', about: 'mailbox' },
  { id: 'two', class: 'greylisted', says: 'later', about: 'client' },
  { id: 'three', class: 'blocked_ip', says: 'unclear', about: 'client' },
]

describe('postern replay', () => {
  it('says of each row what it means, an object a line', async () => {
    const { code, out } = await postern(['replay', fileOf(CSV), '--json'])
    expect(code).toBe(0)
    expect(objects(out)).toMatchObject(MEANT)
    expect(Object.keys(objects(out)[0]!)).toEqual(['id', 'class', 'says', 'about', 'rule'])
  })

  it.each([
    ['CSV with CRLF and a byte-order mark', `\uFEFF${CSV.replaceAll('\n', '\r\n')}`],
    [
      'JSON lines',
      csvRows(CSV)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    ],
    [
      'JSON lines with empty ones between',
      `\n\n${csvRows(CSV)
        .map((row) => JSON.stringify(row))
        .join('\r\n\r\n')}\n`,
    ],
    [
      'columns in another order and case',
      `TEXT,Code,ID\n550 5.1.1 User unknown,550,one\n"450 4.2.0 Greylisted, try again",,two\n`,
    ],
  ])('reads %s, from a pipe too', async (_what, text) => {
    const expected = MEANT.slice(0, text.startsWith('TEXT') ? 2 : 3)
    expect(objects((await postern(['replay', '-', '--json'], text)).out)).toMatchObject(expected)
  })

  it('prints a table with its counts beside, for people', async () => {
    const { code, out, err } = await postern(['replay', fileOf(CSV)])
    expect(code).toBe(0)
    expect(out.split('\n')[0]).toMatch(/^id +class +says +about +rule$/)
    expect(out).toMatch(/^one +mailbox_not_found +no +mailbox +smtp\./m)
    expect(err).toMatch(/^3 replies: 1 /)
  })

  it('names rows that hold no reply, reads on, and ends with 1', async () => {
    const text =
      '{"id":"a","code":550,"text":"User unknown"}\nnonsense\n[1]\n{"id":"b"}\n{"id":"c","stage":"LUNCH","code":"250"}\n{"text":"421 Closing"}\n'
    const { code, out, err } = await postern(['replay', '-', '--json'], text)
    expect(code).toBe(1)
    expect(objects(out).map(({ id }) => id)).toEqual(['a', '6'])
    expect(err.match(/^row \d/gm)).toEqual(['row 2', 'row 3', 'row 4', 'row 5'])
  })

  it.each([
    ['a file that is not there', ['replay', join(dir, 'nowhere')], /there is no such file/],
    ['a folder', ['replay', dir], /cannot be read/],
    ['a file without such columns', ['replay', fileOf('a,b\n1,2\n')], /no column "code" or "text"/],
    ['no file', ['replay'], /^postern: replay needs a file, or - for standard input\n\nUsage/],
    ['no file but an option', ['replay', '--json'], /replay needs a file/],
    ['two files', ['replay', 'one.csv', 'two.csv'], /takes one file.*two\.csv/],
    ['another command', ['dance'], /^postern: unknown command: dance\n\nUsage/],
    ['another option', ['replay', '-', '--loud'], /--loud/],
    ['nothing at all', [], /^$/],
  ])('ends with 2 for %s', async (_what, argv, said) => {
    const { code, err } = await postern(argv)
    expect(code).toBe(2)
    expect(err).toMatch(said)
  })

  it('explains itself', async () => {
    expect(await postern(['--help'])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('Usage: postern') as string,
    })
  })

  it('stops quietly where nobody reads on', async () => {
    const long = fileOf(`id,text\n${Array.from({ length: 20_000 }, (_, at) => `${at},550 User unknown`).join('\n')}\n`)
    const child = spawn(process.execPath, [CLI, 'replay', long, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let err = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
    expect(err).toBe('')
  })
})

const corpora = process.env['POSTERN_CORPORA'] ?? new URL('../../../shared/data/', import.meta.url).pathname
const corpus = `${corpora}/smtp-replies/replies.csv`

it.skipIf(!existsSync(corpus))(
  'the corpus of replies is read whole, and no policy is taken for a dead mailbox',
  async () => {
    const rows = csvRows(readFileSync(corpus, 'utf8'))
    const said = objects((await postern(['replay', corpus, '--json'])).out)
    expect(said.length).toBe(rows.length)
    const classOf = new Map(said.map(({ id, class: kind }) => [id, kind]))
    const wrong = rows.filter(
      (row) =>
        classOf.get(row['id']) === 'mailbox_not_found' && !['no_such_user', 'ambiguous'].includes(row['mapped']!),
    )
    expect(wrong.map((row) => row['text'])).toEqual([])
  },
)
