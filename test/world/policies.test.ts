// Policies of MTA-STS as a Worker's platform fetches them, and as their hosts serve them to whoever trusts the world's authority.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lookUp } from './stub-resolver.ts'
import { startWorld, type World } from './world.ts'

const PATH = '/.well-known/mta-sts.txt'
let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const through = (domain: string, init: RequestInit = {}) =>
  fetch(`${world.policyUrl}mta-sts.${domain}${PATH}`, { redirect: 'manual', ...init })

describe('through the platform', () => {
  test('a policy is lines of plain text', async () => {
    const response = await through('Exemplary.test')
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain'])
    expect(await response.text()).toBe(
      'version: STSv1\r\nmode: enforce\r\nmx: *.exemplary.test\r\nmax_age: 1209600\r\n',
    )
  })

  test.each([
    ['sts-missing.test', 404],
    ['sts-redirect.test', 301],
    ['sts-expiring.test', 200],
    // What the platform tells of a certificate that is not valid, and of a name that leads nowhere.
    ['sts-expired.test', 526],
    ['sts-other-name.test', 526],
    ['strict.test', 530],
  ])('%s: %i', async (domain, status) => {
    const response = await through(domain)
    expect(response.status).toBe(status)
    expect(response.headers.get('location')).toBe(status === 301 ? 'https://exemplary.test/policy.txt' : null)
  })

  test('one is HTML, one is too long, one begins and does not end, one is not to be had', async () => {
    expect((await through('sts-html.test')).headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect((await (await through('sts-large.test')).text()).length).toBeGreaterThan(70 * 1_024)
    const begun = await through('sts-endless.test', { signal: AbortSignal.timeout(200) })
    expect(begun.status).toBe(200)
    await expect(begun.text()).rejects.toThrow(/timeout|abort/iu)
    await expect(through('sts-unreachable.test')).rejects.toThrow()
  })

  test('other paths are nobody’s', async () => {
    for (const path of ['', 'mta-sts.exemplary.test', 'mta-sts.exemplary.test/', 'mta-sts.exemplary.test/policy.txt']) {
      expect((await fetch(`${world.policyUrl}${path}`)).status, path).toBe(404)
    }
  })
})

/** Status, or the code of the error, of the host itself. */
async function from(domain: string, ca: string | undefined = world.root): Promise<string | number | undefined> {
  const servername = `mta-sts.${domain}`
  const [record] = (await lookUp(world, servername, 'A')).answers
  const host = String(record?.data)
  const asked = request({ host, port: world.httpsPort, path: PATH, servername, agent: false, ...(ca && { ca }) })
  asked.end()
  const [answer] = (await once(asked, 'response').catch((error: unknown) => [error])) as [
    IncomingMessage | NodeJS.ErrnoException,
  ]
  asked.destroy()
  return 'statusCode' in answer ? answer.statusCode : (answer as NodeJS.ErrnoException).code
}

describe('by the host itself', () => {
  test.each([
    ['exemplary.test', 200],
    ['sts-missing.test', 404],
    ['sts-expiring.test', 200],
    ['sts-expired.test', 'CERT_HAS_EXPIRED'],
    ['sts-other-name.test', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['sts-unreachable.test', 'ECONNREFUSED'],
  ])('%s: %s', async (domain, expected) => {
    expect(await from(domain)).toBe(expected)
  })

  test('nobody trusts the world who was not told to', async () => {
    expect(await from('exemplary.test', '')).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  })

  test('hosts without a policy have no address', async () => {
    expect((await lookUp(world, 'mta-sts.strict.test', 'A')).rcode).toBe('NXDOMAIN')
  })
})
