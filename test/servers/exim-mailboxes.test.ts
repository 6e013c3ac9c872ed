// Exim as Debian and hosting panels set it up: what its mailboxes, its pace and its limits look like from outside.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Exim, type EximServer, startExim } from './exim.ts'
import { LANE_ADDRESS, type Lane, startLane } from './lane.ts'
import { because, LACKING } from './programs.ts'

const inStep = ['pipelining_advertise_hosts =', 'smtp_enforce_sync = true']
const pipeConnect = ['pipelining_connect_advertise_hosts = *']
const oneSoft = ['recipients_max = 1']
const oneHard = ['recipients_max = 1', 'recipients_max_reject = true']
const ratelimited = ['smtp_ratelimit_hosts = *', 'smtp_ratelimit_rcpt = 1,0.5s,1.5,4s']
const slow = { rcpt: ['warn delay = 1s'] }
const secured = { mail: ['deny message = Must issue a STARTTLS command first', '  !encrypted = *'] }
/** A redirect router that answers for jane in words of the site's own. */
const answering = (domain: string, answer: string): EximServer => ({
  domain,
  router: [
    'site:',
    '  driver = redirect',
    '  local_parts = jane',
    `  data = ${answer}`,
    '  allow_fail',
    '  allow_defer',
  ],
})

const SERVERS: readonly EximServer[] = [
  { domain: 'plain.example' },
  { domain: 'plain-no.example' },
  { domain: 'catch-all.example', catchAll: true },
  answering('fail.example', ':fail: Unknown user'),
  answering('disabled.example', ':fail: This account has been disabled'),
  answering('quota.example', ':fail: Mailbox quota exceeded'),
  answering('full.example', ':defer: mailbox is full'),
  { domain: 'ascii.example', options: ['smtputf8_advertise_hosts ='] },
  { domain: 'utf8.example', options: ['smtputf8_advertise_hosts = *'] },
  { domain: 'in-step.example', options: inStep },
  { domain: 'in-step-no.example', options: inStep },
  { domain: 'pipe-connect.example', options: pipeConnect },
  { domain: 'pipe-connect-no.example', options: pipeConnect },
  { domain: 'tls.example', acl: secured },
  { domain: 'slow.example', acl: slow },
  { domain: 'slow-no.example', acl: slow },
  { domain: 'slow-connect.example', acl: { connect: ['warn delay = 1s'] }, options: ['smtp_enforce_sync = true'] },
  { domain: 'ratelimit.example', options: ratelimited },
  { domain: 'one.example', options: oneSoft },
  { domain: 'one-no.example', options: oneSoft },
  { domain: 'one-hard.example', options: oneHard },
  { domain: 'one-hard-no.example', options: oneHard },
  { domain: 'one-caller.example', options: ['smtp_accept_max_per_host = 1'] },
]

const ACCEPTED = 'deliverable/mailbox_accepted confirmed'
const NOT_FOUND = 'undeliverable/mailbox_not_found confirmed'
const FULL = 'risky/mailbox_full confirmed'
const known = ['mailbox 250', 'stranger 550']
const unknown = ['mailbox 550', 'postmaster 250']

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

  it.concurrent.each<readonly [what: string, email: string, is: string, told: readonly string[]]>([
    ['a mailbox exists, a stranger is refused', 'jane@plain.example', ACCEPTED, known],
    ['Unrouteable address, and postmaster is accepted', 'nobody@plain-no.example', NOT_FOUND, unknown],
    ['everybody is taken', 'jane@catch-all.example', 'risky/accepts_all confirmed', ['mailbox 250', 'stranger 250']],
    ['an alias says :fail: Unknown user', 'jane@fail.example', NOT_FOUND, unknown],
    [
      'an alias says :fail: that the account is disabled',
      'jane@disabled.example',
      'undeliverable/mailbox_disabled confirmed',
      unknown,
    ],
    ['a panel refuses for quota with 550', 'jane@quota.example', FULL, unknown],
    ['a router defers for quota', 'jane@full.example', FULL, ['mailbox 451']],
    [
      'without SMTPUTF8 an umlaut cannot be said',
      'jörg@ascii.example',
      'undeliverable/smtputf8_unsupported confirmed',
      ['smtputf8_not_offered'],
    ],
    ['with SMTPUTF8 a mailbox with an umlaut exists', 'jörg@utf8.example', ACCEPTED, known],
    ['no PIPELINING, and a server that hangs up on who is out of step', 'jane@in-step.example', ACCEPTED, known],
    ['no PIPELINING, and nobody', 'nobody@in-step-no.example', NOT_FOUND, unknown],
    [
      'PIPE_CONNECT is offered, and a first visit waits for the greeting',
      'nobody@pipe-connect-no.example',
      NOT_FOUND,
      unknown,
    ],
    ['TLS is demanded at MAIL', 'jane@tls.example', ACCEPTED, known],
    ['a second for each recipient', 'jane@slow.example', ACCEPTED, known],
    ['a second for nobody as well', 'nobody@slow-no.example', NOT_FOUND, unknown],
    ['a second before the greeting, and nobody may talk into it', 'jane@slow-connect.example', ACCEPTED, known],
    ['later recipients are answered later (smtp_ratelimit_rcpt)', 'jane@ratelimit.example', ACCEPTED, known],
    [
      'one recipient per message: the stranger has one of its own',
      'jane@one.example',
      ACCEPTED,
      ['mailbox 250', 'stranger 452', 'stranger 550'],
    ],
    [
      'one recipient per message, hard: 552 is no full mailbox',
      'jane@one-hard.example',
      ACCEPTED,
      ['mailbox 250', 'stranger 552', 'stranger 550'],
    ],
    [
      'one recipient per message: Unrouteable to us is no without somebody who is not',
      'nobody@one-no.example',
      'unknown/blocked estimated',
      ['mailbox 550', 'postmaster 452'],
    ],
    [
      'one recipient per message, hard: neither is it then',
      'nobody@one-hard-no.example',
      'unknown/blocked estimated',
      ['mailbox 550', 'postmaster 552'],
    ],
  ])('%s: %s is %s', async (...[, email, is, told]) => {
    expect(await lane.visit(email)).toMatchObject({ is, told })
  })

  it('PIPE_CONNECT that was offered is taken up at the next visit: all is said at once, and read in order', async () => {
    const first = await lane.visit('jane@pipe-connect.example')
    expect(first).toMatchObject({ is: ACCEPTED, told: known })
    expect(first.conversation[0]).toMatch(/^S: 220/)
    const second = await lane.visit('nobody@pipe-connect.example')
    expect(second.is).toBe(NOT_FOUND)
    expect(second.conversation.slice(0, 4).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'C: EHLO',
      'C: MAIL',
      'C: RCPT',
      'S: 220',
    ])
    const [again] = second.told
    expect(again).toBe('mailbox 550')
  })

  it.concurrent('one connection per caller, which is taken: unknown/rate_limited, and deliverable when it is free', async () => {
    const { address: host } = exim.hosts.find(({ domain }) => domain === 'one-caller.example')!
    const other = connect({ host, port: exim.port, localAddress: LANE_ADDRESS })
    await once(other, 'data')
    expect(await lane.visit('jane@one-caller.example')).toMatchObject({
      is: 'unknown/rate_limited estimated',
      told: ['greeting 421'],
      retryAfterMs: 300_000,
    })
    other.end('QUIT\r\n').resume()
    await once(other, 'close')
    expect(await lane.visit('jane@one-caller.example', { maxAgeS: 0 })).toMatchObject({ is: ACCEPTED, told: known })
  })

  it('nobody was out of step', () => {
    const logs = SERVERS.map(({ domain }) => exim.log(domain)).join('')
    expect(logs.split('\n').filter((line) => /synchronization|error|panic/.test(line))).toEqual([])
  })
})
