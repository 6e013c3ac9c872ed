// One call to one lane over a real socket: what may have happened on the other side decides what the failure is called.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ProbeJob } from '@postern/shared/contract/probe.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { limitConnections } from '../../edge/src/http/connections.ts'
import { createAsk } from '../../edge/src/probe/ask.ts'
import { createCall } from '../../edge/src/probe/call.ts'
import { replyTo } from './facts.ts'
import { laneNamed, reported } from './lanes-that-answer.ts'

const JOB: ProbeJob = {
  kind: 'probe',
  jobId: 'ver_number_1',
  epoch: 7,
  localPart: 'jane',
  domain: 'strict.test',
  implicitMx: false,
  exchanges: [{ exchange: 'mx.strict.test', preference: 10 }],
  smtpUtf8: false,
  budgetMs: 3_000,
  maxAgeS: 600,
}
const REPORT = reported('asked', [replyTo('mailbox', 'accepted')])
const credentials = { accessKeyId: 'edge', secretAccessKey: 'not a secret' }

interface Call {
  readonly request: IncomingMessage
  readonly body: string
}

/** A lane's function URL, played by `answer`; asks it once and tells what came of it. */
async function call(answer: (response: ServerResponse) => void, timeoutMs = 3_000) {
  const calls: Call[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString()
    calls.push({ request, body })
    answer(response)
  })
  await new Promise<void>((ready) => server.listen({ host: '127.0.0.1', port: 0 }, ready))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const warnings: string[] = []
  const ask = createAsk(createCall(credentials, limitConnections()), (what) => warnings.push(what))
  const lane = { ...laneNamed('eu-1'), region: 'eu-central-1', url: `http://127.0.0.1:${port}/` }
  return { reply: await ask(lane, JOB, timeoutMs), calls, warnings }
}

const json = (body: unknown) => (response: ServerResponse) => void response.writeHead(200).end(JSON.stringify(body))
const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end('{"message":"no"}')
const report = REPORT.kind === 'report' ? REPORT.report : null

describe('a lane', () => {
  it('that reports is heard, without a word of warning', async () => {
    const { reply, warnings } = await call(json(report))
    expect(reply).toEqual(REPORT)
    expect(warnings).toEqual([])
  })

  it('gets the job as it is, signed for its own region, once', async () => {
    const { calls } = await call(json(report))
    expect(calls).toHaveLength(1)
    expect(JSON.parse(calls[0]!.body)).toEqual(JOB)
    expect(calls[0]!.request.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=edge\/\d{8}\/eu-central-1\/lambda\/aws4_request, /,
    )
  })

  it.each([
    [429, 'busy'],
    [403, 'not_started'],
    [404, 'not_started'],
    [422, 'not_started'],
    [400, 'uncertain'],
    [500, 'uncertain'],
    [502, 'uncertain'],
    [503, 'uncertain'],
    [504, 'uncertain'],
    [204, 'uncertain'],
  ])('that answers %i is %s, and is not asked a second time', async (code, kind) => {
    const { reply, calls } = await call(status(code))
    expect(reply).toEqual({ kind })
    expect(calls).toHaveLength(1)
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['says what is no JSON', (response) => void response.writeHead(200).end('<html>')],
    ['says what is no report', json({ ...report, state: 'fine' })],
    ['says a verdict beside the facts', json({ ...report, verdict: 'deliverable' })],
    ['says nothing', json(null)],
    ['hangs up before it answers', (response) => void response.destroy()],
    ['hangs up in mid-answer', (response) => void response.writeHead(200).write('{', () => response.destroy())],
  ])('that %s may have begun', async (_what, answer) => {
    expect((await call(answer)).reply).toEqual({ kind: 'uncertain' })
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['never answers', () => undefined],
    ['never ends its answer', (response) => void response.writeHead(200).write('{')],
  ])('that %s may have begun, and is left when the time is up', async (_what, answer) => {
    const startedAt = performance.now()
    expect((await call(answer, 150)).reply).toEqual({ kind: 'uncertain' })
    expect(performance.now() - startedAt).toBeLessThan(150 + 500)
  })
})

describe('a warning', () => {
  it.each<[string, (response: ServerResponse) => void, string[]]>([
    ['a refusal', status(403), ['lane eu-1 answered 403']],
    ['a hang-up', (response) => void response.destroy(), ['lane eu-1 answered nothing']],
    ['a lane without memory', json({ ...report, withoutMemory: true }), ['lane eu-1 is without memory']],
    ['a busy lane', status(429), []],
  ])('is given of %s, and never says what the job was about', async (_what, answer, expected) => {
    expect((await call(answer)).warnings).toEqual(expected)
  })
})
