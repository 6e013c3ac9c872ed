// Every transcript without TLS once more, over a real socket: a server that plays its lines against the driver.
import { createServer, type Server, type Socket } from 'node:net'
import { connect } from '@postern/prober/net/connect.ts'
import { converse } from '@postern/prober/net/converse.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { describe, expect, it } from 'vitest'
import { endingText, type Line, type Transcript, transcripts } from './transcript.ts'

/** Plays the server's side; resolves with what the client said, in order. */
function play(socket: Socket, lines: readonly Line[], heard: string[]): void {
  let at = 0
  const advance = (): void => {
    for (; at < lines.length; at += 1) {
      const line = lines[at]!
      if (line.kind === 'client') {
        if (heard.length <= lines.slice(0, at).filter(({ kind }) => kind === 'client').length) return
      } else if (line.kind === 'server') socket.write(`${line.text}\r\n`)
      else if (line.kind === 'event' && line.name === 'closed') socket.destroy()
    }
  }
  socket.setEncoding('utf8')
  socket.on('error', () => undefined)
  socket.on('data', (text) => {
    heard.push(
      ...String(text)
        .split('\r\n')
        .filter((line) => line !== ''),
    )
    advance()
  })
  advance()
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

async function run({ plan, lines }: Transcript): Promise<{ heard: string[]; ending: string }> {
  const heard: string[] = []
  const closed = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    socket.on('close', () => closed.resolve())
    play(socket, lines, heard)
  })
  const port = await listen(server)
  const patienceMs = lines.some((line) => line.kind === 'event' && line.name === 'timed_out') ? 250 : 5_000
  const deadlineAt = Date.now() + patienceMs
  const clock = { deadlineAt, greetingBy: deadlineAt, now: Date.now }
  const loopback = [parseCidr('127.0.0.0/8')!]
  const connected = await connect({ address: '127.0.0.1', port, localAddress: null }, { ...clock, loopback })
  if ('fault' in connected) throw new Error(connected.fault)
  const { ending, state, kept } = await converse(connected.socket, plan, clock)
  expect(kept !== null).toBe(plan.keep && !lines.some((line) => line.kind === 'client' && line.text === 'QUIT'))
  const said = kept === null ? heard : [...heard]
  kept?.leave()
  await closed.promise
  await new Promise((resolve) => server.close(resolve))
  return { heard: said, ending: endingText(ending, state.told) }
}

const plain = transcripts().filter(
  ({ lines }) => !lines.some((line) => line.kind === 'event' && /^(secured|tls_failed)$/.test(line.name)),
)

describe('transcripts over a socket', () => {
  it.each(plain.map((one) => [one.file, one] as const))('%s', async (_file, one) => {
    const { heard, ending } = await run(one)
    expect(heard).toEqual(one.lines.flatMap((line) => (line.kind === 'client' ? [line.text] : [])))
    expect(ending).toBe(one.lines.flatMap((line) => (line.kind === 'ending' ? [line.text] : [])).join())
  })
})
