// The resolver of a chaos run as a process of its own, so that it can be killed apart from the mail servers.
import { setTimeout as pause } from 'node:timers/promises'
import { startDoh } from '../bench/batch/doh.ts'

/** What a resolver takes to be back that has more to read than this one. */
const AWAY_MS = 2_000

if (process.send !== undefined) {
  process.once('disconnect', () => process.exit())
  const [address = '', port = '0'] = process.argv.slice(2)
  if (port !== '0') await pause(AWAY_MS)
  process.send({ port: await startDoh({ address, port: Number(port) }) })
}
