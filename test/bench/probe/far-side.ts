// Mail servers and the distance to them, in a process of their own, so that neither counts as time of whoever is measured.
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { distant } from './distance.ts'
import type { FarHosts, Ports } from './far.ts'
import { type Counts, mailHost } from './mail-host.ts'

const counts: Record<string, Counts> = {}

async function listening(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port, backlog: 1_024 })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Every address of a kind answers at the same port, one port for each distance. */
async function start(groups: readonly FarHosts[]): Promise<Ports> {
  const ports: Record<number, number> = {}
  for (const { addresses, offers, rttsMs } of groups) {
    for (const host of addresses) {
      const own = { connections: 0, recipients: 0 }
      counts[host] = own
      for (const rttMs of rttsMs) {
        ports[rttMs] = await listening(distant(rttMs, mailHost(offers, own)), host, ports[rttMs] ?? 0)
      }
    }
  }
  return ports
}

if (process.send !== undefined) {
  process.once('disconnect', () => process.exit())
  process.on('message', (answers) => process.send?.({ answers, counts }))
  process.send({ ports: await start(JSON.parse(process.argv[2] ?? '[]') as FarHosts[]) })
}
