// Audits under strain: dead and lying resolvers, slow and hostile servers, a deaf table, no time. Answered in time, always.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LaneEnvironment } from '@postern/prober/environment.ts'
import { startWorld, type World } from '@postern/test/world/world.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine.ts'
import { ADDRESS, type HostileServer, serveUntil, startHostileServer } from '../net/hostile-server.ts'
import { newAuditedLane, resultOf, states, type Surroundings } from './audited-lane.ts'

const SLACK_MS = 250
let world: World
let engine: Engine
let hostile: HostileServer
let at: Surroundings

beforeAll(async () => {
  ;[world, engine, hostile] = await Promise.all([startWorld(), startEngine(), startHostileServer()])
  at = { world, engine }
  world.putRecord(`mx.hostile.test. A ${ADDRESS}`)
  world.putRecord('hostile.test. MX 10 mx.hostile.test.')
})
afterAll(() => Promise.all([world.close(), engine.stop(), hostile.close()]))

/** Runs one audit and holds it to its budget. */
async function timed(changes: Partial<LaneEnvironment>, budgetMs: number, on: Surroundings = at) {
  const lane = newAuditedLane(on, changes)
  const startedAt = Date.now()
  const report = await lane.run(budgetMs)
  expect(Date.now() - startedAt).toBeLessThan(budgetMs + SLACK_MS)
  return report
}

const blind = ['fcrdns unmeasured', 'dnsbl unmeasured', 'port_25 unmeasured', 'callout unmeasured']

describe('a resolver', () => {
  let server: Server
  let url = ''
  let answer: (question: Buffer) => { status: number; body: Buffer } | null = () => null

  beforeAll(async () => {
    server = createServer((request, response) => {
      const asked = Buffer.from(new URL(request.url ?? '', 'http://x').searchParams.get('dns') ?? '', 'base64url')
      const said = answer(asked)
      if (said !== null) response.writeHead(said.status).end(said.body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const resolvers = (...urls: readonly string[]) => ({
    AUDIT_RESOLVERS: JSON.stringify(urls.map((one, n) => ({ name: `r${n}`, url: one, suffix: null }))),
  })

  it.each<[string, typeof answer]>([
    ['never answers', () => null],
    ['answers HTTP 500', () => ({ status: 500, body: Buffer.alloc(0) })],
    ['answers with nothing', () => ({ status: 200, body: Buffer.alloc(0) })],
    ['echoes the question', (question) => ({ status: 200, body: question })],
    ['answers with bytes', (question) => ({ status: 200, body: question.map((octet) => octet ^ 0xa5) as Buffer })],
    ['answers at length', () => ({ status: 200, body: Buffer.alloc(200_000, 0xc0) })],
  ])('that %s leaves everything unmeasured', async (_what, behaviour) => {
    answer = behaviour
    const report = await timed(resolvers(url), 2_000)
    expect(states(report)).toEqual(blind)
    expect(report.fit).toMatchObject({ lane: 'unmeasured', kind: null })
  })

  it('that is dead is passed over for the next', async () => {
    const report = await timed(resolvers('http://127.0.0.1:1/dns-query', world.dohUrl), 5_000)
    expect(report.fit.lane).toBe('fit')
    expect(states(await timed(resolvers('http://127.0.0.1:1/dns-query'), 2_000))).toEqual(blind)
  })

  it('of audits is theirs alone', async () => {
    answer = () => null
    const lane = newAuditedLane(at, {
      DOH_RESOLVERS: JSON.stringify([{ name: 'silent', url, suffix: null }]),
      ...resolvers(world.dohUrl),
    })
    expect((await lane.run()).fit.lane).toBe('fit')
  })
})

describe('a mail server', () => {
  const hostileLane = () => ({
    MAIL_FROM: 'probe@hostile.test',
    AUDIT_SMTP_PORT: String(hostile.port),
    LOOPBACK_NETWORKS: `${world.network},127.27.0.0/16`,
    SOURCE_ADDRESS: '',
  })

  it.each<[string, Parameters<HostileServer['behave']>[0], string, string]>([
    ['never greets', () => undefined, 'unmeasured', 'unmeasured'],
    ['hangs up at once', (peer) => peer.hangUp(), 'unmeasured', 'unmeasured'],
    ['resets at once', (peer) => peer.reset(), 'unmeasured', 'unmeasured'],
    ['greets with bytes', (peer) => peer.say(Buffer.from([0, 255, 13, 10])), 'unmeasured', 'unmeasured'],
    ['speaks HTTP', (peer) => peer.say('HTTP/1.1 400 Bad Request\r\n\r\n'), 'unmeasured', 'unmeasured'],
    ['greets with 250', (peer) => peer.say('250 hello\r\n'), 'unmeasured', 'unmeasured'],
    ['falls silent after its greeting', (peer) => serveUntil(peer, 'ehlo'), 'unmeasured', 'ok'],
    ['falls silent after MAIL', (peer) => serveUntil(peer, 'mail'), 'unmeasured', 'ok'],
    ['refuses nobody’s mail', (peer) => serveUntil(peer, null, { mail: '550 5.7.1 No\r\n' }), 'unmeasured', 'ok'],
    ['puts us off', (peer) => serveUntil(peer, null, { mailbox: '450 4.2.1 Later\r\n' }), 'unmeasured', 'ok'],
    ['says 421 to the mailbox', (peer) => serveUntil(peer, null, { mailbox: '421 Bye\r\n' }), 'unmeasured', 'ok'],
    [
      'answers for all before it is asked',
      (peer) => peer.say('220 a\r\n250 b\r\n250 c\r\n250 d\r\n'),
      'unmeasured',
      'ok',
    ],
    ['has no such mailbox', (peer) => serveUntil(peer, null, { mailbox: '550 5.1.1 No\r\n' }), 'unfit', 'ok'],
    ['takes every stranger', (peer) => serveUntil(peer, null, { stranger: '250 2.1.5 Ok\r\n' }), 'unfit', 'ok'],
    ['cannot verify anybody', (peer) => serveUntil(peer, null, { mailbox: '252 2.5.2 ?\r\n' }), 'ok', 'ok'],
    ['is as it should be', (peer) => serveUntil(peer, null), 'ok', 'ok'],
  ])('of our own that %s', async (...[, behaviour, callout, port25]) => {
    hostile.behave(behaviour)
    const report = await timed(hostileLane(), 1_500)
    expect([resultOf(report, 'callout').state, resultOf(report, 'port_25').state]).toEqual([callout, port25])
    expect(report.fit).toMatchObject(callout === 'unfit' ? { lane: 'unfit', kind: 'technical' } : { lane: 'fit' })
  })

  it('that is slow is heard as far as the time goes', async () => {
    const report = await timed({ MAIL_FROM: 'jane.roe@tarpit.test' }, 3_000)
    expect(states(report)).toEqual(['fcrdns ok', 'dnsbl ok', 'port_25 unmeasured', 'callout unmeasured'])
    expect((await timed({ MAIL_FROM: 'jane.roe@sluggish.test' }, 8_000)).fit.why).toBe('callout: abuse is refused')
  })

  it('of an operator that is slow takes nothing from the others', async () => {
    const pair = (domain: string) => ({ operator: domain, good: `jane.roe@${domain}`, dead: `nina.falk@${domain}` })
    const canaries = ['dead.test', 'tarpit.test', 'strict.test'].map(pair)
    const report = await timed({ CANARIES: JSON.stringify(canaries) }, 2_000)
    expect(states(report).slice(2)).toEqual([
      'port_25 ok',
      'callout ok',
      'dead.test unmeasured',
      'tarpit.test unmeasured',
      'strict.test ok',
    ])
  })
})

describe('time', () => {
  it.each([1, 20, 100])('of %i ms is kept, and proves nothing', async (budgetMs) => {
    const report = await timed({ MAIL_FROM: 'jane.roe@dead.test', EHLO_NAME: 'a.dns-hang.test' }, budgetMs)
    expect(states(report)).toEqual(blind)
    expect(report.fit.lane).toBe('unmeasured')
  })
})

describe('a table', () => {
  it('that is deaf costs its time-out, and the audit is told all the same', async () => {
    const mortal = await startEngine()
    const lane = newAuditedLane({ world, engine: mortal })
    world.loseName(lane.identity.address)
    await mortal.send('SIGSTOP')
    const startedAt = Date.now()
    const { fit } = await lane.run(4_000)
    expect(Date.now() - startedAt).toBeLessThan(4_000)
    expect(fit).toMatchObject({ lane: 'unfit', why: 'fcrdns: our address has no PTR record' })
    expect(await lane.fitness.current()).toMatchObject({ lane: 'unmeasured' })
    await mortal.send('SIGCONT')
    await mortal.stop()
  })

  it('is shared by audits at the same time', async () => {
    const lane = newAuditedLane(at)
    const reports = await Promise.all(Array.from({ length: 4 }, () => lane.run()))
    expect(reports.map(({ fit }) => fit.lane)).toEqual(['fit', 'fit', 'fit', 'fit'])
    const items = await engine.items('traffic')
    expect(items.filter(({ key }) => key === `u:${lane.id}`)).toMatchObject([{ version: 4 }])
  })
})
