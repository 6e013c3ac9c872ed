// What every mail host of the world does alike: the order, the syntax and the limits of RFC 5321.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dial, dialForRcpt, SENDER, type ScriptedClient } from './scripted-client.ts'
import { startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

async function greeted(host = 'mx.strict.test'): Promise<ScriptedClient> {
  const client = await dial(world, host)
  await client.reply()
  return client
}

const codes = (replies: readonly string[]) => replies.map((reply) => reply.slice(0, 3))

describe('a strict host', () => {
  test('greets with its name and lists what it can do', async () => {
    const client = await dial(world, 'mx.strict.test')
    expect(await client.reply()).toBe('220 mx.strict.test ESMTP')
    const ehlo = await client.say('EHLO a1.probe.test')
    expect(ehlo.split('\n').map((line) => line.slice(4))).toEqual([
      'mx.strict.test greets a1.probe.test',
      'PIPELINING',
      'SIZE 10485760',
      '8BITMIME',
      'ENHANCEDSTATUSCODES',
    ])
    expect(await client.say('QUIT')).toBe('221 2.0.0 Bye')
    await client.untilClosed()
  })

  test('knows its mailboxes and nobody else', async () => {
    const client = await dialForRcpt(world, 'mx.strict.test')
    expect(
      await client.sayAll(
        'RCPT TO:<jane.roe@strict.test>',
        'RCPT TO:<nina.falk@strict.test>',
        'RCPT TO:<jane.roe@elsewhere.test>',
        'rcpt to:<"jane.roe"@STRICT.test>',
        'RCPT TO:<@relay.test:jane.roe@strict.test>',
        'RCPT TO:<Jane.Roe@strict.test>',
        'RCPT TO:<PostMaster@strict.test>',
        'RCPT TO:<Postmaster>',
      ),
    ).toEqual([
      '250 2.1.5 Recipient OK',
      '550 5.1.1 <nina.falk@strict.test>: User unknown',
      '550 5.7.1 Relaying denied',
      '250 2.1.5 Recipient OK',
      '250 2.1.5 Recipient OK',
      '550 5.1.1 <Jane.Roe@strict.test>: User unknown',
      '250 2.1.5 Recipient OK',
      '250 2.1.5 Recipient OK',
    ])
    await client.hangUp()
  })

  test('keeps the order of commands', async () => {
    const client = await greeted()
    expect(
      codes(
        await client.sayAll(
          `MAIL FROM:<${SENDER}>`,
          'RCPT TO:<jane.roe@strict.test>',
          'HELO a1.probe.test',
          'RCPT TO:<jane.roe@strict.test>',
          `MAIL FROM:<${SENDER}>`,
          `MAIL FROM:<${SENDER}>`,
          'RSET',
          'RCPT TO:<jane.roe@strict.test>',
          'MAIL FROM:<>',
          'EHLO a1.probe.test',
          'RCPT TO:<jane.roe@strict.test>',
        ),
      ),
    ).toEqual(['503', '503', '250', '503', '250', '503', '250', '503', '250', '250', '503'])
    await client.hangUp()
  })

  test.each([
    ['NOOP', '250'],
    ['noop with a word', '250'],
    ['RSET', '250'],
    ['RSET now', '501'],
    ['VRFY jane.roe', '252'],
    ['VRFY', '501'],
    ['EXPN staff', '502'],
    ['HELP', '214'],
    ['STARTTLS', '502'],
    ['STARTTLS now', '501'],
    ['AUTH PLAIN', '500'],
    ['nonsense', '500'],
    ['', '500'],
    ['EHLO', '501'],
    ['EHLO two words', '501'],
    ['EHLO [127.24.0.1]', '250'],
    ['MAIL FROM: <probe@probe.test>', '501'],
    ['MAIL FROM:probe@probe.test', '501'],
    ['MAIL TO:<probe@probe.test>', '501'],
    ['MAIL FROM:<probe@>', '501'],
    [`MAIL FROM:<${'x'.repeat(65)}@probe.test>`, '501'],
    ['MAIL FROM:<probe@probe.test> SIZE=1000 BODY=8BITMIME', '250'],
    ['MAIL FROM:<probe@probe.test>  ', '250'],
    ['MAIL FROM:<probe@probe.test> SMTPUTF8', '555'],
    ['MAIL FROM:<probe@probe.test> COLOUR=red', '555'],
    ['MAIL FROM:<jörg@probe.test>', '553'],
  ])('answers "%s" with %s', async (command, code) => {
    const client = await greeted()
    await client.say('EHLO a1.probe.test')
    expect((await client.say(command)).slice(0, 3)).toBe(code)
    await client.hangUp()
  })

  test.each([
    ['RCPT TO:<>', '501'],
    ['RCPT TO:<jane.roe>', '501'],
    ['RCPT TO:<jane.roe@strict.test', '501'],
    ['RCPT TO:<jane..roe@strict.test>', '501'],
    ['RCPT TO:<jane.roe@strict.test> NOTIFY=NEVER', '555'],
    ['RCPT TO:<jörg@strict.test>', '553'],
  ])('answers "%s" with %s', async (command, code) => {
    const client = await dialForRcpt(world, 'mx.strict.test')
    expect((await client.say(command)).slice(0, 3)).toBe(code)
    await client.hangUp()
  })

  test('takes pipelined commands and answers each in turn', async () => {
    world.reset()
    const client = await greeted()
    await client.say('EHLO a1.probe.test')
    client.write(
      `MAIL FROM:<${SENDER}>\r\nRCPT TO:<jane.roe@strict.test>\r\nRCPT TO:<nina.falk@strict.test>\r\nQUIT\r\n`,
    )
    expect(codes([await client.reply(), await client.reply(), await client.reply(), await client.reply()])).toEqual([
      '250',
      '250',
      '550',
      '221',
    ])
    expect(world.violations()).toEqual([])
  })

  test('records what was said, when, from where and who ended it', async () => {
    let time = 1_000
    const clocked = await startWorld({ clock: () => time })
    const client = await dialForRcpt(clocked, 'mx.strict.test', '127.24.0.7')
    time = 2_000
    await client.say('QUIT')
    await client.untilClosed()
    expect(clocked.sessions()).toMatchObject([
      {
        host: 'mx.strict.test',
        source: '127.24.0.7',
        openedAt: 1_000,
        closedAt: 2_000,
        closedBy: 'client',
        secured: false,
        commands: [
          { line: 'EHLO a1.eu-central-1.probe.test', at: 1_000 },
          { line: `MAIL FROM:<${SENDER}>`, at: 1_000 },
          { line: 'QUIT', at: 2_000 },
        ],
      },
    ])
    await clocked.close()
  })
})

describe('other scripts', () => {
  test('a host with SMTPUTF8 takes them, under either form of the domain', async () => {
    const client = await greeted('mx.xn--bcher-kva.test')
    expect(await client.say('EHLO a1.probe.test')).toContain('SMTPUTF8')
    expect(
      codes(
        await client.sayAll(
          `MAIL FROM:<${SENDER}> SMTPUTF8`,
          'RCPT TO:<jörg@bücher.test>',
          'RCPT TO:<jörg@xn--bcher-kva.test>',
          'RCPT TO:<jo\u0308rg@bücher.test>',
          'RCPT TO:<käthe@bücher.test>',
          'RSET',
          `MAIL FROM:<${SENDER}>`,
          'RCPT TO:<anna@xn--bcher-kva.test>',
          'RCPT TO:<jörg@bücher.test>',
        ),
      ),
    ).toEqual(['250', '250', '250', '250', '550', '250', '250', '250', '553'])
    await client.hangUp()
  })
})
