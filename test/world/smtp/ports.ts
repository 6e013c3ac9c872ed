// Opens many loopback addresses at one common port, which nobody knows to be free on all of them before it was tried.
import type { Server } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface Opening {
  readonly server: Server
  readonly address: string
}

const MOST_TRIES = 20

/** The port at which every server now listens. */
export async function listenAtOnePort(openings: readonly Opening[]): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await tryOnePort(openings)
    if (port !== null) return port
    if (attempt === MOST_TRIES) throw new Error(`no port free on all ${openings.length} addresses`)
  }
}

/** Null where the port that the first address got was taken on another; then nothing listens. */
async function tryOnePort([first, ...others]: readonly Opening[]): Promise<number | null> {
  if (first === undefined) throw new Error('nobody to listen for')
  await listen(first, 0)
  const { port } = first.server.address() as AddressInfo
  const results = await Promise.allSettled(others.map((opening) => listen(opening, port)))
  if (results.every(({ status }) => status === 'fulfilled')) return port
  await Promise.all([first, ...others].map(({ server }) => new Promise<void>((done) => server.close(() => done()))))
  return null
}

function listen({ server, address }: Opening, port: number): Promise<void> {
  return new Promise((ready, refused) => {
    server.once('error', refused)
    server.listen({ host: address, port, exclusive: true }, () => {
      server.off('error', refused)
      ready()
    })
  })
}
