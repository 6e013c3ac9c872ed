// How long the driver waits for what: for a connection, for a greeting, for the rest; and what it calls the end of each.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect as tcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { connect } from '@postern/prober/net/connect.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HostileServer, meet, serveUntil, startHostileServer } from './hostile-server.ts'

const SLACK_MS = 150
let server: HostileServer

beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.close())

describe('greetingBy', () => {
  it('is when a silent host is left, though the deadline is far', async () => {
    server.behave(() => undefined)
    const { text, tookMs } = await meet(server, { greetingMs: 120, deadlineMs: 5_000 })
    expect(text).toBe('timed_out')
    expect(tookMs).toBeGreaterThanOrEqual(115)
    expect(tookMs).toBeLessThan(120 + SLACK_MS)
  })

  it('does not end a conversation that has begun: each reply may come late, all of them by the deadline', async () => {
    server.behave(async (peer) => {
      for (const reply of ['220 hi', '250 mx', '250 Ok', '250 Ok', '550 5.1.1 No']) {
        await sleep(70)
        peer.say(`${reply}\r\n`)
        await peer.hear()
      }
    })
    const { text, tookMs } = await meet(server, { greetingMs: 120, deadlineMs: 2_000 })
    expect(text).toBe('done mailbox:250 stranger:550')
    expect(tookMs).toBeGreaterThan(300)
  })

  it('past the greeting the deadline holds, whatever was said in between', async () => {
    server.behave(async (peer) => {
      await serveUntil(peer, 'mail')
      while (!peer.gone) {
        peer.say('250-wait\r\n')
        await sleep(20)
      }
    })
    const { text, tookMs } = await meet(server, { greetingMs: 100, deadlineMs: 250 })
    expect(text).toBe('timed_out')
    expect(tookMs).toBeGreaterThanOrEqual(245)
    expect(tookMs).toBeLessThan(250 + SLACK_MS)
  })
})

describe('a pipelined group', () => {
  it('of which the rest does not come is given up after 1.2 s, not at the deadline', async () => {
    server.behave(async (peer) => {
      await serveUntil(peer, 'mail', { ehlo: '250-mx\r\n250 PIPELINING\r\n' })
      peer.say('250 Ok\r\n')
      await peer.untilGone()
    })
    const { text, tookMs } = await meet(server, { deadlineMs: 10_000 })
    expect(text).toBe('stalled')
    expect(tookMs).toBeGreaterThanOrEqual(1_195)
    expect(tookMs).toBeLessThan(1_200 + 2 * SLACK_MS)
  })
})

describe('a connection', () => {
  const loopback = [parseCidr('127.27.0.0/16')!]
  let deaf: Worker
  let port = 0
  const filling: Socket[] = []

  beforeAll(async () => {
    deaf = new Worker(new URL('deaf-listener.ts', import.meta.url))
    const [address] = (await once(deaf, 'message')) as [{ port: number }]
    port = address.port
    await sleep(40)
    for (let n = 0; n < 6; n += 1) filling.push(tcp({ host: '127.27.0.2', port }).on('error', () => undefined))
    await sleep(40)
  })
  afterAll(async () => {
    for (const socket of filling) socket.destroy()
    await deaf.terminate()
  })

  async function dial(patienceMs: number) {
    let tries = 0
    const count = () => void (tries += 1)
    subscribe('net.client.socket', count)
    const startedAt = Date.now()
    const target = { address: '127.27.0.2', port, localAddress: null }
    const connected = await connect(target, { loopback, deadlineAt: startedAt + patienceMs, now: Date.now })
    unsubscribe('net.client.socket', count)
    return { fault: 'fault' in connected ? connected.fault : null, tries, tookMs: Date.now() - startedAt }
  }

  it('that does not come about is tried again past the first retransmission, and ends with the deadline', async () => {
    const { fault, tries, tookMs } = await dial(1_700)
    expect({ fault, tries }).toEqual({ fault: 'connect_timeout', tries: 2 })
    expect(tookMs).toBeLessThan(1_700 + SLACK_MS)
  })

  it.each([0, -50, 80])('with %i ms left is no failure of the host’s', async (leftMs) => {
    const { fault, tries, tookMs } = await dial(leftMs)
    expect({ fault, tries }).toEqual({ fault: 'greeting_timeout', tries: leftMs > 0 ? 1 : 0 })
    expect(tookMs).toBeLessThan(80 + SLACK_MS)
  })

  it('that is refused is refused at once', async () => {
    const { text, tookMs } = await meet({ port: 1 }, { deadlineMs: 5_000 })
    expect(text).toBe('connect_refused')
    expect(tookMs).toBeLessThan(SLACK_MS)
  })

  it('from a source address that is not ours says that there is no way out', async () => {
    const target = { address: '127.27.0.1', port: server.port, localAddress: '192.0.2.1' }
    const connected = await connect(target, { loopback, deadlineAt: Date.now() + 500, now: Date.now })
    expect(connected).toEqual({ fault: 'connect_unroutable' })
  })
})
