// The hostile servers' process: each connection meets the next harm; says where it is, and how many connections are left.
import { startHostileServer } from '../../prober/net/hostile-server.ts'
import { HARMS } from './harms.ts'

if (process.send !== undefined) {
  process.once('disconnect', () => process.exit())
  // A client that has gone makes a write fail: that is its right, and no harm to the others.
  process.on('uncaughtException', () => undefined)
  const server = await startHostileServer()
  const harms = Object.values(HARMS)
  let next = 0
  server.behave((peer) => harms[next++ % harms.length]?.(peer))
  process.on('message', () => void server.connections().then((connections) => process.send?.({ connections })))
  process.send({ port: server.port })
}
