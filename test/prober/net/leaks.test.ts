// After hundreds of hostile conversations nothing is left of them: no socket, no timer that keeps a process, no memory.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type Behaviour,
  type HostileServer,
  meet,
  type Peer,
  serveUntil,
  STAGES,
  startHostileServer,
} from './hostile-server.ts'

let server: HostileServer

beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.close())

async function flood(peer: Peer): Promise<void> {
  while (!peer.gone) {
    peer.say('250 and another thing\r\n'.repeat(200))
    await turn()
  }
}

async function tls(peer: Peer, act: () => void | Promise<void>): Promise<void> {
  await serveUntil(peer, 'mailbox', { ehlo: '250-mx\r\n250 STARTTLS\r\n', mail: '530 Must issue STARTTLS first\r\n' })
  peer.say('220 Go ahead\r\n')
  await act()
}

/** One of each kind of harm, over and over. */
const HARMS: readonly Behaviour[] = [
  ...STAGES.map((stage) => (peer: Peer) => serveUntil(peer, stage)),
  ...STAGES.map((stage) => (peer: Peer) => serveUntil(peer, stage).then(() => peer.reset())),
  ...STAGES.map((stage) => (peer: Peer) => serveUntil(peer, stage).then(() => flood(peer))),
  (peer) => peer.say(Buffer.alloc(1_000_000, 'x')),
  (peer) => serveUntil(peer, null),
  (peer) => tls(peer, () => peer.secure()),
  (peer) => tls(peer, () => peer.secure().then(() => flood(peer))),
  (peer) => tls(peer, () => flood(peer)),
  (peer) => tls(peer, () => peer.reset()),
  (peer) => tls(peer, () => peer.hangUp()),
]

function open(): number {
  return process.getActiveResourcesInfo().filter((one) => /^(TCPSocketWrap|TLSWrap|TCPConnectWrap)$/.test(one)).length
}

/** Octets in use once all that can go is gone. */
async function kept(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await turn()
  collect()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

async function rounds(count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    let next = 0
    server.behave((peer) => HARMS[next++ % HARMS.length]!(peer))
    const met = await Promise.all(HARMS.map(() => meet(server, { deadlineMs: 60 })))
    for (const { tookMs } of met) expect(tookMs).toBeLessThan(600)
    await expect.poll(() => open(), { interval: 5, timeout: 1_000 }).toBe(0)
  }
}

it('300 conversations later no socket is open and no memory is gone', async () => {
  await rounds(4)
  const before = await kept()
  await rounds(Math.ceil(300 / HARMS.length))
  // What the system still writes for a server that was left goes a little later.
  await expect.poll(kept, { interval: 20, timeout: 2_000 }).toBeLessThan(before + 2_000_000)
})
