// `--doh URL --smtp-port N --allow-loopback-mx` against servers that are not the world's: the standards, not its habits.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Foreign, startForeign } from './foreign.ts'
import { type Stack, startStack } from './stack.ts'

const a = (name: string, data: string) => ({ type: 'A', name, data })
const mx = (name: string, exchange: string, preference = 10) => ({ type: 'MX', name, data: { preference, exchange } })

const ZONES = {
  'kontor.de': [mx('kontor.de', 'Mail.Kontor.DE')],
  'mail.kontor.de': [a('mail.kontor.de', '127.0.0.1')],
  'xn--bro-hoa.de': [mx('xn--bro-hoa.de', 'mail.kontor.de')],
  'only-a.org': [a('only-a.org', '127.0.0.1')],
  'two-hosts.org': [mx('two-hosts.org', 'gone.two-hosts.org', 5), mx('two-hosts.org', 'mail.kontor.de', 10)],
  'two-addresses.org': [mx('two-addresses.org', 'pair.two-addresses.org')],
  'pair.two-addresses.org': [a('pair.two-addresses.org', '127.0.0.78'), a('pair.two-addresses.org', '127.0.0.1')],
  'dangles.org': [mx('dangles.org', 'gone.two-hosts.org')],
  'null.org': [{ type: 'MX', name: 'null.org', data: { preference: 0, exchange: '.' } }],
  'private.org': [mx('private.org', 'inside.private.org')],
  'inside.private.org': [a('inside.private.org', '192.168.7.7')],
  'closed.org': [mx('closed.org', 'nobody.closed.org')],
  'nobody.closed.org': [a('nobody.closed.org', '127.0.0.77')],
}

let foreign: Foreign
let stack: Stack
beforeAll(async () => {
  foreign = await startForeign(ZONES, [
    'jane@kontor.de',
    'jane@büro.de',
    'jane@only-a.org',
    'jane@two-hosts.org',
    'jane@two-addresses.org',
    'karl@two-addresses.org',
    'mary@two-addresses.org',
    'postmaster@kontor.de',
    'postmaster@two-hosts.org',
  ])
  stack = await startStack([
    '--doh',
    foreign.dohUrl,
    '--smtp-port',
    String(foreign.smtpPort),
    '--allow-loopback-mx',
    '--lanes',
    '1x2',
  ])
})
afterAll(async () => {
  await stack.stop()
  await foreign.close()
})

describe('200 from servers that are not ours', () => {
  it.each([
    ['jane@kontor.de', 'deliverable', 'mailbox_accepted', 'confirmed'],
    ['nobody@kontor.de', 'undeliverable', 'mailbox_not_found', 'confirmed'],
    ['Jane@KONTOR.DE', 'deliverable', 'mailbox_accepted', 'confirmed'],
    ['jane@büro.de', 'deliverable', 'mailbox_accepted', 'confirmed'],
    ['jane@two-hosts.org', 'deliverable', 'mailbox_accepted', 'confirmed'],
    ['jane@only-a.org', 'deliverable', 'mailbox_accepted', 'confirmed'],
    ['jane@two-addresses.org', 'deliverable', 'mailbox_accepted', 'confirmed'],
    ['karl@two-addresses.org', 'deliverable', 'mailbox_accepted', 'confirmed'],
    ['mary@two-addresses.org', 'deliverable', 'mailbox_accepted', 'confirmed'],
    ['jane@dangles.org', 'undeliverable', 'no_mail_host', 'confirmed'],
    ['jane@private.org', 'undeliverable', 'no_mail_host', 'confirmed'],
    ['jane@null.org', 'undeliverable', 'null_mx', 'confirmed'],
    ['jane@not-there.org', 'undeliverable', 'domain_not_found', 'confirmed'],
    ['jane@closed.org', 'unknown', 'connect_failed', 'estimated'],
  ])('%s is %s/%s', async (...[email, status, reason, level]) => {
    expect(await stack.verify(email)).toMatchObject({ status, reason, level })
  })

  it('the only resolver asked is the one that was named', async () => {
    expect(stack.world).toEqual([])
    const answer = await stack.verify('jane.roe@strict.test')
    expect(answer).toMatchObject({ reason: 'domain_not_found' })
    expect(answer.checks.mail_route.resolver).toBe('doh')
  })
})
