// Serves a lane's function over HTTP as a Lambda function URL does, with the platform's own refusals; for the lane process.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FunctionUrlEvent, type HttpAnswer, toAnswer, toEvent } from './function-url-event.ts'
import type { Outcome } from './sandbox.ts'
import { type Callers, checkSignature } from './sigv4.ts'

export interface FunctionUrlOptions extends Callers {
  /** 0 takes a free one. */
  readonly port: number
  readonly invoke: (event: FunctionUrlEvent, requestId: string) => Promise<Outcome>
}

// Lambda's quota for a request and for a response of a synchronous call.
const maxPayloadBytes = 6 * 1024 * 1024

function refuse(status: number, body: Record<string, string>): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function answerOf(outcome: Outcome): HttpAnswer {
  if (outcome.kind === 'throttled') {
    const Reason = 'ReservedFunctionConcurrentInvocationLimitExceeded'
    return refuse(429, { Reason, Type: 'User', message: 'Rate Exceeded.' })
  }
  if (outcome.kind === 'failed') return refuse(502, { Message: 'Internal Server Error', Reason: outcome.reason })
  const answer = toAnswer(outcome.result)
  return Buffer.byteLength(answer.body) > maxPayloadBytes ? refuse(502, { Message: 'Response too large' }) : answer
}

/** Null where the body is larger than the quota; it is read to its end all the same, so that the refusal can be. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= maxPayloadBytes) chunks.push(chunk)
  }
  return size <= maxPayloadBytes ? Buffer.concat(chunks) : null
}

function flattenHeaders(request: IncomingMessage): Record<string, string> {
  const distinct = Object.entries(request.headersDistinct)
  return Object.fromEntries(distinct.map(([name, values]) => [name, (values ?? []).join(',')]))
}

async function respond(request: IncomingMessage, options: FunctionUrlOptions, requestId: string): Promise<HttpAnswer> {
  const body = await readBody(request)
  if (!body) return refuse(413, { Message: `Request must be smaller than ${maxPayloadBytes} bytes` })
  const [path = '/', rawQuery = ''] = (request.url ?? '/').split(/\?(.*)/s)
  const receivedAt = Date.now()
  const call = {
    method: request.method ?? 'GET',
    path,
    query: new URLSearchParams(rawQuery),
    rawQuery,
    headers: flattenHeaders(request),
    body,
  }
  const check = await checkSignature(call, options, receivedAt)
  if (!check.ok) return refuse(403, { Message: check.message })
  const { accessKeyId } = check
  const sourceIp = request.socket.remoteAddress ?? ''
  const event = toEvent({ ...call, accessKeyId, sourceIp, requestId, receivedAt })
  return answerOf(await options.invoke(event, requestId))
}

function write(response: ServerResponse, answer: HttpAnswer): void {
  response.writeHead(answer.status, answer.headers).end(answer.body)
}

async function serve(request: IncomingMessage, response: ServerResponse, options: FunctionUrlOptions): Promise<void> {
  const requestId = randomUUID()
  response.setHeader('x-amzn-requestid', requestId)
  try {
    write(response, await respond(request, options, requestId))
  } catch (fault) {
    // A caller that left while speaking is nobody's fault; headers that HTTP does not allow are the handler's.
    if (response.destroyed) return
    process.stderr.write(`function URL: ${String(fault)}\n`)
    write(response, refuse(502, { Message: 'Internal Server Error' }))
  }
}

/** Listens on 127.0.0.1; rejects where the port is taken. */
export async function openFunctionUrl(options: FunctionUrlOptions): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => void serve(request, response, options))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve)
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server }
}
