// A lane audits itself in the mail world: each check holds, fails, or says that it could not be measured.
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
afterEach(() => world.reset())
afterAll(() => Promise.all([world.close(), engine.stop()]))

const healthy = ['fcrdns ok', 'dnsbl ok', 'port_25 ok', 'callout ok']

describe('a lane in order', () => {
  it('is fit, and every check says so at its instant', async () => {
    const lane = newAuditedLane(at)
    const before = lane.now()
    const report = await lane.run()
    expect(states(report)).toEqual(healthy)
    expect(report).toMatchObject({ kind: 'audit', lane: lane.id, jobId: `audit-of-${lane.id}` })
    expect(report.fit).toEqual({ lane: 'fit', kind: null, why: '', unfitOperators: [], canaries: {} })
    for (const result of report.checks) expect(result.at).toBeGreaterThanOrEqual(before)
    expect(await lane.fitness.current()).toEqual(report.fit)
    expect(world.violations()).toEqual([])
    expect(lane.faults).toEqual([])
  })

  it('asks its own mail server from nobody, for itself and a stranger, postmaster and abuse, and sends nothing', async () => {
    const lane = newAuditedLane(at)
    await lane.run()
    const sessions = world.sessions()
    expect(sessions.map(({ host, source }) => [host, source])).toEqual(
      Array.from({ length: 3 }, () => ['mx.probe.test', lane.identity.address]),
    )
    const domain = lane.identity.ehlo
    const said = sessions.map(({ commands }) => commands.map(({ line }) => line))
    expect(said).toEqual([
      [
        `EHLO ${domain}`,
        'MAIL FROM:<>',
        `RCPT TO:<probe@${domain}>`,
        expect.stringMatching(new RegExp(`^RCPT TO:<[a-z0-9]+@${domain}>$`)),
        'QUIT',
      ],
      [`EHLO ${domain}`, 'MAIL FROM:<>', `RCPT TO:<postmaster@${domain}>`, 'QUIT'],
      [`EHLO ${domain}`, 'MAIL FROM:<>', `RCPT TO:<abuse@${domain}>`, 'QUIT'],
    ])
  })
})

describe('fcrdns', () => {
  it.each<[string, (name: string, address: string) => void, string, string]>([
    ['no PTR', (_, address) => world.loseName(address), 'unfit', 'our address has no PTR record'],
    [
      'a PTR of another name',
      (_, address) => world.putRecord(`${reverse(address)}. PTR ec2-1-2-3-4.compute.test.`),
      'unfit',
      'the PTR record of our address has another name',
    ],
    [
      'an A record of another address',
      (name) => world.putRecord(`${name}. A 127.24.8.250`),
      'unfit',
      'the EHLO name does not resolve to our address',
    ],
    [
      'a PTR in other letter case',
      (name, address) => world.putRecord(`${reverse(address)}. PTR ${name.toUpperCase()}.`),
      'ok',
      'address, A and PTR agree',
    ],
  ])('%s', async (...[, befall, state, detail]) => {
    const lane = newAuditedLane(at)
    befall(lane.identity.ehlo, lane.identity.address)
    const report = await lane.run()
    expect(resultOf(report, 'fcrdns')).toMatchObject({ state, detail })
    expect(report.fit).toMatchObject(
      state === 'unfit' ? { lane: 'unfit', kind: 'technical', why: `fcrdns: ${detail}` } : { lane: 'fit', kind: null },
    )
  })

  it('an EHLO name that does not exist is unfit', async () => {
    const report = await newAuditedLane(at, { EHLO_NAME: 'nobody.probe.test' }).run()
    expect(resultOf(report, 'fcrdns')).toMatchObject({ state: 'unfit', detail: 'the EHLO name has no A record' })
  })

  it.each(['dns-servfail.test', 'dns-garbage.test', 'dns-http-500.test', 'dns-truncated.test', 'dns-wrong-id.test'])(
    'an EHLO name at %s is unmeasured, and the lane no worse for it',
    async (domain) => {
      const report = await newAuditedLane(at, { EHLO_NAME: `a.${domain}` }).run()
      expect(resultOf(report, 'fcrdns').state).toBe('unmeasured')
      expect(report.fit).toMatchObject({ lane: 'fit', why: 'not measured: fcrdns' })
    },
  )

  it('without a known address takes that of its name, and measures A and PTR', async () => {
    const lane = newAuditedLane(at, { EGRESS_ADDRESS: '' })
    expect(resultOf(await lane.run(), 'fcrdns')).toMatchObject({
      state: 'ok',
      detail: 'A and PTR agree; our address was taken from the A record',
    })
    world.list(lane.identity.address)
    world.loseName(lane.identity.address)
    expect(states(await lane.run()).slice(0, 2)).toEqual(['fcrdns unfit', 'dnsbl unfit'])
  })
})

function reverse(address: string): string {
  return `${address.split('.').toReversed().join('.')}.in-addr.arpa`
}

describe('dnsbl', () => {
  it('a listed address is unfit by reputation, until it is taken off', async () => {
    const lane = newAuditedLane(at)
    world.list(lane.identity.address)
    const { fit } = await lane.run()
    expect(fit).toMatchObject({ lane: 'unfit', kind: 'reputation', why: 'dnsbl: listed by dnsbl.test' })
    world.unlist(lane.identity.address)
    expect((await lane.run()).fit).toMatchObject({ lane: 'fit', kind: null })
  })

  it('reputation outweighs what is technical: nobody moves', async () => {
    const lane = newAuditedLane(at)
    world.list(lane.identity.address)
    world.loseName(lane.identity.address)
    expect((await lane.run()).fit).toMatchObject({ lane: 'unfit', kind: 'reputation' })
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['has no test entry, as a list that was emptied', { own: '127.0.0.2' }],
    ['lists everybody, 127.0.0.1 included', { always: '127.0.0.2', never: '127.0.0.2', own: '127.0.0.2' }],
    ['answers with the address of a web page', { always: '127.0.0.2', own: '192.0.2.80' }],
    [
      'calls us a public resolver (.254)',
      { always: '127.255.255.254', never: '127.255.255.254', own: '127.255.255.254' },
    ],
    ['calls us a public resolver for our own address only', { always: '127.0.0.2', own: '127.255.255.254' }],
    ['calls us a typing error (.252)', { always: '127.0.0.2', own: '127.255.255.252' }],
    ['calls us too busy (.255)', { always: '127.0.0.2', own: '127.255.255.255' }],
    ['refuses by 127.0.0.1', { always: '127.0.0.2', own: '127.0.0.1' }],
  ])('a list that %s is unmeasured', async (what, entries) => {
    const zone = `l${what.length}.test`
    const lane = newAuditedLane(at, { DNSBL_ZONES: JSON.stringify([zone]) })
    const addresses = { always: '127.0.0.2', never: '127.0.0.1', own: lane.identity.address }
    for (const [which, code] of Object.entries(entries)) {
      const octets = addresses[which as keyof typeof addresses].split('.').toReversed().join('.')
      world.putRecord(`${octets}.${zone}. A ${code}`)
    }
    const report = await lane.run()
    expect(resultOf(report, 'dnsbl')).toMatchObject({ state: 'unmeasured', detail: `no answer from ${zone}` })
    expect(report.fit).toMatchObject({ lane: 'fit', why: 'not measured: dnsbl' })
  })

  it('one list that is well is enough, and one that is ill is named', async () => {
    const lane = newAuditedLane(at, { DNSBL_ZONES: '["dnsbl.test","dns-servfail.test","nowhere.test"]' })
    const silent = 'no answer from dns-servfail.test, nowhere.test'
    expect(resultOf(await lane.run(), 'dnsbl')).toMatchObject({
      state: 'ok',
      detail: `not listed by dnsbl.test; ${silent}`,
    })
    world.list(lane.identity.address)
    expect(resultOf(await lane.run(), 'dnsbl')).toMatchObject({
      state: 'unfit',
      detail: `listed by dnsbl.test; ${silent}`,
    })
  })

  it('asks for the octets in reverse', async () => {
    const lane = newAuditedLane(at)
    await lane.run()
    const octets = lane.identity.address.split('.').toReversed().join('.')
    const names = world.queries().map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining([`${octets}.dnsbl.test`, '2.0.0.127.dnsbl.test', '1.0.0.127.dnsbl.test']),
    )
  })
})

describe('callout', () => {
  it.each([
    ['probe@catchall.test', 'unfit', 'a stranger at the MAIL FROM domain is accepted'],
    ['nina.falk@strict.test', 'unfit', 'the MAIL FROM mailbox is refused, abuse is refused'],
    ['jane.roe@strict.test', 'unfit', 'abuse is refused'],
    ['jane.roe@policy.test', 'unfit', 'the MAIL FROM mailbox is refused, postmaster is refused, abuse is refused'],
    ['jane.roe@null-mx.test', 'unfit', 'the domain of the MAIL FROM mailbox takes no mail'],
    ['jane.roe@nxdomain.test', 'unfit', 'the domain of the MAIL FROM mailbox takes no mail'],
    ['jane.roe@no-mail.test', 'unfit', 'the domain of the MAIL FROM mailbox takes no mail'],
    ['jane.roe@dangling.test', 'unfit', 'the domain of the MAIL FROM mailbox takes no mail'],
    ['jane.roe@ipv6-only.test', 'unmeasured', 'the mail route of the MAIL FROM domain could not be learned'],
    ['jane.roe@dns-servfail.test', 'unmeasured', 'the mail route of the MAIL FROM domain could not be learned'],
    [
      'jane.roe@temporary.test',
      'unmeasured',
      'no final answer about the MAIL FROM mailbox: later, postmaster: later, abuse: later, a stranger: later',
    ],
    ['jane.roe@strangers-later.test', 'unmeasured', 'no final answer about abuse: later, a stranger: later'],
    ['jane.roe@closed-port.test', 'unmeasured', 'no final answer about the MAIL FROM mailbox: silent'],
    ['jane.roe@private.test', 'unmeasured', 'no final answer about the MAIL FROM mailbox: silent'],
    ['jane.roe@blocked-550.test', 'unmeasured', 'no final answer about the MAIL FROM mailbox: silent'],
    ['jane.roe@busy-421.test', 'unmeasured', 'no final answer about the MAIL FROM mailbox: silent'],
    ['jane.roe@hangs-up.test', 'unmeasured', 'no final answer about the MAIL FROM mailbox: silent'],
    ['jane.roe@garbage.test', 'unmeasured', 'no final answer about the MAIL FROM mailbox: silent'],
    ['jane.roe@endless.test', 'unmeasured', 'no final answer about the MAIL FROM mailbox: silent'],
  ])('with the sender %s is %s', async (sender, state, detail) => {
    const report = await newAuditedLane(at, { MAIL_FROM: sender }).run()
    const callout = resultOf(report, 'callout')
    expect(callout.state).toBe(state)
    expect(callout.detail.startsWith(detail), callout.detail).toBe(true)
    expect(report.fit).toMatchObject(
      state === 'unfit' ? { lane: 'unfit', kind: 'technical', why: `callout: ${detail}` } : { lane: 'fit' },
    )
    expect(world.violations()).toEqual([])
  })

  it('takes the backup where the first exchange cannot be reached', async () => {
    const report = await newAuditedLane(at, { MAIL_FROM: 'jane.roe@backup-strict.test' }).run()
    expect(resultOf(report, 'callout')).toMatchObject({ state: 'unfit', detail: 'abuse is refused' })
  })

  it('asks no backup after the first exchange has answered', async () => {
    world.putRecord('two.test. MX 10 mx.strict.test.', 'two.test. MX 20 mx.catchall.test.')
    const report = await newAuditedLane(at, { MAIL_FROM: 'probe@two.test' }).run()
    expect(resultOf(report, 'callout').detail).toMatch(/^the MAIL FROM mailbox is refused/)
    expect(new Set(world.sessions().map(({ host }) => host))).toEqual(new Set(['mx.strict.test']))
  })

  it('a sender that loses its mailbox is unfit, and fit again when it has it back', async () => {
    const lane = newAuditedLane(at)
    world.setSender(lane.identity.sender, 'unknown')
    expect((await lane.run()).fit).toMatchObject({ lane: 'unfit', why: 'callout: the MAIL FROM mailbox is refused' })
    world.setSender(lane.identity.sender, 'full')
    expect(resultOf(await lane.run(), 'callout').state).toBe('unmeasured')
    world.setSender(lane.identity.sender, 'known')
    expect((await lane.run()).fit.lane).toBe('fit')
  })
})
