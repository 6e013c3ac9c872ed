// Canaries and port 25: what a good and a dead mailbox at an operator show, and when a way out counts as closed.
import { once } from 'node:events'
import { createServer, connect as tcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { LaneEnvironment } from '@postern/prober/environment.ts'
import { startWorld, type World } from '@postern/test/world/world.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine.ts'
import { newAuditedLane, resultOf, states, type Surroundings } from './audited-lane.ts'

let world: World
let engine: Engine
let at: Surroundings

beforeAll(async () => {
  ;[world, engine] = await Promise.all([startWorld(), startEngine()])
  at = { world, engine }
})
afterEach(() => {
  expect(world.violations()).toEqual([])
  world.reset()
})
afterAll(() => Promise.all([world.close(), engine.stop()]))

interface Pair {
  readonly operator: string
  readonly good: string
  readonly dead: string
}

function pairAt(domain: string, good = 'jane.roe', dead = 'nina.falk'): Pair {
  return { operator: domain, good: `${good}@${domain}`, dead: `${dead}@${domain}` }
}

function withCanaries(...pairs: readonly Pair[]): Partial<LaneEnvironment> {
  return { CANARIES: JSON.stringify(pairs) }
}

describe('canaries', () => {
  it.each<[string, string, string]>([
    ['strict.test', 'ok', 'the good canary is accepted, the dead one refused'],
    ['slow-greeting.test', 'ok', 'the good canary is accepted, the dead one refused'],
    ['needs-tls.test', 'ok', 'the good canary is accepted, the dead one refused'],
    ['helo-only.test', 'ok', 'the good canary is accepted, the dead one refused'],
    ['dead-primary.test', 'ok', 'the good canary is accepted, the dead one refused'],
    ['dead.test', 'unmeasured', 'no final answer about the good canary'],
    ['nobody-home.test', 'unfit', 'the good canary is refused (550 5.1.1)'],
    ['policy.test', 'unfit', 'the good canary is refused (550 5.7.1)'],
    ['blocked-rcpt.test', 'unfit', 'the good canary is refused (550 5.7.1)'],
    ['blocked-greeting.test', 'unfit', 'the good canary is refused (554 5.7.1)'],
    ['blocked-421.test', 'unmeasured', 'no final answer about the good canary (421 4.7.0)'],
    ['rate-limited.test', 'unmeasured', 'no final answer about the good canary (450'],
    ['greylist-long.test', 'unmeasured', 'no final answer about the good canary (451 4.7.1)'],
    ['strangers-later.test', 'unmeasured', 'the dead canary is not refused as a mailbox (450 4.3.0)'],
    ['catchall.test', 'unmeasured', 'the dead canary is accepted'],
    ['closed-port.test', 'unmeasured', 'no final answer about the good canary (no connection)'],
    ['hangs-up.test', 'unmeasured', 'no final answer about the good canary'],
    ['garbage.test', 'unmeasured', 'no final answer about the good canary'],
    ['nxdomain.test', 'unmeasured', 'no final answer about the good canary'],
    ['dns-servfail.test', 'unmeasured', 'no final answer about the good canary'],
  ])('at %s are %s: %s', async (domain, state, detail) => {
    const lane = newAuditedLane(at, withCanaries(pairAt(domain)))
    const report = await lane.run(4_000)
    const result = resultOf(report, 'canaries', domain)
    expect(result.state).toBe(state)
    expect(result.detail.startsWith(detail), result.detail).toBe(true)
    // An operator that refuses us takes the lane down for itself only.
    expect(report.fit.lane).toBe('fit')
    expect(report.fit.unfitOperators).toEqual(state === 'unfit' ? [domain] : [])
    expect(report.fit.canaries).toEqual(state === 'ok' ? { [domain]: report.at } : {})
  })

  it('a good mailbox that is full says nothing of us', async () => {
    const lane = newAuditedLane(at, withCanaries(pairAt('overquota.test', 'ruth.stein')))
    const report = await lane.run()
    expect(resultOf(report, 'canaries', 'overquota.test')).toMatchObject({ state: 'unmeasured' })
  })

  it('a refusal that is not of the mailbox proves no dead one', async () => {
    const pair = { operator: 'two', good: 'jane.roe@strict.test', dead: 'jane.roe@policy.test' }
    const report = await newAuditedLane(at, withCanaries(pair)).run()
    expect(resultOf(report, 'canaries', 'two').detail).toBe('the dead canary is not refused as a mailbox (550 5.7.1)')
  })

  it('are asked from the lane’s mailbox, one connection after the other', async () => {
    const lane = newAuditedLane(at, withCanaries(pairAt('strict.test')))
    await lane.run()
    const said = world.sessions().flatMap(({ host, commands }) => (host === 'mx.strict.test' ? [commands] : []))
    expect(said.map((commands) => commands.slice(1, 3).map(({ line }) => line))).toEqual([
      [`MAIL FROM:<${lane.identity.sender}>`, 'RCPT TO:<jane.roe@strict.test>'],
      [`MAIL FROM:<${lane.identity.sender}>`, 'RCPT TO:<nina.falk@strict.test>'],
    ])
  })

  it('of several operators are judged one by one', async () => {
    const lane = newAuditedLane(
      at,
      withCanaries(...['strict.test', 'nobody-home.test', 'catchall.test'].map((d) => pairAt(d))),
    )
    const report = await lane.run()
    expect(states(report).slice(4)).toEqual(['strict.test ok', 'nobody-home.test unfit', 'catchall.test unmeasured'])
    expect(report.fit).toMatchObject({ lane: 'fit', unfitOperators: ['nobody-home.test'] })
  })

  it('at an operator that is never asked are not asked', async () => {
    // Its exchange is where strict.test is, which would answer.
    const exchange = 'mta5.am0.yahoodns.net'
    world.addLane({ ehlo: exchange, address: '127.25.1.1', sender: `x@${exchange}` })
    world.putRecord(`barred.test. MX 10 ${exchange}.`)
    const lane = newAuditedLane(at, withCanaries(pairAt('barred.test')))
    expect(resultOf(await lane.run(), 'canaries', 'barred.test').state).toBe('unmeasured')
    expect(world.queries().map(({ name }) => name)).toContain(exchange)
    expect(world.sessions().filter(({ address }) => address === '127.25.1.1')).toEqual([])
  })

  it('no detail names a mailbox', async () => {
    const report = await newAuditedLane(at, withCanaries(pairAt('policy.test'), pairAt('strict.test'))).run()
    expect(JSON.stringify(report)).not.toMatch(/jane|nina|@/)
  })
})

describe('a dead canary that was refused', () => {
  const HOUR_MS = 3_600_000
  it('is remembered for a day, whatever later audits could not measure', async () => {
    const pair = { operator: 'x', good: 'probe@moody.probe.test', dead: 'nobody@moody.probe.test' }
    const lane = newAuditedLane(at, withCanaries(pair))
    world.addLane({ ehlo: 'moody.probe.test', address: '127.24.7.1', sender: pair.good })
    const { at: refusedAt } = await lane.run()
    world.neverAtHome('moody.probe.test')
    lane.advance(23 * HOUR_MS)
    const later = await lane.run(2_000)
    expect(resultOf(later, 'canaries', 'x').state).toBe('unmeasured')
    expect(later.fit.canaries).toEqual({ x: refusedAt })
    lane.advance(HOUR_MS)
    expect((await lane.fitness.current()).canaries).toEqual({})
  })

  it('is forgotten as soon as it is accepted, or the good one refused', async () => {
    const pair = { operator: 'x', good: 'probe@fickle.probe.test', dead: 'dead@fickle.probe.test' }
    const lane = newAuditedLane(at, withCanaries(pair))
    world.addLane({ ehlo: 'fickle.probe.test', address: '127.24.7.2', sender: pair.good })
    const refused = () => lane.run().then(({ fit }) => Object.keys(fit.canaries))
    expect(await refused()).toEqual(['x'])
    world.setSender(pair.dead, 'known')
    expect(await refused()).toEqual([])
    world.setSender(pair.dead, 'unknown')
    expect(await refused()).toEqual(['x'])
    world.setSender(pair.good, 'unknown')
    expect(await refused()).toEqual([])
    expect((await lane.fitness.current()).unfitOperators).toEqual(['x'])
  })
})

describe('port 25', () => {
  /** Its own network, so that nothing of the world answers there. */
  const OUTSIDE = '127.27.0.0/16'

  it('one mail server that cannot be connected to is that server', async () => {
    const report = await newAuditedLane(at, { MAIL_FROM: 'jane.roe@closed-port.test' }).run()
    expect(resultOf(report, 'port_25')).toMatchObject({
      state: 'unmeasured',
      detail: 'the only mail server tried could not be connected to',
    })
    expect(report.fit.lane).toBe('fit')
  })

  it('none of two is a way out that is closed, though others would take over', async () => {
    const closed = await closedPort()
    const report = await newAuditedLane(at, {
      ...withCanaries(pairAt('strict.test')),
      AUDIT_SMTP_PORT: String(closed),
    }).run()
    expect(resultOf(report, 'port_25')).toMatchObject({
      state: 'unfit',
      detail: 'none of 2 mail servers could be connected to',
    })
    expect(report.fit).toMatchObject({ lane: 'unfit', kind: 'technical', unfitOperators: [] })
    expect(states(report)).toContain('strict.test unmeasured')
  })

  it('one of two that greets is enough', async () => {
    const lane = newAuditedLane(at, { ...withCanaries(pairAt('strict.test')), MAIL_FROM: 'jane.roe@closed-port.test' })
    expect(resultOf(await lane.run(), 'port_25')).toMatchObject({ state: 'ok', detail: 'a mail server greeted us' })
  })

  it.each(['blocked-550.test', 'blocked-421.test'])(
    'a greeting that refuses us (%s) is an open port, and no more',
    async (domain) => {
      const lane = newAuditedLane(at, { MAIL_FROM: `jane.roe@${domain}` })
      expect(resultOf(await lane.run(), 'port_25')).toMatchObject({
        state: 'unmeasured',
        detail: 'a port was open, but nobody greeted us with 220',
      })
    },
  )

  it('two names of one address are one target', async () => {
    world.putRecord('twin.test. MX 10 mx.closed-port.test.')
    const lane = newAuditedLane(at, { ...withCanaries(pairAt('twin.test')), MAIL_FROM: 'jane.roe@closed-port.test' })
    expect(resultOf(await lane.run(), 'port_25').state).toBe('unmeasured')
  })

  it('targets that the guard forbids are none', async () => {
    const lane = newAuditedLane(at, { ...withCanaries(pairAt('loopback.test')), MAIL_FROM: 'jane.roe@private.test' })
    expect(resultOf(await lane.run(), 'port_25')).toMatchObject({
      state: 'unmeasured',
      detail: 'no mail server was tried',
    })
  })

  it('time-outs count once they were fairly waited for, and within the deadline', async () => {
    const deaf = new Worker(new URL('../net/deaf-listener.ts', import.meta.url))
    const [address] = (await once(deaf, 'message')) as [{ address: string; port: number }]
    const crowd = await fillQueue(address)
    world.putRecord('mx.deaf-one.test. A 127.27.0.2')
    world.putRecord('deaf-one.test. MX 10 mx.deaf-one.test.')
    world.putRecord('mx.deaf-two.test. A 127.27.0.3')
    world.putRecord('deaf-two.test. MX 10 mx.deaf-two.test.')
    const settings = {
      ...withCanaries(pairAt('deaf-one.test')),
      MAIL_FROM: 'probe@deaf-two.test',
      AUDIT_SMTP_PORT: String(address.port),
      LOOPBACK_NETWORKS: OUTSIDE,
    }
    const lane = newAuditedLane(at, settings)
    const startedAt = Date.now()
    const [hasty, patient] = await Promise.all([lane.run(800), newAuditedLane(at, settings).run(4_000)])
    expect(Date.now() - startedAt).toBeLessThan(4_200)
    expect(resultOf(hasty, 'port_25').state).toBe('unmeasured')
    expect(resultOf(patient, 'port_25').state).toBe('unfit')
    for (const socket of crowd) socket.destroy()
    await deaf.terminate()
  })
})

/** A listener that never looks again has room for a few, and drops whoever comes after them. */
async function fillQueue({ port }: { readonly port: number }): Promise<Socket[]> {
  await sleep(40)
  const crowd = Array.from({ length: 6 }, () => tcp({ host: '127.27.0.2', port }).on('error', () => undefined))
  await sleep(40)
  return crowd
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
