// Exim that refuses, puts off or asks others first: who is meant by it, and that no refusal of us becomes a no.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Exim, type EximServer, startExim } from './exim.ts'
import { EHLO as SENDER_DOMAIN, type Lane, startLane } from './lane.ts'
import { because, LACKING } from './programs.ts'

const callout = ['require verify = sender/callout']
const unfriendly = { routes: { [SENDER_DOMAIN]: 'home-no.example' } }
const friendly = { routes: { [SENDER_DOMAIN]: 'home.example' } }
const at = (...statement: readonly string[]) => ({ acl: { rcpt: statement } })
/** What the programs say that sites put before Exim, in the words of their own examples. */
const greylistd =
  'defer message = $sender_host_address is not yet authorized to deliver mail from <$sender_address> to <$local_part@$domain>. Please try later.'
const perHour = (verb: string) => [
  `${verb} message = Sender rate exceeds $sender_rate_limit messages per $sender_rate_period`,
  '  ratelimit = 1 / 1h / per_cmd / strict',
]
/** A gateway that accepts whom the server behind it accepts. */
const gateway = (domain: string, behind: string): EximServer => ({
  domain,
  routes: { [domain]: behind },
  ...at('require verify = recipient/callout'),
})
const FRONTS = 'front.example : front-no.example'

const SERVERS: readonly EximServer[] = [
  { domain: 'callout.example', ...unfriendly, ...at(...callout) },
  { domain: 'callout-mail.example', ...unfriendly, acl: { mail: callout } },
  { domain: 'callout-ok.example', ...friendly, ...at(...callout) },
  { domain: 'callout-ok-no.example', ...friendly, ...at(...callout) },
  { domain: 'unroutable.example', ...at('require verify = sender') },
  { domain: 'home.example', ...at(`accept domains = ${SENDER_DOMAIN}`, '  local_parts = probe') },
  { domain: 'home-no.example', ...at('deny message = Unrouteable address', `  domains = ${SENDER_DOMAIN}`) },
  { domain: 'helo.example', acl: { helo: ['deny message = Your HELO name is not accepted'] } },
  {
    domain: 'dnslist.example',
    ...at('deny message = rejected because $sender_host_address is in a black list at bl.example'),
  },
  { domain: 'drop.example', acl: { connect: ['drop message = You are not welcome here'] } },
  { domain: 'drop-plain.example', acl: { connect: ['drop'] } },
  { domain: 'rejected.example', options: ['host_reject_connection = *'] },
  { domain: 'prohibited.example', ...at('deny') },
  { domain: 'prohibited-no.example', ...at('deny') },
  { domain: 'unrelayed.example', ...at('deny message = relay not permitted') },
  { domain: 'defer.example', ...at('defer') },
  { domain: 'defer-no.example', ...at('defer') },
  { domain: 'greylistd.example', ...at(greylistd) },
  { domain: 'rate.example', ...at(...perHour('defer')) },
  { domain: 'rate-hard.example', ...at(...perHour('deny')) },
  gateway('front.example', 'back.example'),
  gateway('front-no.example', 'back.example'),
  gateway('front-shut.example', 'rejected.example'),
  {
    domain: 'back.example',
    ...at(
      'accept local_parts = jane : postmaster',
      `  domains = ${FRONTS}`,
      'deny message = Unrouteable address',
      `  domains = ${FRONTS}`,
    ),
  },
]

const ACCEPTED = 'deliverable/mailbox_accepted confirmed'
const NOT_FOUND = 'undeliverable/mailbox_not_found confirmed'
const BLOCKED = 'unknown/blocked estimated'
const PUT_OFF = 'unknown/greylisted estimated'
const INCONCLUSIVE = 'unknown/inconclusive estimated'

const lacking = LACKING.exim
describe.skipIf(lacking !== null)(`Exim${because(lacking)}`, () => {
  let exim: Exim
  let lane: Lane
  beforeAll(async () => {
    exim = await startExim(SERVERS)
    lane = await startLane(exim.hosts, exim.port)
  })
  afterAll(async () => {
    await lane?.stop()
    await exim?.stop()
  })

  describe('it is about us', () => {
    it.concurrent.each([
      ['our sender is unknown at home, quoted as 550 at RCPT', 'jane@callout.example', 'mailbox 550'],
      ['our sender is unknown at home, said at MAIL', 'jane@callout-mail.example', 'mail 550'],
      ['our sender has no route: "Unrouteable address" is not the mailbox', 'jane@unroutable.example', 'mailbox 550'],
      ['our EHLO name is refused', 'jane@helo.example', 'ehlo 550'],
      ['a black list names our address', 'jane@dnslist.example', 'mailbox 550'],
      ['we are dropped at the door', 'jane@drop.example', 'greeting 550'],
      ['we are dropped at the door without a word of why', 'jane@drop-plain.example', 'greeting 550'],
      ['host_reject_connection: 554 for a greeting', 'jane@rejected.example', 'greeting 554'],
      ['Administrative prohibition, for who exists', 'jane@prohibited.example', 'mailbox 550'],
      ['Administrative prohibition, for who does not', 'nobody@prohibited-no.example', 'mailbox 550'],
    ])(`%s: %s is ${BLOCKED}`, async (...[, email, told]) => {
      expect(await lane.visit(email)).toMatchObject({ is: BLOCKED, told: [told] })
    })
  })

  describe('it puts us off, and a 4xx is never a no', () => {
    it.concurrent.each([
      ['defer, for who exists', 'jane@defer.example', PUT_OFF, ['mailbox 451', 'stranger 451']],
      ['defer, for who does not', 'nobody@defer-no.example', PUT_OFF, ['mailbox 451', 'stranger 451']],
      ['greylistd: not yet authorized', 'jane@greylistd.example', PUT_OFF, ['mailbox 451', 'stranger 451']],
      ['too many an hour', 'jane@rate.example', 'unknown/rate_limited estimated', ['mailbox 451']],
      ['too many an hour, with a 5xx', 'jane@rate-hard.example', 'unknown/rate_limited estimated', ['mailbox 550']],
    ])('%s: %s is %s', async (...[, email, is, told]) => {
      expect(await lane.visit(email)).toMatchObject({ is, told })
    })

    it.concurrent('greylistd: there is a time to come back', async () => {
      const { retryAfterMs } = await lane.visit('karl@greylistd.example')
      expect(retryAfterMs).toBe(60_000)
    })
  })

  describe('it has asked somebody else', () => {
    it.concurrent.each([
      ['our sender is known at home', 'jane@callout-ok.example', ACCEPTED, ['mailbox 250', 'stranger 550']],
      [
        'our sender is known, nobody is not',
        'nobody@callout-ok-no.example',
        NOT_FOUND,
        ['mailbox 550', 'postmaster 250'],
      ],
      ['the server behind knows the mailbox', 'jane@front.example', ACCEPTED, ['mailbox 250', 'stranger 550']],
      ['the server behind knows nobody', 'nobody@front-no.example', NOT_FOUND, ['mailbox 550', 'postmaster 250']],
      ['it does not relay: the route is wrong', 'jane@unrelayed.example', INCONCLUSIVE, ['mailbox 550']],
    ])('%s: %s is %s', async (...[, email, is, told]) => {
      expect(await lane.visit(email)).toMatchObject({ is, told })
    })

    it.concurrent('the server behind turns it away, which says nothing of the mailbox: unknown', async () => {
      const { is, transcript } = await lane.visit('jane@front-shut.example')
      expect(is).toMatch(/^unknown\//)
      expect(transcript[0]).toMatch(/Callout verification failed/)
    })
  })
})
