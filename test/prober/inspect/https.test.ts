// The MTA-STS policy host: its certificate is read, and not an octet of HTTP is said.
import { inspectJob } from '@postern/shared/contract/inspection.ts'
import { afterAll, afterEach, expect, it } from 'vitest'
import { type Exchanges, startExchanges } from './exchange.ts'
import type { Identity } from './identities.ts'
import { handshakeOf, type Https, jobOf, portsFor, report, startHttps } from './lane.ts'

const ADDRESS = '127.28.0.30'
const HOST = 'mta-sts.inspect.test'
const job = () => jobOf({ exchanges: [], policyHost: HOST, budgetMs: 2_000 })
let https: Https | undefined
let garbage: Exchanges | undefined

afterEach(() => https?.close())
afterAll(() => garbage?.close())

async function lookAt(identity: Identity) {
  https = await startHttps(ADDRESS, identity)
  const ports = portsFor({ smtpPort: 1, httpsPort: https.port, names: { [HOST]: [ADDRESS] } })
  return (await report(ports, job())).policyHost
}

it.each<[Identity, string]>([
  ['valid', 'valid'],
  ['deep', 'valid'],
  ['self_signed', 'self_signed'],
  ['other', 'mismatch'],
  ['missing_intermediate', 'untrusted'],
])('%s: %s', async (identity, verdict) => {
  const handshake = handshakeOf(await lookAt(identity))
  const { pkix } = handshake?.kind === 'secured' ? handshake.tls : {}
  expect(pkix?.verdict).toBe(verdict)
  await expect.poll(() => https?.asked).toEqual([HOST])
  expect(https?.heard).toEqual([])
})

it('of an expired certificate that names somebody else, both are told, the worse first', async () => {
  expect(handshakeOf(await lookAt('expired'))).toMatchObject({
    tls: { pkix: { verdict: 'expired', faults: ['expired', 'mismatch'], matches: false } },
  })
})

it('what is no TLS fails the handshake; what does not listen refuses; what does not exist is unmeasured', async () => {
  garbage = await startExchanges([ADDRESS])
  garbage.behave((caller) => caller.say('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const at = (httpsPort: number, names: Record<string, string[]>) => portsFor({ smtpPort: 1, httpsPort, names })
  const plain = await report(at(garbage.port, { [HOST]: [ADDRESS] }), job())
  expect(handshakeOf(plain.policyHost)).toMatchObject({ kind: 'handshake_failed', how: 'tls_error' })
  const deaf = await report(at(1, { [HOST]: [ADDRESS] }), job())
  expect(handshakeOf(deaf.policyHost)).toMatchObject({ kind: 'not_connected', fault: 'connect_refused' })
  const unknown = await report(at(1, {}), job())
  expect(unknown.policyHost).toMatchObject({ kind: 'unmeasured', why: 'name_not_resolved', host: HOST })
})

it('is the domain’s own, or the job is none', () => {
  const other = { ...job(), policyHost: 'mta-sts.elsewhere.test' }
  expect(inspectJob.safeParse(other).success).toBe(false)
  expect(inspectJob.safeParse({ ...other, policyHost: null }).success).toBe(true)
})
