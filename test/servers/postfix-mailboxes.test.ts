// Postfix as most sites run it: what a known user, a stranger and everybody's mailbox look like from outside.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lane, startLane } from './lane.ts'
import { complaints, type Postfix, startPostfix } from './postfix.ts'
import { because, LACKING } from './programs.ts'

const CLASSES = ['virtual', 'local', 'relay'] as const
const SERVERS = [
  ...CLASSES.flatMap((kind) => [
    { domain: `${kind}.example`, class: kind },
    { domain: `${kind}-no.example`, class: kind },
  ]),
  { domain: 'catch-all.example', catchAll: true as const },
  { domain: 'catch-all-nobody.example', catchAll: true as const },
  { domain: 'ascii.example', settings: { smtputf8_enable: 'no' } },
  { domain: 'utf8.example', settings: { smtputf8_enable: 'yes' } },
  { domain: 'utf8-no.example', settings: { smtputf8_enable: 'yes' } },
  { domain: 'tls-may.example', settings: { smtpd_tls_security_level: 'may' } },
  { domain: 'tls.example', settings: { smtpd_tls_security_level: 'encrypt' } },
  { domain: 'tls-no.example', settings: { smtpd_tls_security_level: 'encrypt' } },
  { domain: 'tls-utf8.example', settings: { smtpd_tls_security_level: 'encrypt' } },
]

const ACCEPTED = 'deliverable/mailbox_accepted confirmed'
const NOT_FOUND = 'undeliverable/mailbox_not_found confirmed'
const known = ['mailbox 250 2.1.5', 'stranger 550 5.1.1']
const unknown = ['mailbox 550 5.1.1', 'postmaster 250 2.1.5']
const everybody = ['mailbox 250 2.1.5', 'stranger 250 2.1.5']

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

  it.each([
    ['a virtual mailbox exists, a stranger is refused', 'jane@virtual.example', ACCEPTED, known],
    ['no such virtual mailbox, postmaster is accepted', 'nobody@virtual-no.example', NOT_FOUND, unknown],
    ['a local user exists, a stranger is refused', 'jane@local.example', ACCEPTED, known],
    ['no such local user, postmaster is accepted', 'nobody@local-no.example', NOT_FOUND, unknown],
    ['a relay recipient exists, a stranger is refused', 'jane@relay.example', ACCEPTED, known],
    ['no such relay recipient, postmaster is accepted', 'nobody@relay-no.example', NOT_FOUND, unknown],
    ['an alias for @domain takes everybody', 'jane@catch-all.example', 'risky/accepts_all confirmed', everybody],
    ['it takes nobody as well', 'nobody@catch-all-nobody.example', 'risky/accepts_all confirmed', everybody],
    [
      'without SMTPUTF8 an umlaut cannot be said',
      'jörg@ascii.example',
      'undeliverable/smtputf8_unsupported confirmed',
      ['smtputf8_not_offered'],
    ],
    ['with SMTPUTF8 a mailbox with an umlaut exists', 'jörg@utf8.example', ACCEPTED, known],
    ['with SMTPUTF8 another umlaut is nobody', 'jürgen@utf8-no.example', NOT_FOUND, unknown],
    ['TLS that is offered is not needed', 'jane@tls-may.example', ACCEPTED, known],
    ['TLS that is demanded is started, self-signed as it is', 'jane@tls.example', ACCEPTED, known],
    ['behind demanded TLS nobody is nobody', 'nobody@tls-no.example', NOT_FOUND, unknown],
    ['SMTPUTF8 is found behind demanded TLS', 'jörg@tls-utf8.example', ACCEPTED, known],
  ])('%s: %s is %s', async (...[, email, is, told]) => {
    expect(await lane.visit(email)).toMatchObject({ is, told })
  })

  it('an answer is not asked for again, and tells about others: the next mailbox needs one RCPT', async () => {
    expect(await lane.visit('jane@virtual.example')).toMatchObject({ is: ACCEPTED, told: ['hold:recently_answered'] })
    expect(await lane.visit('karl@virtual.example')).toMatchObject({ is: ACCEPTED, told: ['mailbox 250 2.1.5'] })
    expect(await lane.visit('nobody@virtual.example')).toMatchObject({ is: NOT_FOUND, told: ['mailbox 550 5.1.1'] })
  })

  it('Postfix has nothing to complain about', () => {
    expect(complaints(postfix)).toEqual([])
  })
})
