// A resolver and mail servers that are not the world's: other habits, other software, other names, for one journey.
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { startResolver, type Zones } from '../servers/resolver.ts'

interface SmtpAddress {
  readonly address: string
}
interface SmtpSession {
  readonly envelope: { readonly mailFrom: SmtpAddress | false }
}
type Done = (error?: Error | null) => void
interface SmtpServer {
  listen(port: number, host: string, ready: () => void): Server
  close(done: () => void): void
}
/** The part of smtp-server that this journey uses; the package ships no types. */
const { SMTPServer } = createRequire(import.meta.url)('smtp-server') as {
  SMTPServer: new (options: {
    readonly disabledCommands: readonly string[]
    readonly disableReverseLookup: boolean
    readonly onRcptTo: (address: SmtpAddress, session: SmtpSession, done: Done) => void
  }) => SmtpServer
}

export interface Foreign {
  readonly dohUrl: string
  readonly smtpPort: number
  close(): Promise<void>
}

export async function startForeign(zones: Zones, mailboxes: readonly string[]): Promise<Foreign> {
  const resolver = await startResolver(zones)
  const smtp = new SMTPServer({
    disabledCommands: ['AUTH'],
    disableReverseLookup: true,
    onRcptTo: ({ address }, _session, done) => {
      if (mailboxes.includes(address.toLowerCase())) return done()
      done(Object.assign(new Error('No such user here'), { responseCode: 550 }))
    },
  })
  const smtpPort = await new Promise<number>((resolve) => {
    const server = smtp.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  return {
    dohUrl: resolver.dohUrl,
    smtpPort,
    close: async () => {
      await resolver.close()
      await new Promise<void>((resolve) => smtp.close(resolve))
    },
  }
}
