// A receiver of webhooks as a process of its own: what it has accepted is in a file before it says so, and is accepted once.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { addNote, diedFile, readNotes, secretFile } from './notes.ts'

const [address = '', port = '0', folder = ''] = process.argv.slice(2)
const accepted = new Set(readNotes(folder).flatMap(({ id, isAccepted }) => (isAccepted ? [id] : [])))

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

function isSigned(body: string, headers: IncomingMessage['headers']): boolean {
  try {
    new Webhook(readFileSync(secretFile(folder), 'utf8')).verify(body, headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}

/** HTTP status. */
function take(body: string, headers: IncomingMessage['headers']): number {
  const id = String(headers['webhook-id'])
  if (!isSigned(body, headers)) {
    addNote(folder, { id, type: 'unsigned', batch: '', at: Date.now(), isSigned: false, isAccepted: false })
    return 401
  }
  const { type, data } = JSON.parse(body) as { type: string; data: { id?: string } }
  const isAccepted = !accepted.has(id)
  accepted.add(id)
  addNote(folder, { id, type, batch: data.id ?? '', at: Date.now(), isSigned: true, isAccepted })
  if (type === 'batch.completed') dieOnce()
  return 200
}

/** The worst moment: the end is noted, and its sender does not know. */
function dieOnce(): void {
  if (existsSync(diedFile(folder))) return
  writeFileSync(diedFile(folder), String(process.pid))
  process.kill(process.pid, 'SIGKILL')
}

if (process.send !== undefined) {
  process.once('disconnect', () => process.exit())
  const server = createServer(async (request, response) => {
    response.writeHead(take(await bodyOf(request), request.headers)).end()
  })
  server.listen(Number(port), address, () => process.send?.({ port: (server.address() as AddressInfo).port }))
}
