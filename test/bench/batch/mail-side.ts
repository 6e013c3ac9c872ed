// The outside of a batch's measurement as a process of its own: a resolver and mail servers, and what was said to whom when.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { startDoh } from './doh.ts'
import type { MailSideReport } from './mail.ts'

const GREETING = '220 mx.batch.test ESMTP\r\n'

/** By loopback address: instants of connections and of recipients, and how many of those were refused. */
const seen = new Map<string, { connections: number[]; recipients: number[]; refused: number }>()
const asked = new Map<string, number>()
const repeatedAt: number[] = []

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
  if (/^(?:jane|unknown)\d/.test(email)) note(email)
  if (!NOBODY.test(line)) return '250 2.1.5 OK\r\n'
  own.refused += 1
  return '550 5.1.1 No such user here\r\n'
}

function note(email: string): void {
  const times = asked.get(email) ?? 0
  asked.set(email, times + 1)
  if (times > 0) repeatedAt.push(Date.now())
}

function timesAsked(): MailSideReport['times'] {
  const byTimes = Map.groupBy(asked.values(), (times) => times)
  return [...byTimes].map(([times, of]) => [times, of.length] as const).toSorted(([one], [other]) => one - other)
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
    times: timesAsked(),
    repeatedAt,
  })
  process.on('message', (what) => process.send?.({ what, report: report() }))
  process.send({ dohPort: await startDoh(), smtpPort: (smtp.address() as AddressInfo).port })
}
