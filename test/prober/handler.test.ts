// The lane as the platform calls it: events in, responses out, every wrong job named, and logs that know no address.
import type { handler } from '@postern/prober/handler.ts'
import { startWorld, type World } from '@postern/test/world/world.ts'
import { probeReport } from '@postern/shared/contract/probe.ts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Engine, startEngine } from './engine.ts'
import { keyText, told } from './facts.ts'
import { SOURCE_ADDRESS } from './lane.ts'

type Handler = typeof handler

let world: World
let engine: Engine
const logged: string[] = []

beforeAll(async () => {
  ;[world, engine] = await Promise.all([startWorld(), startEngine()])
  world.addLane({ ehlo: 'a1.probe.test', address: SOURCE_ADDRESS, sender: 'probe@a1.probe.test' })
})
afterAll(async () => {
  expect(world.violations()).toEqual([])
  await Promise.all([world.close(), engine.stop()])
})
beforeEach(() => {
  logged.length = 0
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => logged.push(String(text)) > 0)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  vi.resetModules()
})

/** A lane that has just been started in this environment. */
async function coldStart(changes: Readonly<Record<string, string>> = {}): Promise<Handler> {
  const environment = {
    LANE_ID: 'eu-central-1-a',
    REGION: 'local',
    PARTITION: 'default',
    EHLO_NAME: 'a1.probe.test',
    MAIL_FROM: 'probe@a1.probe.test',
    DOH_RESOLVERS: JSON.stringify([{ name: 'world', url: world.dohUrl, suffix: null }]),
    EVIDENCE_TABLE: 'evidence',
    TRAFFIC_TABLE: 'traffic',
    HMAC_KEYS: keyText(),
    SMTP_PORT: '1',
    LOOPBACK_NETWORKS: world.network,
    LOOPBACK_SMTP_PORT: String(world.smtpPort),
    LOOPBACK_HTTPS_PORT: '',
    EXTRA_ROOTS: '',
    SOURCE_ADDRESS,
    DYNAMODB_ENDPOINT: engine.endpoint,
    EGRESS_ADDRESS: SOURCE_ADDRESS,
    DNSBL_ZONES: '["dnsbl.test"]',
    CANARIES: '[]',
    AUDIT_RESOLVERS: '',
    AUDIT_SMTP_PORT: '',
    HURRY: '',
    ...changes,
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  return (await import('@postern/prober/handler.ts')).handler
}

function job(localPart: string, domain: string, changes: Readonly<Record<string, unknown>> = {}) {
  return {
    kind: 'probe',
    jobId: `job-for-${domain}`,
    epoch: 1,
    localPart,
    domain,
    implicitMx: false,
    exchanges: [{ exchange: `mx.${domain}`, preference: 10 }],
    smtpUtf8: false,
    budgetMs: 4_000,
    maxAgeS: 604_800,
    ...changes,
  }
}

async function call(handler: Handler, body: unknown, changes: Partial<Parameters<Handler>[0]> = {}) {
  const { statusCode, headers, body: text } = await handler({ body: JSON.stringify(body), ...changes })
  expect(headers).toEqual({ 'content-type': 'application/json' })
  return { statusCode, said: JSON.parse(text) as Record<string, unknown> }
}

describe('200', () => {
  it('a job is answered with a report that the contract knows', async () => {
    const { statusCode, said } = await call(await coldStart(), job('jane.roe', 'strict.test'))
    expect(statusCode).toBe(200)
    const report = probeReport.parse(said)
    expect(report).toMatchObject({ jobId: 'job-for-strict.test', lane: 'eu-central-1-a', state: 'asked' })
    expect(told(report.facts)).toEqual(['mailbox:250', 'stranger:550'])
    expect(logged).toEqual([])
  })

  it('a body in base64 is the same job, umlauts included', async () => {
    const wanted = job('jörg', 'xn--bcher-kva.test', { smtpUtf8: true })
    const body = Buffer.from(JSON.stringify(wanted)).toString('base64')
    const { statusCode, said } = await call(await coldStart(), null, { body, isBase64Encoded: true })
    expect(statusCode).toBe(200)
    expect(told(probeReport.parse(said).facts)).toEqual(['mailbox:250', 'stranger:550'])
  })

  it('two starts of one lane share what they know, and say the same stranger', async () => {
    await call(await coldStart(), job('jane.roe', 'multiline.test'))
    vi.resetModules()
    const { said } = await call(await coldStart(), job('jane.roe', 'multiline.test'))
    expect(said['state']).toBe('known')
  })

  it('the budget runs from when the platform had the job, not from when we were started', async () => {
    const handler = await coldStart()
    const startedAt = Date.now()
    const wanted = job('jane.roe', 'dead.test', { budgetMs: 4_000 })
    const { said } = await call(handler, wanted, { requestContext: { timeEpoch: startedAt - 3_800 } })
    expect(told(probeReport.parse(said).facts)).toEqual(['greeting_timeout'])
    expect(Date.now() - startedAt).toBeLessThan(400)
  })

  it.each([
    ['ahead', 3_600_000, 'tarpit.test'],
    ['behind', -3_600_000, 'dead.test'],
  ])('a platform clock that is an hour %s is not believed', async (_where, offMs, domain) => {
    const wanted = job('jane.roe', domain, { budgetMs: 150, maxAgeS: 0, jobId: `job-off-by-${offMs}` })
    const handler = await coldStart()
    const startedAt = Date.now()
    await call(handler, wanted, { requestContext: { timeEpoch: startedAt + offMs } })
    // Neither given up at once nor waited for an hour.
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(145)
    expect(Date.now() - startedAt).toBeLessThan(1_000)
  })
})

describe('422', () => {
  const good = job('jane.roe', 'strict.test')
  it.each<[string, Record<string, unknown>]>([
    ['kind', { kind: 'rumour' }],
    ['jobId', { jobId: 'short' }],
    ['jobId', { jobId: 7 }],
    ['epoch', { epoch: -1 }],
    ['localPart', { localPart: '' }],
    ['localPart', { localPart: 'x'.repeat(257) }],
    ['localPart', { localPart: 'jane\r\nDATA' }],
    ['localPart', { localPart: 'jane\0' }],
    ['localPart', { localPart: '邮'.repeat(256) }],
    ['localPart', { domain: 'strict.test\r\nDATA' }],
    ['domain', { domain: '' }],
    ['exchanges', { exchanges: [] }],
    ['exchanges', { exchanges: Array.from({ length: 21 }, () => good.exchanges[0]) }],
    ['exchanges.0.preference', { exchanges: [{ exchange: 'mx.strict.test', preference: 70_000 }] }],
    ['exchanges.1.exchange', { exchanges: [{ exchange: 'mx.strict.test', preference: 1 }, { preference: 1 }] }],
    ['smtpUtf8', { smtpUtf8: 'yes' }],
    ['budgetMs', { budgetMs: 0 }],
    ['budgetMs', { budgetMs: 60_001 }],
    ['maxAgeS', { maxAgeS: null }],
    ['', { verdict: 'deliverable' }],
  ])('a job with a wrong field is refused by its name: "%s"', async (path, changes) => {
    const { statusCode, said } = await call(await coldStart(), { ...good, ...changes })
    expect(statusCode).toBe(422)
    expect(said['issues']).toEqual([{ path, message: expect.any(String) }])
    expect(logged).toEqual([])
  })

  it.each<[string, Parameters<Handler>[0]]>([
    ['nothing', {}],
    ['an empty body', { body: '' }],
    ['half a job', { body: JSON.stringify(good).slice(0, 50) }],
    ['a job in base64 that does not say so', { body: Buffer.from(JSON.stringify(good)).toString('base64') }],
    ['a job that says base64 and is not', { body: JSON.stringify(good), isBase64Encoded: true }],
  ])('%s is no JSON', async (_what, event) => {
    const { statusCode, body } = await (await coldStart())(event)
    expect(statusCode).toBe(422)
    expect(JSON.parse(body)).toEqual({ issues: [{ path: '', message: 'the body is not JSON' }] })
  })

  it.each(['null', '7', '[]', '"probe"'])('%s is JSON and no job', async (body) => {
    expect((await (await coldStart())({ body })).statusCode).toBe(422)
  })
})

describe('409', () => {
  it('a job that goes by an older map of lanes than another one did is sent back with the newer epoch', async () => {
    const handler = await coldStart()
    const wanted = { ...job('jane.roe', 'young.test', { epoch: 7 }), dial: false }
    expect((await call(handler, wanted)).statusCode).toBe(200)
    expect(await call(handler, { ...wanted, epoch: 6 })).toEqual({ statusCode: 409, said: { epoch: 7 } })
    for (const epoch of [7, 8]) expect((await call(handler, { ...wanted, epoch })).statusCode).toBe(200)
    expect((await call(handler, { ...wanted, epoch: 7 })).statusCode).toBe(409)
    // A job that is none teaches nothing.
    expect((await call(handler, { ...wanted, epoch: 99, localPart: '' })).statusCode).toBe(422)
    expect((await call(handler, { ...wanted, epoch: 8 })).statusCode).toBe(200)
  })

  it('a job of any kind is, lists and opting out included', async () => {
    const handler = await coldStart()
    await call(handler, { ...job('jane.roe', 'young.test', { epoch: 9 }), dial: false })
    const optOut = { kind: 'opt_out', jobId: 'out-of-the-way', epoch: 8, domain: 'nobody.test', optedOut: true }
    expect((await call(handler, optOut)).statusCode).toBe(409)
    expect(await call(handler, { ...optOut, epoch: 9 })).toMatchObject({ statusCode: 200, said: { done: true } })
  })
})

describe('what is logged', () => {
  it('names call and fault where memory is lost, and no address, local part or domain, ever', async () => {
    const mortal = await startEngine()
    const handler = await coldStart({ DYNAMODB_ENDPOINT: mortal.endpoint })
    await mortal.stop()
    for (const [localPart, domain] of [
      ['nina.falk', 'strict.test'],
      ['jane.roe', 'closed-port.test'],
      ['jane.roe', 'garbage.test'],
      ['no-such-user', 'echo.test'],
      ['jane.roe', 'dns-garbage.test'],
    ] as const) {
      const { statusCode, said } = await call(handler, job(localPart, domain))
      expect(statusCode).toBe(200)
      expect(said['withoutMemory']).toBe(true)
    }
    expect(logged.length).toBeGreaterThan(5)
    for (const line of logged) {
      expect(line.endsWith('\n')).toBe(true)
      expect(JSON.parse(line)).toEqual({
        level: 'warn',
        lane: 'eu-central-1-a',
        what: expect.stringMatching(/^going on without memory: [a-z ]+: \w+$/),
      })
    }
    expect(logged.join('')).not.toMatch(/jane|roe|nina|falk|no-such-user|@|\.test|job-for/)
  })

  it('500: a broken key ring breaks the lane, which says so without showing a key or an address', async () => {
    const secret = 'c0ffee'.repeat(11)
    const handler = await coldStart({ HMAC_KEYS: `{"current":"k1","keys":{"k1":"${secret}` })
    const { statusCode, said } = await call(handler, job('jane.roe', 'strict.test'))
    expect({ statusCode, said }).toEqual({ statusCode: 500, said: { fault: 'the lane is broken; its log says how' } })
    expect(logged).toHaveLength(1)
    expect(JSON.parse(logged[0]!)).toMatchObject({ level: 'error', lane: 'eu-central-1-a' })
    expect(logged[0]).not.toMatch(/c0ffee|jane|strict/)
  })
})

it('a wrong environment fails the start and names what is wrong', async () => {
  await expect(coldStart({ SMTP_PORT: 'smtp', MAIL_FROM: 'nobody' })).rejects.toThrow(/MAIL_FROM[^]*SMTP_PORT/)
})
