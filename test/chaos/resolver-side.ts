// The resolver of a chaos run as a process of its own, so that it can be killed apart from the mail servers.
import { startDoh } from '../bench/batch/doh.ts'

if (process.send !== undefined) {
  process.once('disconnect', () => process.exit())
  const [address = '', port = '0'] = process.argv.slice(2)
  process.send({ port: await startDoh({ address, port: Number(port) }) })
}
