// Postfix that refuses, puts off or cannot answer: who is meant by it, and that no refusal of us becomes a no.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LANE_ADDRESS, type Lane, startLane } from './lane.ts'
import { complaints, type Postfix, type PostfixServer, startPostfix } from './postfix.ts'
import { because, LACKING } from './programs.ts'

const clients = (action: string) => ({ smtpd_client_restrictions: `check_client_access static:{${action}}` })
const everybody = (action: string) => ({ smtpd_recipient_restrictions: `check_recipient_access static:{${action}}` })
const jane = (domain: string, action: string) => ({
  domain,
  settings: { smtpd_recipient_restrictions: `check_recipient_access inline:{{jane@${domain} = ${action}}}` },
})
const callout = { smtpd_sender_restrictions: 'reject_unverified_sender' }
const refused = `Service unavailable; Client host [${LANE_ADDRESS}] blocked using bl.example`

const SERVERS: readonly PostfixServer[] = [
  { domain: 'greeting.example', settings: { smtpd_delay_reject: 'no', smtpd_client_restrictions: 'reject' } },
  { domain: 'listed.example', settings: clients(`554 5.7.1 ${refused}`) },
  { domain: 'listed-no.example', settings: clients(`554 5.7.1 ${refused}`) },
  { domain: 'denied.example', settings: clients('REJECT 5.7.1 Access denied by local policy') },
  { domain: 'nameless.example', settings: { smtpd_client_restrictions: 'reject_unknown_reverse_client_hostname' } },
  { domain: 'helo.example', settings: { smtpd_helo_restrictions: 'check_helo_access static:REJECT' } },
  { domain: 'sender.example', settings: { smtpd_sender_restrictions: 'check_sender_access static:REJECT' } },
  { domain: 'callout.example', settings: { ...callout, unverified_sender_reject_code: '550' } },
  { domain: 'callout-soft.example', settings: callout },
  { domain: 'a1.lane.example' },
  { domain: 'alike.example', settings: everybody('REJECT') },
  { domain: 'nobody-home.example', settings: everybody('550 5.1.1 User unknown') },
  { domain: 'later.example', settings: { smtpd_recipient_restrictions: 'defer' } },
  { domain: 'soft-bounce.example', settings: { soft_bounce: 'yes' } },
  { domain: 'soft-bounce-no.example', settings: { soft_bounce: 'yes' } },
  jane('full-452.example', '452 4.2.2 Mailbox full'),
  jane('full-552.example', '552 5.2.2 Mailbox is over quota'),
  jane('disabled.example', '550 5.2.1 The email account that you tried to reach is disabled'),
  { domain: 'broken.example', settings: { virtual_mailbox_maps: 'fail:directory' } },
  { domain: 'unrelayed.example', class: 'none' },
  { domain: 'refused.example', class: 'none', settings: { smtpd_relay_restrictions: 'reject_unauth_destination' } },
]

const BLOCKED = 'unknown/blocked estimated'
const PUT_OFF = 'unknown/greylisted estimated'
const INCONCLUSIVE = 'unknown/inconclusive estimated'

const lacking = LACKING.postfix
describe.skipIf(lacking !== null)(`Postfix${because(lacking)}`, () => {
  let postfix: Postfix
  let lane: Lane
  beforeAll(async () => {
    postfix = await startPostfix(SERVERS, { 'a1.lane.example': 'a1.lane.example' })
    lane = await startLane(postfix.hosts, postfix.port)
  })
  afterAll(async () => {
    await lane?.stop()
    await postfix?.stop()
  })

  describe('it is about us', () => {
    it.concurrent.each([
      ['the greeting refuses us (reject, not delayed)', 'jane@greeting.example', ['greeting 554 5.7.1']],
      ['a block list names our address', 'jane@listed.example', ['mailbox 554 5.7.1']],
      ['it names us, whoever is asked for', 'nobody@listed-no.example', ['mailbox 554 5.7.1']],
      ['a local policy refuses our address', 'jane@denied.example', ['mailbox 554 5.7.1']],
      ['our address has no name (4xx)', 'jane@nameless.example', ['mailbox 450 4.7.1']],
      ['our EHLO name is refused at RCPT', 'jane@helo.example', ['mailbox 554 5.7.1']],
      ['our sender is refused at RCPT', 'jane@sender.example', ['mailbox 554 5.7.1']],
      ['our sender is unknown at home, quoted as 550 5.1.1', 'jane@callout.example', ['mailbox 550 5.1.7']],
      ['our sender is unknown at home, softly', 'jane@callout-soft.example', ['mailbox 450 4.1.7']],
      ['every recipient is refused in stock words of policy', 'jane@alike.example', ['mailbox 554 5.7.1']],
    ])(`%s: %s is ${BLOCKED}`, async (...[, email, told]) => {
      expect(await lane.visit(email)).toMatchObject({ is: BLOCKED, told })
    })
  })

  describe('it is about the mailbox', () => {
    it.each([
      ['full for now', 'jane@full-452.example', 'risky/mailbox_full confirmed', ['mailbox 452 4.2.2']],
      [
        'full for good',
        'jane@full-552.example',
        'risky/mailbox_full confirmed',
        ['mailbox 552 5.2.2', 'postmaster 250 2.1.5'],
      ],
      [
        'disabled',
        'jane@disabled.example',
        'undeliverable/mailbox_disabled confirmed',
        ['mailbox 550 5.2.1', 'postmaster 250 2.1.5'],
      ],
      [
        'unknown, as everybody is: likely, not confirmed',
        'jane@nobody-home.example',
        'undeliverable/mailbox_not_found estimated',
        ['mailbox 550 5.1.1', 'postmaster 550 5.1.1'],
      ],
    ])('%s: %s is %s', async (...[, email, is, told]) => {
      expect(await lane.visit(email)).toMatchObject({ is, told })
    })
  })

  describe('it is about the server, and a 4xx is never a no', () => {
    it.each([
      ['everybody is put off', 'jane@later.example', PUT_OFF, ['mailbox 450 4.3.2', 'stranger 450 4.3.2']],
      ['the user table does not answer', 'jane@broken.example', PUT_OFF, ['mailbox 451 4.3.0', 'stranger 451 4.3.0']],
      [
        'soft_bounce: unknown users get 450',
        'nobody@soft-bounce-no.example',
        PUT_OFF,
        ['mailbox 450 4.1.1', 'stranger 450 4.1.1'],
      ],
      [
        'soft_bounce: a stranger that is put off proves no acceptance',
        'jane@soft-bounce.example',
        'risky/accepts_all_unchecked estimated',
        ['mailbox 250 2.1.5', 'stranger 450 4.1.1', 'stranger 450 4.1.1'],
      ],
      ['it does not relay, softly', 'jane@unrelayed.example', INCONCLUSIVE, ['mailbox 454 4.7.1']],
      ['it does not relay: the route is wrong', 'jane@refused.example', INCONCLUSIVE, ['mailbox 554 5.7.1']],
    ])('%s: %s is %s', async (...[, email, is, told]) => {
      expect(await lane.visit(email)).toMatchObject({ is, told })
    })
  })

  it('Postfix has nothing to complain about but its own table', () => {
    expect(complaints(postfix).filter((line) => !line.includes('fail:directory lookup error'))).toEqual([])
  })
})
