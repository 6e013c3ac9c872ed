// Postfix with limits, tarpits and traps: slower and shorter conversations, and never another answer.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lane, startLane } from './lane.ts'
import { complaints, type Postfix, type PostfixServer, startPostfix } from './postfix.ts'
import { because, LACKING } from './programs.ts'

const oneRecipient = { smtpd_recipient_limit: '1' }
const tarpit = { smtpd_soft_error_limit: '1', smtpd_error_sleep_time: '2s' }
const inStep = { smtpd_discard_ehlo_keywords: 'pipelining', smtpd_recipient_restrictions: 'reject_unauth_pipelining' }
const slow = (seconds: number) => ({ smtpd_recipient_restrictions: `sleep ${seconds}` })
const unhurried = (restrictions: 'client' | 'sender', seconds: number) => ({
  smtpd_delay_reject: 'no',
  [`smtpd_${restrictions}_restrictions`]: `sleep ${seconds}`,
})

const SERVERS: readonly PostfixServer[] = [
  { domain: 'one.example', settings: oneRecipient },
  { domain: 'one-no.example', settings: oneRecipient },
  { domain: 'errors.example', settings: { smtpd_hard_error_limit: '1' } },
  { domain: 'errors-no.example', settings: { smtpd_hard_error_limit: '1' } },
  { domain: 'recipients.example', settings: { smtpd_client_recipient_rate_limit: '1' } },
  { domain: 'recipients-no.example', settings: { smtpd_client_recipient_rate_limit: '1' } },
  { domain: 'messages.example', settings: { smtpd_client_message_rate_limit: '1' } },
  { domain: 'connections.example', settings: { smtpd_client_connection_rate_limit: '1' } },
  { domain: 'tarpit.example', settings: tarpit },
  { domain: 'tarpit-no.example', settings: tarpit },
  { domain: 'in-step.example', settings: inStep },
  { domain: 'in-step-no.example', settings: inStep },
  { domain: 'slow.example', settings: slow(1) },
  { domain: 'slow-no.example', settings: slow(1) },
  { domain: 'slower.example', settings: slow(2) },
  { domain: 'slower-no.example', settings: slow(2) },
  { domain: 'patient.example', settings: slow(2) },
  { domain: 'slow-greeting.example', settings: unhurried('client', 1) },
  { domain: 'slow-mail.example', settings: unhurried('sender', 2) },
]

const ACCEPTED = 'deliverable/mailbox_accepted confirmed'
const NOT_FOUND = 'undeliverable/mailbox_not_found confirmed'
const LIKELY_NOT = 'undeliverable/mailbox_not_found estimated'
const known = ['mailbox 250 2.1.5', 'stranger 550 5.1.1']
const unknown = ['mailbox 550 5.1.1', 'postmaster 250 2.1.5']

const lacking = LACKING.postfix
describe.skipIf(lacking !== null)(`Postfix${because(lacking)}`, () => {
  let postfix: Postfix
  let lane: Lane
  beforeAll(async () => {
    postfix = await startPostfix(SERVERS)
    lane = await startLane(postfix.hosts, postfix.port)
  })
  afterAll(async () => {
    await lane?.stop()
    await postfix?.stop()
  })

  it.concurrent.each<readonly [what: string, email: string, is: string, told: readonly string[]]>([
    [
      'one recipient per transaction: the stranger has one of its own',
      'jane@one.example',
      ACCEPTED,
      ['mailbox 250 2.1.5', 'stranger 452 4.5.3', 'stranger 550 5.1.1'],
    ],
    ['a refused recipient does not count: postmaster is asked', 'nobody@one-no.example', NOT_FOUND, unknown],
    ['one error is allowed: the stranger was it', 'jane@errors.example', ACCEPTED, known],
    [
      'one error is allowed, and the question was it: nobody was treated differently',
      'nobody@errors-no.example',
      LIKELY_NOT,
      ['mailbox 550 5.1.1', 'postmaster 421 4.7.0'],
    ],
    [
      'one recipient a minute: the stranger is never answered',
      'jane@recipients.example',
      'risky/accepts_all_unchecked estimated',
      ['mailbox 250 2.1.5', 'stranger 450 4.7.1', 'stranger 450 4.7.1'],
    ],
    [
      'one recipient a minute, who is nobody: likely, not confirmed',
      'nobody@recipients-no.example',
      LIKELY_NOT,
      ['mailbox 550 5.1.1', 'postmaster 450 4.7.1'],
    ],
    ['errors are answered slowly: the client bears it', 'jane@tarpit.example', ACCEPTED, known],
    ['errors are answered slowly: the refusal is heard to its end', 'nobody@tarpit-no.example', NOT_FOUND, unknown],
    ['no PIPELINING, and a trap for who does it', 'jane@in-step.example', ACCEPTED, known],
    ['no PIPELINING, and nobody', 'nobody@in-step-no.example', NOT_FOUND, unknown],
    ['a second for each recipient', 'jane@slow.example', ACCEPTED, known],
    ['a second for nobody as well', 'nobody@slow-no.example', NOT_FOUND, unknown],
    ['a greeting after a second', 'jane@slow-greeting.example', ACCEPTED, known],
  ])('%s: %s is %s', async (...[, email, is, told]) => {
    expect(await lane.visit(email)).toMatchObject({ is, told })
  })

  // A group that is answered after two seconds counts as stalled, and costs 1.2 s more.
  it.concurrent.each<readonly [what: string, email: string, budgetMs: number, is: string, told: readonly string[]]>([
    [
      'no time for a stranger',
      'jane@slower.example',
      4_900,
      'risky/accepts_all_unchecked estimated',
      ['mailbox 250 2.1.5', 'reply_timeout'],
    ],
    ['no time for postmaster', 'nobody@slower-no.example', 4_900, LIKELY_NOT, ['mailbox 550 5.1.1', 'reply_timeout']],
    ['a caller with patience', 'jane@patient.example', 9_000, ACCEPTED, known],
    ['for MAIL alone', 'jane@slow-mail.example', 9_000, ACCEPTED, known],
  ])('two seconds for each reply, %s: %s in %i ms is %s', async (...[, email, budgetMs, is, told]) => {
    expect(await lane.visit(email, { budgetMs })).toMatchObject({ is, told })
  })

  it.concurrent.each([
    ['message', 'messages.example', 'mail 450 4.7.1'],
    ['connection', 'connections.example', 'greeting 421 4.7.0'],
  ])('a second %s within the minute is too many: unknown/rate_limited, to be tried later', async (...args) => {
    const [, domain, told] = args
    expect(await lane.visit(`jane@${domain}`)).toMatchObject({ is: ACCEPTED })
    expect(await lane.visit(`nobody@${domain}`)).toMatchObject({
      is: 'unknown/rate_limited estimated',
      told: [told],
      retryAfterMs: 300_000,
    })
  })

  it('Postfix saw no command that came too early', () => {
    expect(complaints(postfix).filter((line) => !line.includes('rate limit exceeded'))).toEqual([])
  })
})
