// Breaches of good manners are recorded, and no client, however rude, stops the world.
import * as fc from 'fast-check'
import { setImmediate as turn } from 'node:timers/promises'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dial, dialForRcpt, SENDER } from './scripted-client.ts'
import { LineInbox } from './smtp/line-inbox.ts'
import { startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})
beforeEach(() => world.reset())
afterAll(() => world.close())

const kinds = () => world.violations().map(({ kind }) => kind)

describe('violations', () => {
  test('DATA and BDAT are refused, with recipients and without', async () => {
    const client = await dialForRcpt(world, 'mx.strict.test')
    expect(await client.sayAll('RCPT TO:<jane.roe@strict.test>', 'DATA', 'RSET', 'BDAT 0 LAST')).toEqual([
      '250 2.1.5 Recipient OK',
      '554 5.5.1 No valid recipients',
      '250 2.0.0 OK',
      '503 5.5.1 Bad sequence of commands',
    ])
    await client.hangUp()
    expect(world.violations()).toMatchObject([
      { kind: 'data', host: 'mx.strict.test', source: '127.24.0.1', detail: 'DATA' },
      { kind: 'data', detail: 'BDAT' },
    ])
  })

  test('pipelining before EHLO, behind EHLO, after HELO and behind QUIT', async () => {
    const early = await dial(world, 'mx.strict.test')
    await early.reply()
    early.write('EHLO a1.probe.test\r\nNOOP\r\n')
    await early.reply()
    await early.reply()
    expect(world.violations()).toMatchObject([{ kind: 'pipelined_unasked', detail: 'after EHLO' }])
    early.write('QUIT\r\nNOOP\r\n')
    await early.reply()
    await early.untilClosed()
    const plain = await dial(world, 'mx.strict.test')
    await plain.reply()
    await plain.say('HELO a1.probe.test')
    plain.write(`MAIL FROM:<${SENDER}>\r\nRCPT TO:<jane.roe@strict.test>\r\n`)
    await plain.reply()
    await plain.reply()
    await plain.hangUp()
    expect(world.violations().map(({ detail }) => detail)).toEqual(['after EHLO', 'after QUIT', 'after MAIL'])
  })

  test('what is sent behind STARTTLS is dropped, never taken for something said under TLS', async () => {
    const client = await dial(world, 'mx.starttls.test')
    await client.reply()
    await client.say('EHLO a1.probe.test')
    client.write('STARTTLS\r\nNOOP\r\n')
    await client.reply()
    await client.secure()
    expect(await client.say('EHLO a1.probe.test')).toMatch(/^250-mx\.starttls\.test/)
    await client.hangUp()
    expect(kinds()).toEqual(['pipelined_unasked'])
  })

  test('talking to a host that has not greeted', async () => {
    const client = await dial(world, 'mx.dead.test')
    client.write('EHLO a1.probe.test\r\n')
    await client.hangUp()
    expect(kinds()).toEqual(['talked_before_greeting'])
  })

  describe('words before the greeting', () => {
    const EARLY = `EHLO a1.probe.test\r\nMAIL FROM:<${SENDER}>\r\nRCPT TO:<nina.falk@pipe-connect.test>\r\n`
    const early = async (host: string, source: string) => {
      const client = await dial(world, host, source)
      client.write(EARLY)
      const replies = [await client.reply(), await client.reply(), await client.reply(), await client.reply()]
      await client.hangUp()
      return replies.map((reply) => reply.slice(0, 3))
    }

    test('are welcome for a day to whom a host has offered it, and to nobody else', async () => {
      await (await dialForRcpt(world, 'mx.pipe-connect.test', '127.24.0.11')).hangUp()
      world.reset()
      expect(await early('mx.pipe-connect.test', '127.24.0.11')).toEqual(['220', '250', '250', '550'])
      expect(kinds()).toEqual([])
      await early('mx.pipe-connect.test', '127.24.0.12')
      expect(kinds()).toEqual(['talked_before_greeting', 'pipelined_unasked'])
      world.reset()
      await early('mx.slow-greeting.test', '127.24.0.11')
      expect(kinds()).toContain('talked_before_greeting')
      world.reset()
      world.advance(86_400_000)
      await early('mx.pipe-connect.test', '127.24.0.11')
      expect(kinds()).toContain('talked_before_greeting')
    })

    test('are turned away by a host that does not mean its offer, which is no fault of ours', async () => {
      await (await dialForRcpt(world, 'mx.pipe-connect-liar.test', '127.24.0.13')).hangUp()
      expect(await early('mx.pipe-connect-liar.test', '127.24.0.13')).toEqual(['554', '', '', ''])
      expect(kinds()).toEqual([])
    })
  })

  test('a bare line feed ends no line', async () => {
    const client = await dialForRcpt(world, 'mx.strict.test')
    client.write('RCPT TO:<jane.roe@strict.test>\nDATA\n')
    client.write('\r\n')
    expect(await client.reply()).toBe('500 5.5.2 Line holds what no line may hold')
    await client.hangUp()
    expect(kinds()).toEqual(['bare_lf'])
  })

  test('a line of 512 octets passes, one of 513 does not', async () => {
    const client = await dialForRcpt(world, 'mx.strict.test')
    expect(await client.say(`NOOP ${'x'.repeat(505)}`)).toBe('250 2.0.0 OK')
    expect(await client.say(`NOOP ${'x'.repeat(506)}`)).toBe('500 5.5.2 Line too long')
    await client.hangUp()
    expect(kinds()).toEqual(['line_too_long'])
  })

  test('a second connection from the same address, but not from another', async () => {
    const first = await dialForRcpt(world, 'mx.strict.test')
    const other = await dialForRcpt(world, 'mx.strict.test', '127.24.0.2')
    expect(kinds()).toEqual([])
    const second = await dialForRcpt(world, 'mx.strict.test')
    expect(world.violations()).toMatchObject([{ kind: 'too_many_connections', source: '127.24.0.1' }])
    await Promise.all([first, other, second].map((client) => client.hangUp()))
  })

  test('one connection after the other is none', async () => {
    for (let count = 0; count < 20; count += 1) {
      const client = await dial(world, 'mx.strict.test')
      await client.reply()
      client.write('QUIT\r\n')
      await client.reply()
      client.reset()
    }
    await turn()
    expect(kinds()).toEqual([])
    expect(world.sessions()).toHaveLength(20)
  })

  test.each(['mx.opted-out.test', 'mx.ip-exchange.test'])('connecting to %s at all', async (host) => {
    await (await dialForRcpt(world, host)).hangUp()
    expect(kinds()).toEqual(['unwelcome'])
  })

  test('connecting outside the network', async () => {
    await (await dialForRcpt(world, 'mx.loopback.test', '127.0.0.1')).hangUp()
    expect(world.violations()).toMatchObject([{ kind: 'unwelcome', host: 'trap' }])
  })
})

describe('rude clients', () => {
  test('resets, NULs and ten megabytes', async () => {
    const resets = await dial(world, 'mx.strict.test')
    resets.reset()
    const nul = await dialForRcpt(world, 'mx.strict.test', '127.24.0.3')
    expect(await nul.say('RCPT TO:<jane\0roe@strict.test>')).toMatch(/^500 /)
    await nul.hangUp()
    const flood = await dial(world, 'mx.strict.test', '127.24.0.4')
    await flood.reply()
    flood.write(Buffer.alloc(10_000_000, 'x'))
    expect(await flood.reply()).toBe('421 4.7.0 Too much at once')
    flood.reset()
    const hung = await dial(world, 'mx.tarpit.test')
    hung.write(Buffer.alloc(10_000_000, '\r\n'))
    hung.reset()
    expect(kinds()).toContain('flood')
    await (await dialForRcpt(world, 'mx.strict.test', '127.24.0.5')).hangUp()
  })

  test('bytes of every kind, then gone', async () => {
    const witness = await dialForRcpt(world, 'mx.strict.test')
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 700 }), async (bytes) => {
        const client = await dial(world, 'mx.starttls.test', '127.24.0.9')
        client.write(Buffer.from(bytes))
        client.write('\r\nSTARTTLS\r\n')
        client.reset()
      }),
      { numRuns: 50 },
    )
    expect(await witness.say('NOOP')).toBe('250 2.0.0 OK')
    await witness.hangUp()
  })

  test('nonsense for HTTP', async () => {
    const { port, hostname } = new URL(world.dohUrl)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.on('error', () => {}).resume()
    socket.end('\0\0\0 no request\r\n\r\n')
    await new Promise<void>((done) => socket.on('close', () => done()))
    expect((await fetch(new URL('/world/sessions', world.dohUrl))).status).toBe(200)
  })
})

describe('lines', () => {
  test('are the same however the bytes were split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', ' ', '\r', '\n', '\0', '\r\n', 'ö'), { maxLength: 40 }),
        fc.nat(7),
        (parts, size) => {
          const bytes = Buffer.from(parts.join(''))
          expect(linesOf(bytes, size + 1)).toEqual(linesOf(bytes, bytes.length + 1))
        },
      ),
    )
  })
})

function linesOf(bytes: Buffer, size: number): unknown[] {
  const inbox = new LineInbox()
  const seen: unknown[] = []
  for (let at = 0; at < bytes.length; at += size) {
    inbox.push(bytes.subarray(at, at + size))
    for (let line = inbox.take(); line !== null; line = inbox.take()) seen.push(line)
  }
  return [...seen, inbox.pending]
}
