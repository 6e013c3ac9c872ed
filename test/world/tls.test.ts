// What exchanges present after STARTTLS: certificates for their own names by the world's authority, and all that can be the matter.
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dial } from './scripted-client.ts'
import { lookUp } from './stub-resolver.ts'
import { startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

/** The version that was agreed on and what a client that trusts the world says of the certificate, or the error's code. */
async function handshake(servername: string): Promise<string> {
  const [record] = (await lookUp(world, servername, 'A')).answers
  const socket = connect({ host: String(record?.data), port: world.smtpPort, localAddress: '127.24.0.1' })
  for (const said of ['EHLO a1.probe.test\r\n', 'STARTTLS\r\n']) {
    await once(socket, 'data')
    socket.write(said)
  }
  await once(socket, 'data')
  const tls = connectTls({
    socket,
    servername,
    ca: world.root,
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  const failure = await once(tls, 'secureConnect').then(
    () => null,
    (error: NodeJS.ErrnoException) => error.code ?? 'closed',
  )
  const { authorizationError } = tls as unknown as { authorizationError?: string }
  const said = failure ?? `${tls.getProtocol()} ${authorizationError ?? 'authorized'}`
  tls.destroy()
  return said
}

test.each([
  ['mx.tls-trusted.test', 'TLSv1.3 authorized'],
  ['mx2.exemplary.test', 'TLSv1.3 authorized'],
  ['mx.tls-expired.test', 'TLSv1.3 CERT_HAS_EXPIRED'],
  ['mx.tls-expiring.test', 'TLSv1.3 authorized'],
  ['mx.tls-self-signed.test', 'TLSv1.3 DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['mx.tls-other-name.test', 'TLSv1.3 ERR_TLS_CERT_ALTNAME_INVALID'],
  ['mx.starttls.test', 'TLSv1.3 DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['mx.tls-old.test', 'TLSv1.1 authorized'],
  ['mx.tls-broken.test', expect.stringMatching(/^ERR_SSL_.*ALERT_HANDSHAKE_FAILURE$/u)],
])('%s: %s', async (host, expected) => {
  expect(await handshake(host)).toEqual(expected)
})

test('an authority lasts as long as its world', async () => {
  const other = await startWorld()
  expect(new X509Certificate(other.root).fingerprint256).not.toBe(new X509Certificate(world.root).fingerprint256)
  expect(new X509Certificate(world.root).ca).toBe(true)
  await other.close()
})

test.each([
  ['mx.smtp-not-now.test', /^450 4\.3\.2 /],
  ['mx.smtp-other-name.test', /^220 mail\.elsewhere\.test ESMTP$/],
])('%s greets with %s', async (host, greeting) => {
  const client = await dial(world, host)
  expect(await client.reply()).toMatch(greeting)
  await client.hangUp()
})

test('the name of an address may be missing, or lead elsewhere', async () => {
  const nameOf = async (host: string) => {
    const [record] = (await lookUp(world, host, 'A')).answers
    const reverse = `${String(record?.data).split('.').toReversed().join('.')}.in-addr.arpa`
    const { rcode, answers } = await lookUp(world, reverse, 'PTR')
    return answers[0]?.data ?? rcode
  }
  expect(await nameOf('mx.tls-trusted.test')).toBe('mx.tls-trusted.test')
  expect(await nameOf('mx.other-reverse.test')).toBe('gone.other-reverse.test')
  expect(await nameOf('mx.no-reverse.test')).toBe('NXDOMAIN')
})
