// The local function URL over real HTTP: whom it lets in, what the handler sees, and what becomes of its sandboxes.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  accessKey,
  buildFixture,
  call,
  environment,
  type LaneUnderTest,
  readAnswer,
  signer,
  startLane,
  stopLane,
} from './lane-under-test.ts'

let dir: string
let artefact: string
let lane: LaneUnderTest
const extraLanes: LaneUnderTest[] = []

async function laneWith(changes: Parameters<typeof startLane>[1]): Promise<LaneUnderTest> {
  const extra = await startLane(artefact, changes)
  extraLanes.push(extra)
  return extra
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'function-url-'))
  artefact = (await buildFixture(join(dir, 'artefact'))).file
  lane = await startLane(artefact)
})

afterEach(async () => {
  await Promise.all(extraLanes.splice(0).map(stopLane))
})

afterAll(async () => {
  await stopLane(lane)
  await rm(dir, { recursive: true })
})

function amzDate(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString().replace(/[:-]|\.\d{3}/g, '')
}

describe('who is let in', () => {
  const order = JSON.stringify({ do: 'describe' })
  const sha256OfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

  interface Attempt {
    /** What differs when the request is signed. */
    readonly key?: Parameters<typeof signer>[0]
    readonly aws?: { service?: string; datetime?: string }
    readonly signedHeaders?: Record<string, string>
    /** What differs when it is sent. */
    readonly body?: string
    readonly path?: string
    readonly forget?: string
  }

  async function send(attempt: Attempt = {}): Promise<{ status: number; body: object }> {
    const { key = {}, aws = {}, signedHeaders = {}, body = order, path = '', forget = '' } = attempt
    const signed = await signer(key).sign(lane.url, { method: 'POST', body: order, headers: signedHeaders, aws })
    const headers = new Headers(signed.headers)
    headers.set('authorization', (headers.get('authorization') ?? '').replace(forget, ''))
    return readAnswer(await fetch(lane.url + path, { method: 'POST', headers, body }))
  }

  it('200 for the right signature', async () => {
    expect((await send()).status).toBe(200)
  })

  it('200 with path, query and further signed headers', async () => {
    const url = `${lane.url}a%20b/c?z=1&a=ü&a=2`
    const response = await signer().fetch(url, { method: 'POST', body: order, headers: { 'x-note': 'two   blanks' } })
    const { status, body } = await readAnswer(response)
    expect(status).toBe(200)
    expect(body['event']).toMatchObject({ rawPath: '/a%20b/c', rawQueryString: 'z=1&a=%C3%BC&a=2' })
  })

  it('200 for either of two overlapping keys', async () => {
    const next = { accessKeyId: 'AKIDNEXT', secretAccessKey: 'another secret' }
    const both = await laneWith({ accessKeys: [accessKey, next] })
    for (const key of [accessKey, next]) {
      expect((await signer(key).fetch(both.url, { method: 'POST', body: order })).status).toBe(200)
    }
  })

  it('200 for the region of the lane only', async () => {
    const far = await laneWith({ region: 'us-east-1' })
    const init = { method: 'POST', body: order }
    expect((await signer({ region: 'us-east-1' }).fetch(far.url, init)).status).toBe(200)
    expect((await signer().fetch(far.url, init)).status).toBe(403)
  })

  it('403 without a signature', async () => {
    const { status, body } = await readAnswer(await fetch(lane.url, { method: 'POST', body: order }))
    expect({ status, body }).toEqual({ status: 403, body: { Message: 'Missing Authentication Token' } })
  })

  const unsigned = 'x-amz-content-sha256'
  const attempts: [string, Attempt, RegExp][] = [
    ['a wrong secret', { key: { secretAccessKey: 'a guess' } }, /signature does not match/],
    ['an unknown key', { key: { accessKeyId: 'AKIDOTHER' } }, /token .* is invalid/],
    ['another service', { aws: { service: 's3' } }, /scope/],
    ['a date six minutes ago', { aws: { datetime: amzDate(-6) } }, /expired or not yet current/],
    ['a date six minutes ahead', { aws: { datetime: amzDate(6) } }, /expired or not yet current/],
    ['a tampered body', { body: '{"do":"crash"}' }, /signature does not match/],
    ['another path', { path: 'other' }, /signature does not match/],
    ['a hash of another body', { signedHeaders: { [unsigned]: sha256OfNothing } }, /does not match the body/],
    ['an unsigned payload', { signedHeaders: { [unsigned]: 'UNSIGNED-PAYLOAD' } }, /does not match the body/],
    ['a date that is not signed', { forget: ';x-amz-date' }, /x-amz-date must be signed/],
    ['a host that is not signed', { forget: 'host;' }, /host must be signed/],
  ]
  it.each(attempts)('403 for %s', async (_, attempt, message) => {
    const { status, body } = await send(attempt)
    expect(status).toBe(403)
    expect(body).toEqual({ Message: expect.stringMatching(message) })
  })

  it('413 above six megabytes', async () => {
    const body = 'x'.repeat(6 * 1024 * 1024 + 1)
    expect((await signer().fetch(lane.url, { method: 'POST', body })).status).toBe(413)
  })
})

describe('what the handler sees and answers', () => {
  it('hands over the event of payload format 2.0, without the signature', async () => {
    const { body } = await call(lane, { do: 'describe' })
    expect(body['event']).toMatchObject({
      version: '2.0',
      rawPath: '/',
      rawQueryString: '',
      requestContext: { http: { method: 'POST', path: '/' }, requestId: body['requestId'] },
      body: '{"do":"describe"}',
      isBase64Encoded: false,
    })
    expect(Object.keys((body['event'] as { headers: object }).headers)).not.toContain('authorization')
  })

  it('encodes a body that is not text', async () => {
    const headers = { 'content-type': 'application/octet-stream' }
    const response = await signer().fetch(lane.url, { method: 'POST', body: Buffer.from([0, 255, 1]), headers })
    expect((await readAnswer(response)).body['event']).toMatchObject({ body: 'AP8B', isBase64Encoded: true })
  })

  it('says how much time is left', async () => {
    const { body } = await call(lane, { do: 'describe' })
    expect(body['remainingMs']).toSatisfy((ms: number) => ms > 5_000 && ms <= 10_000)
  })

  it('gives the environment of the lane and nothing of ours', async () => {
    vi.stubEnv('NOT_FOR_LANES', 'x')
    const { body } = await call(await laneWith({}), { do: 'describe' })
    vi.unstubAllEnvs()
    expect(body['env']).toMatchObject(environment)
    const ofTheRuntime = [
      'AWS_ACCESS_KEY_ID',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'NODE_COMPILE_CACHE',
      'PATH',
      'TZ',
    ]
    const ofTheChannel = ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE']
    const seen = Object.keys(body['env'] as object).filter((name) => !ofTheChannel.includes(name))
    expect(seen.sort()).toEqual([...Object.keys(environment), ...ofTheRuntime].sort())
  })

  it('passes on status, headers and cookies of a structured result', async () => {
    const response = await signer().fetch(lane.url, { method: 'POST', body: JSON.stringify({ do: 'structured' }) })
    expect(response.status).toBe(201)
    expect(response.headers.get('x-made-by')).toBe('handler')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await response.text()).toBe('made')
  })

  it('502 where the handler throws, and the sandbox lives on', async () => {
    const { body: before } = await call(lane, { do: 'describe' })
    expect((await call(lane, { do: 'throw' })).status).toBe(502)
    expect((await call(lane, { do: 'describe' })).body.pid).toBe(before.pid)
  })

  it('prefixes what the handler prints with the lane', async () => {
    await call(lane, { do: 'describe' })
    await vi.waitFor(() => expect(lane.lines).toContain('[eu-central-1-a] handler does describe'))
  })
})
