// The outside of a batch's measurement as a process of its own: a resolver and mail servers, and what was said to whom when.
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { decode, encode } from '../../world/dns/wire-format.ts'
import type { MailSideReport } from './mail.ts'

const NXDOMAIN = 3
const RESPONSE_FLAGS = 0x0180
const GREETING = '220 mx.batch.test ESMTP\r\n'

/** By loopback address: instants of connections and of recipients, and how many of those were refused. */
const seen = new Map<string, { connections: number[]; recipients: number[]; refused: number }>()
const asked = new Map<string, number>()

function hostOf(name: string): string | null {
  const [, digits] = /(?:^|\.)d(\d+)\.batch\.test$/.exec(name) ?? []
  const n = Number(digits)
  return digits === undefined ? null : `127.30.${Math.floor(n / 250)}.${(n % 250) + 1}`
}

function answer(message: Buffer): Buffer {
  const { id, questions = [] } = decode(message)
  const [question] = questions
  const name = question?.name.toLowerCase() ?? ''
  const host = hostOf(name)
  const isMx = question?.type === 'MX' && name.startsWith('d')
  const record = isMx
    ? { type: 'MX', name, ttl: 3_600, data: { exchange: `mx.${name}`, preference: 10 } }
    : { type: 'A', name, ttl: 3_600, data: host ?? '' }
  const isThere = host !== null && (isMx || (question?.type === 'A' && name.startsWith('mx.')))
  const flags = RESPONSE_FLAGS | (host === null ? NXDOMAIN : 0)
  return encode({ type: 'response', id, flags, questions, answers: isThere ? [record] : [] } as Parameters<
    typeof encode
  >[0])
}

async function startDoh(): Promise<number> {
  const server = createHttp((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { searchParams } = new URL(request.url ?? '/', 'http://x')
      const isGet = request.method === 'GET'
      const message = isGet ? Buffer.from(searchParams.get('dns') ?? '', 'base64url') : Buffer.concat(chunks)
      response.writeHead(200, { 'content-type': 'application/dns-message' }).end(answer(message))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function converse(socket: Socket): void {
  const host = socket.localAddress ?? ''
  const own = seen.get(host) ?? { connections: [], recipients: [], refused: 0 }
  seen.set(host, own)
  own.connections.push(Date.now())
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.write(GREETING)
  let pending = ''
  socket.on('data', (chunk: Buffer) => {
    const lines = (pending + chunk.toString('latin1')).split('\r\n')
    pending = lines.pop() ?? ''
    if (lines.length > 0) socket.write(lines.map((line) => replyTo(line, own)).join(''))
    if (lines.some((line) => /^QUIT/i.test(line))) socket.end()
  })
}

/** Nobody has a name like a stranger's; `unknown…` was there once. */
const NOBODY = /<(?:unknown\d+|[a-z][a-z2-7]{14}|[a-z]+\.[a-z]+\d*)@/

function replyTo(line: string, own: { recipients: number[]; refused: number }): string {
  const verb = line.slice(0, 4).toUpperCase()
  if (verb === 'EHLO') return '250-mx.batch.test\r\n250-PIPELINING\r\n250 SIZE 50000000\r\n'
  if (verb === 'QUIT') return '221 2.0.0 Bye\r\n'
  if (verb !== 'RCPT') return '250 2.0.0 OK\r\n'
  own.recipients.push(Date.now())
  const [, email = ''] = /<([^>]*)>/.exec(line) ?? []
  if (/^(?:jane|unknown)\d/.test(email)) asked.set(email, (asked.get(email) ?? 0) + 1)
  if (!NOBODY.test(line)) return '250 2.1.5 OK\r\n'
  own.refused += 1
  return '550 5.1.1 No such user here\r\n'
}

if (process.send !== undefined) {
  process.once('disconnect', () => process.exit())
  const smtp = createServer(converse)
  smtp.listen({ host: '0.0.0.0', port: 0, backlog: 1_024 })
  await once(smtp, 'listening')
  const report = (): MailSideReport => ({
    hosts: [...seen].map(([host, one]) => ({ host, ...one })),
    askedTwice: [...asked.values()].filter((times) => times > 1).length,
    asked: asked.size,
  })
  process.on('message', (what) => process.send?.({ what, report: report() }))
  process.send({ dohPort: await startDoh(), smtpPort: (smtp.address() as AddressInfo).port })
}
