// The bench's distance: a handshake, a greeting and an answer come when they would over a line of that length.
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { distant } from './distance.ts'
import { mailHost } from './mail-host.ts'

const RTT_MS = 60
/** Timers of a busy machine are late, and never early. */
const LATE_MS = 40

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function client() {
  const counts = { connections: 0, recipients: 0 }
  const server = distant(RTT_MS, mailHost(['PIPELINING'], counts)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const startedAt = performance.now()
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8')
  closers.push(
    () => socket.destroy(),
    () => server.close(),
  )
  return { socket, counts, startedAt }
}

async function heardAfter(socket: Socket, since: number): Promise<{ text: string; roundTrips: number }> {
  const [text] = (await once(socket, 'data')) as [string]
  const tookMs = performance.now() - since
  expect(tookMs % RTT_MS).toBeLessThan(LATE_MS)
  return { text, roundTrips: Math.floor(tookMs / RTT_MS) }
}

it('the greeting comes after two round trips, every answer one after its question', async () => {
  const { socket, startedAt } = await client()
  expect(await heardAfter(socket, startedAt)).toEqual({ text: '220 mx.bench.test ESMTP\r\n', roundTrips: 2 })
  for (const verb of ['NOOP', 'RSET']) {
    const askedAt = performance.now()
    socket.write(`${verb}\r\n`)
    expect((await heardAfter(socket, askedAt)).roundTrips).toBe(1)
  }
})

it('what is said before the greeting is answered right behind it', async () => {
  const { socket, startedAt } = await client()
  socket.write('EHLO a.probe.test\r\n')
  expect((await heardAfter(socket, startedAt)).roundTrips).toBe(2)
})

it('a group is answered together, who is unknown is refused, and everything is counted', async () => {
  const { socket, counts } = await client()
  await once(socket, 'data')
  socket.write('MAIL FROM:<a@b.test>\r\nRCPT TO:<jane@b.test>\r\nRCPT TO:<unknown7@b.test>\r\n')
  const [text] = (await once(socket, 'data')) as [string]
  expect(text.split('\r\n').map((line) => line.slice(0, 3))).toEqual(['250', '250', '550', ''])
  expect(counts).toEqual({ connections: 1, recipients: 2 })
})

it('the end comes a round trip after QUIT', async () => {
  const { socket } = await client()
  await once(socket, 'data')
  const askedAt = performance.now()
  socket.write('QUIT\r\n')
  await once(socket.resume(), 'end')
  expect(performance.now() - askedAt).toBeGreaterThanOrEqual(RTT_MS - 1)
})
