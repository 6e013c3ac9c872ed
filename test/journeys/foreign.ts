// A resolver and mail servers that are not the world's: other habits, other software, other names, for one journey.
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { decode, encode, type PacketRecord } from '../world/dns/wire-format.ts'

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

const NOERROR = 0
const NXDOMAIN = 3
const RESPONSE_FLAGS = 0x0180

export interface Foreign {
  readonly dohUrl: string
  readonly smtpPort: number
  close(): Promise<void>
}

/** Zones as `name → records`; names that are absent do not exist. The resolver shouts, keeps no TTL and puts an OPT behind. */
export async function startForeign(
  zones: Readonly<Record<string, readonly PacketRecord[]>>,
  mailboxes: readonly string[],
): Promise<Foreign> {
  const doh = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { searchParams } = new URL(request.url ?? '/', 'http://x')
      const message =
        request.method === 'GET' ? Buffer.from(searchParams.get('dns') ?? '', 'base64url') : Buffer.concat(chunks)
      response.writeHead(200, { 'content-type': 'application/dns-message' }).end(answer(message, zones))
    })
  })
  const dohPort = await new Promise<number>((resolve) => {
    doh.listen(0, '127.0.0.1', () => resolve((doh.address() as { port: number }).port))
  })
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
    dohUrl: `http://127.0.0.1:${dohPort}/resolve`,
    smtpPort,
    close: async () => {
      doh.closeAllConnections()
      await new Promise((resolve) => doh.close(resolve))
      await new Promise<void>((resolve) => smtp.close(resolve))
    },
  }
}

function answer(message: Buffer, zones: Readonly<Record<string, readonly PacketRecord[]>>): Buffer {
  const { id, questions = [] } = decode(message)
  const [question] = questions
  const name = question?.name.toLowerCase() ?? ''
  const records = zones[name]
  return encode({
    type: 'response',
    id,
    flags: RESPONSE_FLAGS | (records === undefined ? NXDOMAIN : NOERROR),
    questions,
    answers: (records ?? [])
      .filter(({ type }) => type === question?.type || type === 'CNAME')
      .map((record) => ({ ...record, name: record.name.toUpperCase(), ttl: 0 })),
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1_232 }],
  })
}
