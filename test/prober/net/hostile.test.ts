// The driver against servers that mean no good: every conversation ends by its deadline, as a finding, with nothing believed that was not asked.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  ADDRESS,
  type Behaviour,
  type HostileServer,
  meet,
  type Patience,
  serveUntil,
  type Stage,
  STAGES,
  startHostileServer,
} from './hostile-server.ts'

let server: HostileServer

beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.close())
afterEach(async () => {
  // QUIT's answer is waited for 200 ms at most; after that nobody is left.
  await expect.poll(() => server.connections(), { interval: 5, timeout: 400 }).toBe(0)
})

const DECENT = 'done mailbox:250 stranger:550'
/** Where silence is the point; whatever ends must end by then. */
const SHORT: Patience = { deadlineMs: 100 }
const SLACK_MS = 150

async function against(behaviour: Behaviour, patience: Patience = {}) {
  server.behave(behaviour)
  const met = await meet(server, patience)
  expect(met.tookMs).toBeLessThan((patience.deadlineMs ?? 2_000) + SLACK_MS)
  return met
}

it('a decent one is a decent one', async () => {
  expect((await against((peer) => serveUntil(peer, null))).text).toBe(DECENT)
})

describe('how bytes come', () => {
  it('one octet at a time, all of it', async () => {
    const { text } = await against(async (peer) => {
      await peer.drip('220-mx.strict.test\r\n220 ESMTP\r\n')
      await peer.hear()
      await peer.drip('250-mx.strict.test\r\n250 SIZE 1000\r\n')
      await peer.hear()
      await peer.drip('250 2.1.0 Ok\r\n')
      await peer.hear()
      await peer.drip('250 2.1.5 Ok\r\n')
      await peer.hear()
      await peer.drip('550 5.1.1 No\r\n')
      await peer.untilGone()
    })
    expect(text).toBe(DECENT)
  })

  it('lines that end in LF alone', async () => {
    const bare = Object.fromEntries(
      STAGES.map((stage) => [
        stage,
        { greeting: '220 hi\n', stranger: '550 5.1.1 No\n' }[stage as string] ?? '250 Ok\n',
      ]),
    )
    expect((await against((peer) => serveUntil(peer, null, bare))).text).toBe(DECENT)
  })

  it('a letter cut in two by packets is whole again', async () => {
    const { text, lines } = await against(async (peer) => {
      await serveUntil(peer, 'mailbox')
      await peer.drip('550 5.1.1 käthe ✉ 👩‍🚀 gibt es nicht\r\n')
      await peer.hear()
      peer.say('550 5.1.1 no\r\n')
      await peer.untilGone()
    })
    expect(text).toBe('done mailbox:550 postmaster:550')
    expect(lines[0]).toBe('käthe ✉ 👩‍🚀 gibt es nicht')
  })

  it.each([
    ['NUL and other controls within a line', '220 mx\0\x01\x1b[2J\x7f ESMTP\r\n', DECENT],
    ['bytes that are no UTF-8', Buffer.from([...Buffer.from('220 '), 0xff, 0xfe, 0xc3, 0x0d, 0x0a]), DECENT],
    ['a code and nothing else', '220\r\n', DECENT],
    ['NULs alone', Buffer.alloc(4_096), 'protocol_error'],
    ['NULs in lines', '\0\0\0\r\n', 'protocol_error'],
    ['an empty line first', '\r\n220 hi\r\n', 'protocol_error'],
    ['ten megabytes without a line end', Buffer.alloc(10_000_000, 'x'), 'protocol_error'],
    ['ten megabytes that begin well', Buffer.from(`220 ${'x'.repeat(10_000_000)}\r\n`), 'protocol_error'],
    ['a line a little too long', `220 ${'x'.repeat(600)}\r\n`, 'protocol_error'],
    ['a megabyte of continuation lines', '220-more\r\n'.repeat(100_000), 'protocol_error'],
    ['codes that change', '220-mx\r\n250 mx\r\n', 'protocol_error'],
    ['four digits', '2200 mx\r\n', 'protocol_error'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'protocol_error'],
    ['a TLS record', Buffer.from('15030100020228', 'hex'), 'timed_out'],
    ['half a line', '220 mx.str', 'timed_out'],
    ['half a reply', '220-mx.strict.test\r\n', 'timed_out'],
  ])('a greeting of %s', async (_what, greeting, expected) => {
    const { text } = await against((peer) => serveUntil(peer, null, { greeting: greeting as string }), SHORT)
    expect(text).toBe(expected)
  })

  it.each(['ehlo', 'mail', 'mailbox', 'stranger'] as const)(
    'continuation lines without end, and a line without end, in answer to %s',
    async (stage) => {
      for (const chunk of ['250-more\r\n'.repeat(100), 'x'.repeat(1_000)]) {
        const { text } = await against(async (peer) => {
          await serveUntil(peer, stage)
          while (!peer.gone) {
            peer.say(chunk)
            await turn()
          }
        })
        expect(text).toMatch(/^protocol_error/)
      }
    },
  )

  it('a reply that goes on for ever in time, though not in size, ends with the deadline', async () => {
    const { text } = await against(async (peer) => {
      while (!peer.gone) await peer.drip('2')
    }, SHORT)
    expect(text).toMatch(/^(protocol_error|timed_out)$/)
  })
})

describe('how connections end', () => {
  const told = (stage: Stage) =>
    ({ stranger: ' mailbox:250', quit: ' mailbox:250 stranger:550' })[stage as string] ?? ''
  /** At QUIT everything has been said. */
  const ending = (stage: Stage, otherwise: string) => (stage === 'quit' ? 'done' : otherwise)

  it.each(STAGES)('closed instead of an answer at %s', async (stage) => {
    const { text } = await against(async (peer) => {
      await serveUntil(peer, stage)
      peer.hangUp()
    })
    expect(text).toBe(`${ending(stage, 'closed')}${told(stage)}`)
  })

  it.each(STAGES)('reset instead of an answer at %s', async (stage) => {
    const { text } = await against(async (peer) => {
      await serveUntil(peer, stage)
      peer.reset()
    })
    // Before the greeting a reset may overtake the connection itself.
    const otherwise = text === 'connect_refused' && stage === 'greeting' ? text : 'closed'
    expect(text).toBe(`${ending(stage, otherwise)}${told(stage)}`)
  })

  it.each(STAGES)('silence at %s', async (stage) => {
    const { text } = await against((peer) => serveUntil(peer, stage), SHORT)
    expect(text).toBe(`${ending(stage, 'timed_out')}${told(stage)}`)
  })

  it.each(STAGES)('closed in the middle of the answer at %s', async (stage) => {
    const { text } = await against(async (peer) => {
      await serveUntil(peer, stage)
      peer.say('25')
      peer.hangUp()
    })
    expect(text).toBe(`${ending(stage, 'closed')}${told(stage)}`)
  })

  it('an answer and the end in one packet: the answer counts', async () => {
    const { text } = await against(async (peer) => {
      await serveUntil(peer, 'mailbox')
      peer.say('550 5.1.1 No such user\r\n')
      peer.hangUp()
    })
    expect(text).toBe('closed mailbox:550')
  })

  it('a server that talks on after QUIT is left alone', async () => {
    const { text } = await against(async (peer) => {
      await serveUntil(peer, null)
      while (!peer.gone) {
        peer.say('250 and another thing\r\n'.repeat(50))
        await turn()
      }
    })
    expect(text).toBe(DECENT)
  })

  it('a server that keeps its half of the connection open does not keep ours', async () => {
    const ours: Socket[] = []
    const collect = (message: unknown) => void ours.push((message as { socket: Socket }).socket)
    const halfOpen = createServer({ allowHalfOpen: true }, (socket) => socket.write('554 no\r\n')).listen(0, ADDRESS)
    await once(halfOpen, 'listening')
    const address = halfOpen.address() as AddressInfo
    subscribe('net.client.socket', collect)
    expect((await meet(address)).text).toBe('done greeting:554')
    unsubscribe('net.client.socket', collect)
    expect(ours).toHaveLength(1)
    await expect.poll(() => ours[0]?.destroyed, { interval: 5, timeout: 400 }).toBe(true)
    halfOpen.close()
  })
})

describe('what is said', () => {
  it.each<[string, Stage, string, string]>([
    ['the greeting', 'greeting', '250 hi', 'done greeting:250'],
    ['the greeting', 'greeting', '354 go ahead', 'done greeting:354'],
    ['the greeting', 'greeting', '554 5.7.1 go away', 'done greeting:554'],
    ['EHLO', 'ehlo', '220 again', 'done ehlo:220'],
    ['EHLO', 'ehlo', '251 what', 'done ehlo:251'],
    ['MAIL', 'mail', '354 go ahead', 'done mail:354'],
    ['RCPT', 'mailbox', '354 go ahead', 'done mailbox:354'],
    ['RCPT', 'mailbox', '220 hello', 'done mailbox:220 stranger:550'],
    ['the greeting', 'greeting', '199 what', 'protocol_error'],
    ['RCPT', 'mailbox', '600 what', 'protocol_error'],
    ['RCPT', 'mailbox', '-250 what', 'protocol_error'],
    ['RCPT', 'mailbox', '２５０ what', 'protocol_error'],
  ])('a wrong code in answer to %s (%s: %s) is %s', async (...[, stage, line, expected]) => {
    const { text } = await against((peer) => serveUntil(peer, null, { [stage]: `${line}\r\n` }))
    expect(text).toBe(expected)
  })

  it.each<[string, Stage]>([
    ['the greeting', 'greeting'],
    ['the answer to EHLO', 'ehlo'],
    ['the answer to MAIL', 'mail'],
    ['the answer to RCPT', 'mailbox'],
  ])('replies behind %s, that nobody asked for, answer no question', async (_what, stage) => {
    const { text } = await against(async (peer) => {
      await serveUntil(peer, stage)
      // As one packet: whatever stands behind the first was there before the next question was.
      peer.say(`${stage === 'greeting' ? '220' : '250'} Ok\r\n${'250 2.1.5 Ok\r\n'.repeat(4)}550 5.1.1 No\r\n`)
      await peer.untilGone()
    })
    expect(text).toBe(stage === 'mailbox' ? 'protocol_error mailbox:250' : 'protocol_error')
  })

  it('421 behind a refusal is the goodbye it looks like', async () => {
    const { text } = await against(async (peer) => {
      await serveUntil(peer, 'mailbox')
      peer.say('550 5.1.1 No such user\r\n421 4.7.0 Too many errors\r\n')
      peer.hangUp()
    })
    expect(text).toBe('done mailbox:550 postmaster:421')
  })

  it('the replies of a pipelined group may come in one packet', async () => {
    const { text } = await against(
      async (peer) => {
        await serveUntil(peer, 'mail', { ehlo: '250-mx\r\n250 PIPELINING\r\n' })
        await peer.hear()
        await peer.hear()
        peer.say('250 Ok\r\n250 Ok\r\n550 5.1.1 No\r\n')
        await peer.untilGone()
      },
      { plan: { controlTiming: 'pipelined' } },
    )
    expect(text).toBe(DECENT)
  })
})
