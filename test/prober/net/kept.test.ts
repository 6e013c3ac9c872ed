// A connection that is kept for another inquiry: asked anew, left politely, and noticed when it goes away by itself.
import { createDial } from '@postern/prober/net/dial.ts'
import type { Conversation, Kept } from '@postern/prober/net/converse.ts'
import type { Plan } from '@postern/prober/smtp/plan.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { endingText } from '../../transcripts/transcript.ts'
import { ADDRESS, type HostileServer, type Peer, PLAN, startHostileServer } from './hostile-server.ts'

let server: HostileServer

beforeAll(async () => {
  server = await startHostileServer()
})
afterEach(() => expect.poll(() => server.connections(), { interval: 5, timeout: 2_000 }).toBe(0))
afterAll(() => server.close())

const KEPT: Plan = { ...PLAN, strangers: [], postmaster: null, keep: true }
const asking = (...names: readonly string[]): Plan => ({
  ...KEPT,
  mailboxes: names.map((name) => `${name}@strict.test`),
})
const limits = (ms = 2_000) => ({ deadlineAt: Date.now() + ms, greetingBy: Date.now() + ms, now: Date.now })
const textOf = ({ ending, state }: Conversation) => endingText(ending, state.told)

async function first(plan = asking('jane')): Promise<{ kept: Kept; text: string }> {
  const dial = createDial({
    loopback: [parseCidr(`${ADDRESS}/32`)!],
    port: 1,
    loopbackPort: server.port,
    sourceAddress: null,
    now: Date.now,
  })
  const met = await dial(ADDRESS, plan, limits())
  if ('fault' in met) throw new Error(met.fault)
  if (met.kept === null) throw new Error(`not kept: ${textOf(met)}`)
  return { kept: met.kept, text: textOf(met) }
}

/** Open ends of connections, the server's included. */
const sockets = () => process.getActiveResourcesInfo().filter((one) => one === 'TCPSocketWrap').length

const NOTHING = () => undefined

type Changes = Readonly<Record<string, (line: string) => string | null>>

/** Decent, with PIPELINING; `changes` answer by verb instead, null hangs up, the empty text is silence. */
function serve(changes: Changes = {}, ehlo = '250-mx\r\n250 PIPELINING') {
  server.behave(async (peer: Peer) => {
    peer.say('220 mx ESMTP\r\n')
    for (let line = await peer.hear(); line !== ''; line = await peer.hear()) {
      const verb = line.split(' ')[0] ?? ''
      const own = changes[verb]?.(line)
      const said = own === undefined ? decent(verb, line, ehlo) : own
      if (said === null) return peer.hangUp()
      if (said !== '') peer.say(`${said}\r\n`)
      if (verb === 'STARTTLS') await peer.secure()
      if (verb === 'QUIT') return peer.hangUp()
    }
  })
}

function decent(verb: string, line: string, ehlo: string): string {
  switch (verb) {
    case 'EHLO':
      return ehlo
    case 'STARTTLS':
      return '220 2.0.0 Ready'
    case 'RCPT':
      return line.includes('jane') ? '250 2.1.5 Ok' : '550 5.1.1 No such user'
    default:
      return '250 2.0.0 Ok'
  }
}

describe('a kept connection', () => {
  it('is asked again behind RSET, in one write where PIPELINING was offered, and left with QUIT', async () => {
    serve()
    const { kept, text } = await first()
    expect(text).toBe('done mailbox:250')
    const again = await kept.ask(asking('karl', 'jane'), limits())
    expect(textOf(again)).toBe('done mailbox:550 mailbox:250')
    expect(again.kept).toBe(kept)
    expect(again.lines.filter((line) => 'said' in line)).toHaveLength(4)
    kept.leave()
    await expect.poll(() => server.heard.at(-1), { interval: 5 }).toBe('QUIT')
    expect(server.heard.map((line) => line.split(' ')[0])).toEqual([
      'EHLO',
      'MAIL',
      'RCPT',
      'RSET',
      'MAIL',
      'RCPT',
      'RCPT',
      'QUIT',
    ])
  })

  it('is asked command by command where PIPELINING was not offered', async () => {
    serve({}, '250 mx')
    const { kept } = await first()
    expect(textOf(await kept.ask(asking('karl'), limits()))).toBe('done mailbox:550')
    kept.leave()
  })

  it('is asked many times, and remembers nothing of who was asked before', async () => {
    serve()
    const { kept } = await first()
    for (let n = 0; n < 20; n += 1) {
      const met = await kept.ask(asking(n % 2 === 0 ? 'karl' : 'jane'), limits())
      expect(textOf(met)).toBe(n % 2 === 0 ? 'done mailbox:550' : 'done mailbox:250')
    }
    kept.leave()
  })

  it('is asked again behind TLS that the first inquiry had to start', async () => {
    let secured = false
    const demand = () => {
      if (secured) return '250 2.1.0 Ok'
      secured = true
      return '530 5.7.0 Must issue a STARTTLS command first'
    }
    serve(
      { MAIL: demand, RCPT: (line) => (secured && line.includes('jane') ? '250 2.1.5 Ok' : '550 5.1.1 No such user') },
      '250-mx\r\n250 STARTTLS',
    )
    const { kept, text } = await first()
    expect(text).toBe('done mailbox:250')
    const again = await kept.ask(asking('karl'), limits())
    expect(textOf(again)).toBe('done mailbox:550')
    expect(again.state.secured).toBe(true)
    expect(server.heard.filter((line) => line === 'STARTTLS')).toHaveLength(1)
    kept.leave()
  })

  it('on which RSET is refused answers for nobody, and is not kept', async () => {
    serve({
      RSET: () => '500 5.5.1 What?',
      MAIL: (() => {
        let n = 0
        return () => (n++ === 0 ? '250 Ok' : '503 5.5.1 Nested MAIL')
      })(),
    })
    const { kept } = await first()
    const again = await kept.ask(asking('karl'), limits())
    expect(again.kept).toBe(null)
    expect(again.state.told.some(({ to }) => to === 'mailbox')).toBe(false)
  })

  it.each([
    ['RSET', 'done mail:421'],
    ['MAIL', 'done mail:421'],
    ['RCPT', 'done mailbox:421'],
  ])('that says 421 to the second %s says so, and is not kept', async (verb, text) => {
    let times = 0
    serve({ [verb]: () => (++times === (verb === 'RSET' ? 1 : 2) ? '421 4.3.2 Going down' : '250 Ok') })
    const { kept } = await first()
    const again = await kept.ask(asking('karl'), limits())
    expect(textOf(again)).toBe(text)
    expect(again.kept).toBe(null)
    kept.leave()
  })

  it('that hangs up in the middle is closed, and who was asked has no answer', async () => {
    let times = 0
    serve({ RCPT: () => (++times > 1 ? null : '250 Ok') })
    const { kept } = await first()
    expect(textOf(await kept.ask(asking('karl'), limits()))).toBe('closed')
    kept.leave()
  })

  it('that falls silent is given up when the time is over', async () => {
    let times = 0
    serve({ RSET: () => (++times > 0 ? '' : '250 Ok') }, '250 mx')
    const { kept } = await first()
    const startedAt = Date.now()
    expect(textOf(await kept.ask(asking('karl'), limits(150)))).toBe('timed_out')
    expect(Date.now() - startedAt).toBeLessThan(1_500)
  })
})

describe('a connection that goes while nobody asks', () => {
  it.each([
    ['by closing', (peer: Peer) => peer.hangUp()],
    ['by a reset', (peer: Peer) => peer.reset()],
    ['with 421', (peer: Peer) => peer.say('421 4.4.2 Idle for too long\r\n')],
    ['with a flood', (peer: Peer) => peer.say('250 and another\r\n'.repeat(2_000))],
    [
      'with half a reply',
      (peer: Peer) => {
        peer.say('421 4.4')
        peer.hangUp()
      },
    ],
  ])('%s is found closed, and nothing is said on it', async (_how, goes) => {
    let go: () => void = NOTHING
    server.behave(async (peer) => {
      peer.say('220 mx ESMTP\r\n')
      for (const answer of ['250 mx', '250 Ok', '250 Ok']) {
        await peer.hear()
        peer.say(`${answer}\r\n`)
      }
      go = () => goes(peer)
    })
    const { kept } = await first()
    await expect.poll(() => go === NOTHING, { interval: 1 }).toBe(false)
    go()
    await expect.poll(sockets, { interval: 5, timeout: 2_000 }).toBe(0)
    const said = server.heard.length
    const again = await kept.ask(asking('karl'), limits())
    expect(textOf(again)).toBe('closed')
    expect(again.kept).toBe(null)
    expect(again.lines).toEqual([])
    expect(again.state.awaiting).toEqual([])
    expect(server.heard).toHaveLength(said)
    kept.leave()
  })

  it('leaves no socket, and no timer, behind', async () => {
    await expect.poll(() => server.connections(), { interval: 5 }).toBe(0)
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length
    const before = timers()
    serve()
    for (let n = 0; n < 20; n += 1) {
      const { kept } = await first()
      await kept.ask(asking('karl'), limits(60_000))
      kept.leave()
      kept.leave()
    }
    await expect.poll(sockets, { interval: 10, timeout: 2_000 }).toBe(0)
    expect(timers()).toBeLessThanOrEqual(before + 1)
  })
})
