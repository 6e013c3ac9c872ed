// Record strings from public test suites, as third-party material beside the project, and where we differ from them by the RFC.
import { existsSync, readFileSync } from 'node:fs'
import { parseDkim } from '@postern/shared/report/dkim.ts'
import { parseDmarc } from '@postern/shared/report/dmarc.ts'
import { isPlainText, parsePolicy, parseSts } from '@postern/shared/report/mta-sts.ts'
import { type Parsed, unquoted } from '@postern/shared/report/record.ts'
import { chosenSpf, parseSpf } from '@postern/shared/report/spf-record.ts'
import { parseTlsa } from '@postern/shared/report/tlsa.ts'
import { parseTlsRpt } from '@postern/shared/report/tlsrpt.ts'
import { describe, expect, it } from 'vitest'

const corpora = process.env['POSTERN_CORPORA'] ?? new URL('../../../shared/data/', import.meta.url).pathname
const path = `${corpora}dns/record_parse_tests.json`

interface Row {
  readonly kind: string
  readonly input: string
  readonly valid: boolean
  readonly comment: string
}

const isSound = (parsed: Parsed<unknown>): boolean => parsed.ok && parsed.faults.length === 0

const READERS: Readonly<Record<string, (text: string) => boolean>> = {
  'dkim-record': (text) => isSound(parseDkim(text)),
  'dmarc-record': (text) => {
    const parsed = parseDmarc(text)
    return parsed.ok && parsed.faults.length === 0 && parsed.wrong === null
  },
  'mta-sts-policy': (text) => isSound(parsePolicy(text)),
  'mta-sts-record': (text) => isSound(parseSts(text)),
  'mta-sts-policy-content-type': isPlainText,
  'spf-record': (text) => chosenSpf([unquoted(text)]).kind === 'one' && parseSpf(unquoted(text)).ok,
  'tlsa-record': (text) => isSound(parseTlsa(text)),
  'tlsrpt-record': (text) => isSound(parseTlsRpt(text)),
}

/** Rows that we read otherwise, each with the text that decides; a beginning of the row's comment names it. */
const ARGUED: readonly (readonly [comment: string, input: string, because: string])[] = [
  [
    'record(Record{',
    'sp=invalid; rua=',
    'RFC 9989 §4.10.1: sp has three values; a record with another one counts as p=none, and its owner is told',
  ],
  ['p must be directly after v', 'sp=reject; p=reject', 'RFC 9989 §4.8: v alone has its place'],
  ['testParseMtaStsPolicyUnexpectedKey', 'badkey', 'RFC 8461 §3.2: parsers MUST accept policies with unknown fields'],
  [
    'testParseSmtpTlsReportingDuplicateTag',
    'rua=',
    'RFC 8460 §3: fields may be repeated; another suite has the same as valid',
  ],
  [
    'TestDANERecordByString',
    '3 1 1',
    'RFC 6698 §2.2: white space is allowed within the hexadecimal, which is 32 octets here',
  ],
  ['LENIENT', ';;;', 'RFC 8461 §3.1: one semicolon between fields; a record with a syntax error is none'],
  ['', 'id=20160831085700Z   ', 'RFC 8461 §3.1: white space stands around semicolons, and there is none behind it'],
  ['', 'P = reject', 'RFC 6376 §3.2, which RFC 9989 §4.7 follows: names of tags are told apart by case'],
  ['testTextAfterExpValueWarns', 'extra', 'RFC 7208 §4.6: any syntax error anywhere in the record is a permerror'],
  // Nothing is wrong with these as they are written: the DNS around them is.
  ['testTooManySPFDNSLookups', 'include:', 'RFC 7208 §4.6.4: seven terms; what they include is not in the row'],
  ['testTooManySPFVoidDNSLookups', 'a:', 'RFC 7208 §4.6.4: whether a name is void is not in the row'],
  ['testSPFIncludeLoop', 'include:', 'RFC 7208 §4.6.4: whose record it is is not in the row'],
  ['testRedirectLoop', 'redirect=', 'RFC 7208 §6.1: whose record it is is not in the row'],
  ['testTooManyMxRecords', 'mx -all', 'RFC 7208 §4.6.4: how many exchanges there are is not in the row'],
]

const rows = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Row[]) : []
describe.skipIf(rows.length === 0)('record strings (third-party data, not in the repository)', () => {
  it('are read as their suites say, but where the RFC says otherwise', () => {
    const differs = rows.filter(({ kind, input, valid }) => READERS[kind]?.(input) !== valid)
    const unargued = differs.filter(
      (row) => !ARGUED.some(([comment, input]) => row.comment.startsWith(comment) && row.input.includes(input)),
    )
    expect(unargued).toEqual([])
    expect(differs).toHaveLength(ARGUED.length)
  })
})
