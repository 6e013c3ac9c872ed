// The guard: whatever a name resolves to, no socket is ever made for an address that is not to be dialled.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { createDial } from '@postern/prober/net/dial.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { PLAN } from './hostile-server.ts'

const traps: Server[] = []
let port = 0
let trapped = 0
let sockets = 0
const onSocket = () => void (sockets += 1)

beforeAll(async () => {
  // Every IPv4 and every IPv6 address of this machine, at one port.
  for (const host of ['0.0.0.0', '::']) {
    const trap = createServer((socket) => {
      trapped += 1
      socket.on('error', () => undefined).end('220 trap\r\n')
    })
    trap.listen({ host, port, ipv6Only: true })
    await once(trap, 'listening')
    const address = trap.address()
    if (address !== null && typeof address === 'object') port = address.port
    traps.push(trap)
  }
  subscribe('net.client.socket', onSocket)
})
afterAll(() => {
  unsubscribe('net.client.socket', onSocket)
  for (const trap of traps) trap.close()
})
beforeEach(() => {
  trapped = 0
  sockets = 0
})

async function dial(address: string, opened: readonly string[] = ['127.25.0.0/16']) {
  const loopback = opened.map((text) => parseCidr(text)!)
  const limits = { deadlineAt: Date.now() + 500, greetingBy: Date.now() + 500 }
  const met = await createDial({ loopback, port, loopbackPort: port, sourceAddress: '127.24.9.9', now: Date.now })(
    address,
    PLAN,
    limits,
  )
  return 'fault' in met ? met.fault : met.ending
}

it.each(['127.25.0.1', '127.25.255.254'])('%s, which is opened, falls into the trap: it is there', async (address) => {
  expect(await dial(address)).toBe('closed')
  expect({ trapped, sockets }).toEqual({ trapped: 1, sockets: 1 })
})

it.each([
  '10.0.0.1',
  '127.0.0.1',
  '127.24.255.255',
  '127.26.0.0',
  '0.0.0.0',
  '0',
  '169.254.169.254',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '255.255.255.255',
  '224.0.0.1',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:127.25.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fe80::1',
  'fe80::1%lo',
  'fd00::1',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '127.25.0.1 ',
  '127.25.0.01',
  'localhost',
  'mx.strict.test',
  '',
])('%j is never connected to', async (address) => {
  expect(await dial(address)).toBe('not_reachable_address')
  expect({ trapped, sockets }).toEqual({ trapped: 0, sockets: 0 })
})

it('opening what is no loopback opens nothing', async () => {
  const opened = ['0.0.0.0/0', '10.0.0.0/8', '169.254.0.0/16']
  expect(await dial('10.0.0.1', opened)).toBe('not_reachable_address')
  expect(await dial('169.254.169.254', opened)).toBe('not_reachable_address')
  expect(await dial('0.0.0.0', opened)).toBe('not_reachable_address')
  expect({ trapped, sockets }).toEqual({ trapped: 0, sockets: 0 })
})

it('with nothing opened, as in the cloud, no loopback is dialled at all', async () => {
  for (const address of ['127.25.0.1', '127.0.0.1', '::1'])
    expect(await dial(address, [])).toBe('not_reachable_address')
  expect({ trapped, sockets }).toEqual({ trapped: 0, sockets: 0 })
})
