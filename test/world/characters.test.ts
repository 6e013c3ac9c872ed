// Each character of a mail host does what its name says, seen from the other end of a real socket.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { dial, dialForRcpt, SENDER } from './scripted-client.ts'
import { lookUp } from './stub-resolver.ts'
import { startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
  world.addLane({ ehlo: 'a1.eu-central-1.probe.test', address: '127.24.0.1', sender: SENDER })
})
afterEach(() => world.reset())
afterAll(() => world.close())

/** The replies of a domain's first host to RCPTs in one transaction. */
async function rcpts(domain: string, ...locals: readonly string[]): Promise<string[]> {
  const client = await dialForRcpt(world, `mx.${domain}`)
  const replies = await client.sayAll(...locals.map((local) => `RCPT TO:<${local}@${domain}>`))
  await client.hangUp()
  return replies
}

describe('what hosts say about recipients', () => {
  test.each([
    ['catchall.test', ['jane.roe', 'whoever'], [/^250 2\.1\.5 /, /^250 2\.1\.5 /]],
    ['cannot-verify.test', ['jane.roe'], [/^252 /]],
    [
      'evasive.test',
      ['jane.roe', 'nina.falk', 'annaberg1234', 'frankgruber1234', 'kx7f2qmz3ptwbda'],
      [/^250 /, /^250 /, /^250 /, /^250 /, /^550 5\.1\.1 /],
    ],
    ['strangers-later.test', ['jane.roe', 'whoever'], [/^250 /, /^450 4\.3\.0 /]],
    ['overquota.test', ['paul.thorn', 'ruth.stein'], [/^452 4\.2\.2 .*full/, /^552 5\.2\.2 .*over quota/]],
    ['disabled.test', ['paul.thorn'], [/^550 5\.2\.1 .*Account disabled/]],
    ['moved.test', ['paul.thorn'], [/^551 5\.1\.6 .*<new\.home@moved-away\.test>/]],
    [
      'blocked-rcpt.test',
      ['jane.roe', 'postmaster'],
      [/^550 5\.7\.1 .*\[127\.24\.0\.1\] blocked using dnsbl/, /^550 5\.7\.1 /],
    ],
    ['policy.test', ['jane.roe', 'postmaster'], [/^550 5\.7\.1 .*policy/, /^550 5\.7\.1 .*policy/]],
    ['nobody-home.test', ['jane.roe', 'postmaster'], [/^550 5\.1\.1 User unknown/, /^550 5\.1\.1 User unknown/]],
    ['echo.test', ['no-such-user'], [/^550 5\.7\.1 <no-such-user@echo\.test>: blocked by policy$/]],
    ['temporary.test', ['jane.roe', 'postmaster'], [/^451 4\.3\.0 /, /^451 4\.3\.0 /]],
    ['rate-limited.test', ['jane.roe'], [/^450 4\.7\.1 Rate limit/]],
  ])('%s', async (domain, locals, patterns) => {
    const replies = await rcpts(domain, ...locals)
    for (const [index, pattern] of patterns.entries()) expect(replies[index]).toMatch(pattern)
  })

  test('multi-line replies carry their code and status on every line', async () => {
    const [known = '', unknown = ''] = await rcpts('multiline.test', 'jane.roe', 'nina.falk')
    expect(known.split('\n')).toHaveLength(3)
    for (const line of unknown.split('\n')) expect(line).toMatch(/^550[- ]5\.1\.1 /)
  })

  test('a catch-all relays for nobody', async () => {
    const client = await dialForRcpt(world, 'mx.catchall.test')
    expect(await client.say('RCPT TO:<jane.roe@strict.test>')).toBe('550 5.7.1 Relaying denied')
    await client.hangUp()
  })
})

describe('hosts that refuse the client', () => {
  test.each(['blocked-greeting.test', 'blocked-550.test'])('%s serves nothing but QUIT', async (domain) => {
    const client = await dial(world, `mx.${domain}`)
    expect(await client.reply()).toMatch(/^55[04] 5\.7\.1 .*(?:reputation|block list)/)
    expect(await client.sayAll('EHLO a1.probe.test', 'QUIT')).toEqual([
      '503 5.5.1 Bad sequence of commands',
      '221 2.0.0 Bye',
    ])
    await client.untilClosed()
  })

  test.each(['blocked-421.test', 'busy-421.test'])('%s closes at once', async (domain) => {
    const client = await dial(world, `mx.${domain}`)
    expect(await client.reply()).toMatch(/^421 4\.7\.0 /)
    await client.untilClosed()
    expect(world.sessions()).toMatchObject([{ closedBy: 'server' }])
  })
})

describe('calling back', () => {
  test('a sender that takes mail is let through, and the callout is on record', async () => {
    expect(await rcpts('callback.test', 'jane.roe', 'nina.falk')).toEqual([
      '250 2.1.5 Recipient OK',
      '550 5.1.1 <nina.falk@callback.test>: User unknown',
    ])
    const callout = world.sessions().find(({ host }) => host === 'mx.probe.test')
    expect(callout?.source).toMatch(/^127\.25\./)
    expect(callout?.commands.map(({ line }) => line)).toEqual([
      'EHLO mx.callback.test',
      'MAIL FROM:<>',
      `RCPT TO:<${SENDER}>`,
      'QUIT',
    ])
    expect(world.violations()).toEqual([])
  })

  test.each(['stranger@a1.eu-central-1.probe.test', 'probe@nowhere.test', 'probe@closed-port.test', ''])(
    'the sender <%s> is refused',
    async (sender) => {
      const client = await dial(world, 'mx.callback.test')
      await client.reply()
      await client.sayAll('EHLO a1.probe.test', `MAIL FROM:<${sender}>`)
      expect(await client.say('RCPT TO:<jane.roe@callback.test>')).toBe('550 5.1.8 Sender verify failed')
      await client.hangUp()
    },
  )

  test("the lanes' sender domain takes mail for the sender, postmaster and abuse", async () => {
    const client = await dialForRcpt(world, 'mx.probe.test')
    const domain = 'a1.eu-central-1.probe.test'
    const replies = await client.sayAll(
      ...['probe', 'postmaster', 'abuse', 'whoever'].map((local) => `RCPT TO:<${local}@${domain}>`),
    )
    expect(replies.map((reply) => reply.slice(0, 3))).toEqual(['250', '250', '250', '550'])
    await client.hangUp()
  })
})

describe('TLS', () => {
  test('a host that needs it refuses MAIL, upgrades for real, and starts over', async () => {
    const client = await dial(world, 'mx.needs-tls.test')
    await client.reply()
    expect(await client.say('EHLO a1.probe.test')).toContain('STARTTLS')
    expect(await client.say(`MAIL FROM:<${SENDER}>`)).toBe('530 5.7.0 Must issue a STARTTLS command first')
    expect(await client.say('STARTTLS')).toMatch(/^220 /)
    const secured = await client.secure()
    expect(secured.getPeerCertificate().subject.CN).toBe('mail.world.test')
    expect(await client.say(`MAIL FROM:<${SENDER}>`)).toMatch(/^503 /)
    expect(await client.say('EHLO a1.probe.test')).not.toContain('STARTTLS')
    expect(await client.sayAll('STARTTLS', `MAIL FROM:<${SENDER}>`, 'RCPT TO:<jane.roe@needs-tls.test>')).toEqual([
      '503 5.5.1 Bad sequence of commands',
      '250 2.1.0 Sender OK',
      '250 2.1.5 Recipient OK',
    ])
    await client.say('QUIT')
    await client.untilClosed()
    expect(world.sessions()).toMatchObject([{ secured: true, closedBy: 'client' }])
  })

  test('the TLSA record pins the certificate that is shown', async () => {
    const tlsa = (await lookUp(world, '_25._tcp.mx.dane.test', 'TLSA')).answers[0]?.data
    expect(tlsa).toMatchObject({ usage: 3, selector: 1, matchingType: 1 })
    const client = await dial(world, 'mx.dane.test')
    await client.reply()
    await client.sayAll('EHLO a1.probe.test', 'STARTTLS')
    const certificate = (await client.secure()).getPeerX509Certificate()
    const key = certificate?.publicKey.export({ type: 'spki', format: 'der' }) ?? Buffer.alloc(0)
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(key)))
    expect((tlsa as { certificate: Buffer }).certificate.toString('hex')).toBe(digest.toString('hex'))
    await client.hangUp()
  })

  test('a handshake that fails ends the session and nothing else', async () => {
    const client = await dial(world, 'mx.starttls.test')
    await client.reply()
    await client.sayAll('EHLO a1.probe.test', 'STARTTLS')
    client.write('this is no handshake, this is a line\r\n')
    await client.untilClosed()
    expect(await rcpts('starttls.test', 'jane.roe')).toEqual(['250 2.1.5 Recipient OK'])
  })
})

describe('hosts with habits', () => {
  test('HELO only', async () => {
    const client = await dial(world, 'mx.helo-only.test')
    await client.reply()
    expect(await client.sayAll('EHLO a1.probe.test', 'HELO a1.probe.test', `MAIL FROM:<${SENDER}>`)).toEqual([
      '502 Command not implemented',
      '250 mx.helo-only.test greets a1.probe.test',
      '250 2.1.0 Sender OK',
    ])
    await client.hangUp()
  })

  test('no PIPELINING, and none forgiven', async () => {
    const client = await dial(world, 'mx.no-pipelining.test')
    await client.reply()
    expect(await client.say('EHLO a1.probe.test')).not.toContain('PIPELINING')
    client.write(`MAIL FROM:<${SENDER}>\r\nRCPT TO:<jane.roe@no-pipelining.test>\r\n`)
    expect(await client.reply()).toBe('554 5.5.0 SMTP synchronization error')
    await client.untilClosed()
  })

  test('PIPELINING that stalls answers one command per write', async () => {
    const client = await dial(world, 'mx.stalling-pipeline.test')
    await client.reply()
    expect(await client.say('EHLO a1.probe.test')).toContain('PIPELINING')
    client.write(`MAIL FROM:<${SENDER}>\r\nRCPT TO:<jane.roe@stalling-pipeline.test>\r\n`)
    expect(await client.reply()).toMatch(/^250 2\.1\.0 /)
    expect(await client.say('NOOP')).toBe('250 2.0.0 OK')
    expect(await client.say('RCPT TO:<jane.roe@stalling-pipeline.test>')).toMatch(/^250 2\.1\.5 /)
    await client.hangUp()
  })

  test('one recipient per transaction', async () => {
    const client = await dialForRcpt(world, 'mx.one-recipient.test')
    const jane = 'RCPT TO:<jane.roe@one-recipient.test>'
    const nina = 'RCPT TO:<nina.falk@one-recipient.test>'
    const mail = `MAIL FROM:<${SENDER}>`
    const replies = await client.sayAll(nina, jane, nina, 'RSET', mail, nina, jane, mail, jane)
    expect(replies.map((reply) => reply.slice(0, 9))).toEqual([
      '550 5.1.1',
      '250 2.1.5',
      '452 4.5.3',
      '250 2.0.0',
      '250 2.1.0',
      '550 5.1.1',
      '250 2.1.5',
      '250 2.1.0',
      '250 2.1.5',
    ])
    await client.hangUp()
  })

  test.each([
    ['few-commands.test', 4],
    ['few-recipients.test', 4],
    ['one-then-421.test', 2],
  ])('%s hangs up at RCPT number %i', async (domain, last) => {
    const client = await dialForRcpt(world, `mx.${domain}`)
    for (let count = 1; count < last; count += 1)
      expect(await client.say(`RCPT TO:<jane.roe@${domain}>`)).toMatch(/^250 /)
    expect(await client.say(`RCPT TO:<jane.roe@${domain}>`)).toMatch(/^421 4\.7\.0 /)
    await client.untilClosed()
    expect(world.sessions()).toMatchObject([{ closedBy: 'server' }])
  })

  test('closing after RCPT without a word', async () => {
    expect(await rcpts('hangs-up.test', 'jane.roe')).toEqual([''])
    expect(world.sessions()).toMatchObject([{ closedBy: 'server' }])
  })

  test('garbage for a reply', async () => {
    const client = await dial(world, 'mx.garbage.test')
    await client.reply()
    client.write('EHLO a1.probe.test\r\n')
    await client.untilReceived(5)
    expect(client.received).not.toMatch(/^\d{3}/)
    await client.hangUp()
  })

  test('a reply that does not end', async () => {
    const client = await dial(world, 'mx.endless.test')
    await client.reply()
    client.write('EHLO a1.probe.test\r\n')
    await client.untilReceived(100_000)
    expect(client.received).toMatch(/^x+$/)
    client.reset()
  })

  test('dead hosts take the connection, closed ones do not', async () => {
    const client = await dial(world, 'mx.dead.test')
    await client.hangUp()
    expect(client.received).toBe('')
    await expect(dial(world, 'mx.closed-port.test')).rejects.toThrow(/ECONNREFUSED/)
  })
})

describe('hosts that take their time', () => {
  test('a late greeting comes, and so do late replies', async () => {
    const started = performance.now()
    await (await dialForRcpt(world, 'mx.slow-greeting.test')).hangUp()
    expect(performance.now() - started).toBeGreaterThanOrEqual(299)
    const between = performance.now()
    await (await dialForRcpt(world, 'mx.sluggish.test')).hangUp()
    expect(performance.now() - between).toBeGreaterThanOrEqual(298)
  })

  test('delays scale', async () => {
    const hasty = await startWorld({ timeScale: 0.01 })
    const client = await dialForRcpt(hasty, 'mx.tarpit.test')
    expect(await client.say('RCPT TO:<jane.roe@tarpit.test>')).toBe('250 2.1.5 Recipient OK')
    await client.hangUp()
    await hasty.close()
  })

  test('who talks during the pause is turned away', async () => {
    const client = await dial(world, 'mx.greet-pause.test')
    expect(await client.say('EHLO a1.probe.test')).toBe('554 5.5.1 You talk too soon')
    await client.untilClosed()
    expect(world.violations()).toMatchObject([{ kind: 'talked_before_greeting' }])
  })
})
