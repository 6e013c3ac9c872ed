// Inspections in the mail world, found over its DNS: what a lane sees, and that the world has nothing to complain of.
import { once } from 'node:events'
import { createResolve } from '@postern/prober/net/resolve.ts'
import { createRouteOf } from '@postern/prober/net/route.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import { publicKeyDigest } from '@postern/test/world/smtp/tls-identity.ts'
import { startWorld, type World } from '@postern/test/world/world.ts'
import { SMTPServer } from 'smtp-server'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { RSA } from './identities.ts'
import { EHLO, EXCHANGE, handshakeOf, jobOf, portsFor, report, resultsIn, told } from './lane.ts'

const SOURCE_ADDRESS = '127.24.9.2'
let world: World

beforeAll(async () => {
  world = await startWorld()
  world.addLane({ ehlo: EHLO, address: SOURCE_ADDRESS, sender: 'probe@a1.probe.test' })
})
afterAll(() => world.close())
afterEach(() => {
  expect(world.violations()).toEqual([])
  world.reset()
})

interface Changes {
  readonly exchanges?: { exchange: string }[]
  readonly budgetMs?: number
  readonly policyHost?: string
}

async function lookAt(domain: string, changes: Changes = {}) {
  const resolve = createResolve([{ name: 'world', url: world.dohUrl, suffix: null }], Date.now)
  const routeOf = createRouteOf(resolve)
  const loopback = [parseCidr(world.network)!]
  const ports = portsFor({
    smtpPort: world.smtpPort,
    httpsPort: world.httpsPort,
    names: {},
    looks: { loopback, sourceAddress: SOURCE_ADDRESS, extraRoots: [world.root] },
    ports: {
      resolveAddresses: (name, type, deadlineAt) => resolve({ name, type }, deadlineAt),
      mayDial: (address) => globallyReachable(address, loopback),
      routeOf: (job, deadlineAt) => routeOf({ ...job, implicitMx: true }, deadlineAt),
    },
  })
  const answer = await resolve({ name: domain, type: 'MX' }, Date.now() + 1_000)
  const own = answer.kind === 'records' ? answer.data.map(({ exchange }) => ({ exchange })) : [{ exchange: domain }]
  return report(ports, jobOf({ domain, exchanges: own, ...changes }))
}

it.each(['starttls.test', 'dane.test', 'needs-tls.test'])(
  '%s offers TLS with a certificate of its own',
  async (domain) => {
    const [result] = resultsIn(await lookAt(domain))
    expect(told(result)).toBe('220 accepted secured accepted')
    expect(result).toMatchObject({
      startTls: {
        tls: {
          chain: [{ dnsNames: ['mail.world.test'], spkiSha256: publicKeyDigest(), key: { type: 'ec', bits: 256 } }],
          pkix: { verdict: 'self_signed', faults: ['self_signed', 'mismatch'], matches: false },
        },
      },
    })
    const said = () => world.sessions()[0]?.commands.map((command) => command.line.trimEnd())
    await expect.poll(said).toEqual([`EHLO ${EHLO}`, 'STARTTLS', `EHLO ${EHLO}`, 'QUIT'])
    expect(world.sessions()).toMatchObject([{ closedBy: 'client' }])
  },
)

it.each<[string, string, string]>([
  ['tls-trusted.test', 'TLSv1.3', 'valid'],
  ['tls-old.test', 'TLSv1.1', 'valid'],
  ['tls-expired.test', 'TLSv1.3', 'expired'],
  ['tls-expiring.test', 'TLSv1.3', 'valid'],
  ['tls-self-signed.test', 'TLSv1.3', 'self_signed'],
  ['tls-other-name.test', 'TLSv1.3', 'mismatch'],
])('%s presents a certificate of its own over %s: %s', async (domain, version, verdict) => {
  const [result] = resultsIn(await lookAt(domain))
  expect(told(result)).toBe('220 accepted secured accepted')
  expect(result).toMatchObject({ startTls: { tls: { version, pkix: { verdict } } } })
})

it.each<[string, string]>([
  ['exemplary.test', 'valid'],
  ['sts-expiring.test', 'valid'],
  ['sts-expired.test', 'expired'],
  ['sts-other-name.test', 'mismatch'],
])('the policy host of %s has a certificate that is %s', async (domain, verdict) => {
  const { policyHost } = await lookAt(domain, { exchanges: [], policyHost: `mta-sts.${domain}` })
  const handshake = handshakeOf(policyHost)
  const tls = handshake?.kind === 'secured' ? handshake.tls : null
  expect(tls?.pkix.verdict).toBe(verdict)
  const daysLeft = Math.round(((tls?.chain[0]?.notAfterAt ?? 0) - Date.now()) / 86_400_000)
  expect(daysLeft).toBe({ 'sts-expiring.test': 3, 'sts-expired.test': -10 }[domain] ?? 80)
})

it('a policy host where nobody listens is not connected to', async () => {
  const { policyHost } = await lookAt('sts-unreachable.test', {
    exchanges: [],
    policyHost: 'mta-sts.sts-unreachable.test',
  })
  expect(handshakeOf(policyHost)).toMatchObject({ kind: 'not_connected', fault: 'connect_refused' })
})

it('both exchanges of exemplary.test are as they should be', async () => {
  const { hosts } = await lookAt('exemplary.test')
  const verdicts = hosts.map((host) => host.kind === 'inspected' && host.addresses.map(({ result }) => told(result)))
  expect(verdicts).toEqual([['220 accepted secured accepted'], ['220 accepted secured accepted']])
})

it.each<[string, string]>([
  ['strict.test', '220 accepted not_offered'],
  ['implicit.test', '220 accepted not_offered'],
  ['helo-only.test', '220 502'],
  ['blocked-greeting.test', '554'],
  ['busy-421.test', '421'],
  ['greet-pause.test', '220 accepted not_offered'],
  ['smtp-not-now.test', '450'],
  ['tls-broken.test', '220 accepted handshake_failed:tls_error'],
  ['garbage.test', '220 protocol_error'],
  ['endless.test', '220 protocol_error'],
  ['closed-port.test', 'connect_refused'],
  ['private.test', 'not_reachable_address'],
  ['loopback.test', 'not_reachable_address'],
  ['ipv6-only.test', 'no_ipv6'],
])('%s: %s', async (domain, expected) => {
  expect(resultsIn(await lookAt(domain)).map(told)).toEqual([expected])
})

it('dead.test is silent for as long as it was given', async () => {
  const [result] = resultsIn(await lookAt('dead.test', { budgetMs: 600 }))
  expect(result).toMatchObject({ greeting: { kind: 'timed_out' } })
})

it.each(['dangling.test', 'ip-exchange.test'])('%s leads nowhere', async (domain) => {
  expect((await lookAt(domain)).hosts).toMatchObject([{ kind: 'unmeasured', why: 'name_not_resolved' }])
})

it('where a domain does not point, nobody is sent', async () => {
  const reported = await lookAt('strict.test', { exchanges: [{ exchange: 'mx.starttls.test' }] })
  expect(reported.hosts).toMatchObject([{ kind: 'unmeasured', why: 'route_differs' }])
  expect(world.sessions()).toEqual([])
})

it('a server that is not of this house is understood too', async () => {
  const server = new SMTPServer({ authOptional: true, name: EXCHANGE, logger: false, ...RSA })
  server.listen(0, '127.28.0.60')
  await once(server.server, 'listening')
  const address = server.server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const [result] = resultsIn(await report(portsFor({ smtpPort: port, names: { [EXCHANGE]: ['127.28.0.60'] } })))
  expect(told(result)).toBe('220 accepted secured accepted')
  expect(result).toMatchObject({
    greeting: { name: EXCHANGE },
    startTls: { tls: { chain: [{ key: { type: 'rsa', bits: 2_048 } }], pkix: { verdict: 'valid' } } },
  })
  await new Promise<void>((done) => {
    server.close(done)
  })
})
