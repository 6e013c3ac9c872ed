// How much of a labelled corpus of other people's bounces the table understands; floors are what it reached.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Phase, Reply, ReplyClass } from '@postern/shared/smtp/codes.ts'
import { meaning } from '@postern/shared/smtp/meaning.ts'
import { csvRows } from './csv.ts'
import { replyOf } from './said.ts'

const corpora = process.env['POSTERN_CORPORA'] ?? new URL('../../../shared/data/', import.meta.url).pathname
const file = `${corpora}/smtp-replies/replies.csv`

const ACCURACY_FLOOR = 0.96

/** The corpus' label for each class; it has none for an acceptance. */
const labelOf: Record<ReplyClass, string> = {
  accepted: 'none',
  accepted_cannot_verify: 'other',
  mailbox_not_found: 'no_such_user',
  mailbox_moved: 'no_such_user',
  mailbox_disabled: 'mailbox_disabled',
  mailbox_full: 'mailbox_full',
  mailbox_busy: 'rate_limited',
  greylisted: 'greylisted',
  verification_pending: 'temporary',
  temporary: 'temporary',
  rate_limited: 'rate_limited',
  blocked_ip: 'blocked',
  blocked_sender: 'blocked',
  policy: 'policy',
  needs_rdns: 'policy',
  needs_spf: 'policy',
  needs_tls: 'policy',
  needs_auth: 'policy',
  relay_denied: 'relay_denied',
  content: 'other',
  size: 'other',
  protocol_error: 'other',
  address_refused: 'other',
  other: 'other',
}

const phaseOf: Record<string, Phase> = {
  CONN: 'greeting',
  HELO: 'ehlo',
  EHLO: 'ehlo',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
  QUIT: 'quit',
}

type Row = Record<string, string>

/** The corpus names a provider instead of an exchange; Microsoft's two systems tell themselves apart by their status. */
function exchangeOf(row: Row): string | null {
  if (row['provider'] === 'gmx') return 'mx00.gmx.net'
  if (row['provider'] !== 'microsoft') return null
  return row['text']?.includes('5.4.1')
    ? 'b-example.mail.protection.outlook.com'
    : 'outlook-com.olc.protection.outlook.com'
}

/** Texts of many lines were joined into one, which is cut again to fit; a diagnostic without a code is taken for a 550. */
function corpusReply(row: Row): Reply {
  const code = row['code'] || '550'
  const status = row['enhanced_code'] ?? ''
  const text = (row['text'] ?? '').replace(/\s+/g, ' ').replace(/^[0-9]{3}(?:[- :]+|$)/, '')
  const lines = (text.startsWith(status) ? text : `${status} ${text}`).match(/.{1,120}(?: |$)|.{1,120}/gsu) ?? ['']
  return replyOf(lines.map((line, at) => `${code}${at < lines.length - 1 ? '-' : ' '}${line}`).join('\n'))
}

const labelled = (row: Row): string => {
  const said = meaning(corpusReply(row), { phase: phaseOf[row['stage'] ?? ''] ?? 'rcpt', exchange: exchangeOf(row) })
  return labelOf[said.class]
}

describe.skipIf(!existsSync(file))('the corpus of replies (skipped where it is not at hand)', () => {
  const rows = existsSync(file) ? csvRows(readFileSync(file, 'utf8')) : []
  const scored = rows.filter((row) => row['form'] === 'reply' && row['ambiguous'] === '0')

  test(`is understood to ${ACCURACY_FLOOR * 100} per cent`, () => {
    const missed = scored.filter((row) => labelled(row) !== row['mapped'])
    const accuracy = 1 - missed.length / scored.length
    expect(scored.length).toBeGreaterThan(200)
    expect(
      accuracy,
      missed.map((row) => `${row['mapped']} taken for ${labelled(row)}: ${row['text']}`).join('\n'),
    ).toBeGreaterThanOrEqual(ACCURACY_FLOOR)
  })

  test('never takes anything else for "no such user", not in diagnostics and ambiguous rows either', () => {
    const falseNos = rows.filter(
      (row) => labelled(row) === 'no_such_user' && !['no_such_user', 'ambiguous'].includes(row['mapped'] ?? ''),
    )
    expect(falseNos.map((row) => row['text'])).toEqual([])
  })
})
