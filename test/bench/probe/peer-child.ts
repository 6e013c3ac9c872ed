// One library of others in a process of its own, where every look-up and every connection ends at the bench's server.
import dns from 'node:dns'
import { createRequire } from 'node:module'
import net from 'node:net'
import { median } from '../edge/report.ts'
import type { PeerJob, PeerSaid } from './peers.ts'

type Asked = (address: string) => Promise<unknown>

/** Each as its manual says for a check that asks the mailbox, with look-ups of lists and of slips left out. */
const CALLS: Readonly<Record<string, (library: never) => Asked>> = {
  'deep-email-validator': (library: { validate: (options: object) => Promise<unknown> }) => (email) =>
    library.validate({ email, sender: 'probe@example.com', validateTypo: false, validateDisposable: false }),
  'email-verify':
    (library: { verify: (email: string, options: object, done: (error: Error, said: unknown) => void) => void }) =>
    (email) =>
      new Promise((resolve, reject) => {
        const options = { sender: 'probe@example.com', fqdn: 'a.example.com', timeout: 5_000 }
        library.verify(email, options, (error, said) => (said === undefined ? reject(error) : resolve(said)))
      }),
  '@devmehq/email-validator-js': (library: { verifyEmail: (options: object) => Promise<unknown> }) => (emailAddress) =>
    library.verifyEmail({ emailAddress, verifyMx: true, verifySmtp: true, timeout: 5_000 }),
}

/** What is dialled at the port of mail goes to the bench's server; nothing else may be dialled. */
function pointAt(address: string, port: () => number): void {
  const found = [{ exchange: address, priority: 10 }]
  Object.assign(dns, { resolveMx: (_domain: string, done: (e: null, mx: unknown) => void) => done(null, found) })
  Object.assign(dns.promises, { resolveMx: async () => found })
  const { connect } = net
  const redirected = (...call: readonly unknown[]) => {
    const [first, second] = call
    const host = typeof first === 'object' ? (first as { host?: unknown }).host : second
    if (host !== address) throw new Error('only the server of the bench may be dialled')
    return connect({ host: address, port: port() })
  }
  Object.assign(net, { connect: redirected, createConnection: redirected })
}

async function measured({ name, folder, address, ports, rounds }: PeerJob): Promise<PeerSaid> {
  let port = ports[0]
  pointAt(address, () => port)
  const call = CALLS[name]
  if (call === undefined) throw new Error(`${name} is not known`)
  const ask = call(createRequire(`${folder}/package.json`)(name) as never)
  const times = ports.map((): number[] => [])
  for (let round = -1; round < rounds; round += 1) {
    for (const [at, one] of ports.entries()) {
      port = one
      const startedAt = performance.now()
      await ask(`jane${at}.${round + 1}@example.com`)
      if (round >= 0) times[at]?.push(performance.now() - startedAt)
    }
  }
  const [yes, no] = [await ask('karl.weber@example.com'), await ask('unknown.falk@example.com')]
  return { p50: times.map(median), yes: inShort(yes), no: inShort(no) }
}

function inShort(said: unknown): string {
  const wanted = ['valid', 'validSmtp', 'success', 'reason', 'info']
  const found = Object.entries(said as object).filter(([key]) => wanted.includes(key))
  return found.map(([key, value]) => `${key}: ${String(value)}`).join(', ')
}

if (process.send !== undefined) {
  process.send(await measured(JSON.parse(process.argv[2] ?? '{}') as PeerJob))
  process.disconnect()
}
