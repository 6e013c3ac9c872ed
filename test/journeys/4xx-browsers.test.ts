// Browsers: pages of other sites with a pk_ key for their origin, and our own pages with a token and no key.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROBLEMS } from '@postern/shared/contract/problem.ts'
import type { Verification } from '@postern/shared/contract/verification.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSecrets, type SecretsConfig } from '../../edge/src/accounts/secrets.ts'
import { makePageToken } from '../../edge/src/http/page-token.ts'
import { call, type Called, openAccount } from './accounts.ts'
import { changedAt } from './contract.ts'
import { type Stack, startStack } from './stack.ts'

/** A folder of its own, since the clock cannot be moved: old tokens are signed here, with the secret of this run. */
const state = mkdtempSync(join(tmpdir(), 'postern-test-'))
let stack: Stack
let pk: string
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1', '--state', state])
  const { id } = await openAccount(stack, { units: 1_000, tier: 'high' })
  const origins = ['https://shop.example', 'https://*.shop.example', 'http://localhost:*']
  const body = { account: id, kind: 'pk_live', origins }
  pk = (await call<{ key: string }>(stack, stack.keys.ak, { path: '/v1/keys', body })).body.key
})
afterAll(async () => {
  await stack.stop()
  rmSync(state, { recursive: true, force: true })
})

const SHOP = 'https://shop.example'
const EMAIL = { email: 'jane@null-mx.test' }

function preflight(path: string, origin: string): Promise<Response> {
  const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }
  return stack.request(path, { method: 'OPTIONS', headers })
}

function fromPage(origin: string, more: { key?: string; body?: object; headers?: Record<string, string> } = {}) {
  const headers = { origin, 'sec-fetch-site': 'cross-site', ...more.headers }
  return call<Verification>(stack, more.key ?? pk, { path: '/v1/verifications', body: more.body ?? EMAIL, headers })
}

describe('pages of other sites', () => {
  it.each(['/v1/verifications', '/v1/verify'])('ask first whether they may call %s, and are answered', async (path) => {
    const answer = await preflight(path, SHOP)
    expect(answer.status).toBe(204)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': SHOP,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, idempotency-key, x-request-id',
      'access-control-max-age': '7200',
      vary: 'origin',
    })
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/)
  })

  it.each([
    '/v1/verifications/ver_x',
    '/v1/usage',
    '/v1/keys',
    '/v1/keys/key_x',
    '/v1/keys/key_x/rotate',
    '/v1/erasures',
    '/v1/accounts',
    '/v1/accounts/acc_x',
    '/v1/credits',
    '/page-token',
    '/healthz',
  ])('are not let near %s', async (path) => {
    const answer = await preflight(path, SHOP)
    expect(answer.status).toBe(405)
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
  })

  it.each([
    ['the origin that the key names', SHOP, 200],
    ['a name below one with a star', 'https://eu.shop.example', 200],
    ['two names below it', 'https://a.b.shop.example', 200],
    ['any port of a desk', 'http://localhost:5173', 200],
    ['another site', 'https://foreign.example', 403],
    ['a site that begins alike', 'https://shop.example.foreign.example', 403],
    ['a site that ends alike', 'https://notshop.example', 403],
    ['the origin without TLS', 'http://shop.example', 403],
    ['another port of it', 'https://shop.example:8443', 403],
    ['a file or a sandboxed frame', 'null', 403],
    ['an origin in capitals', 'https://SHOP.example', 403],
  ])('from %s: %s %i', async (_what, origin, status) => {
    const { headers, body, ...answer } = await fromPage(origin)
    expect(answer.status).toBe(status)
    expect(headers.get('vary')).toBe('origin')
    expect(headers.get('access-control-allow-origin')).toBe(status === 200 ? origin : null)
    const wrong = { type: '/problems/wrong-origin', ...PROBLEMS['wrong-origin'] }
    expect(body).toMatchObject(status === 200 ? { mode: 'fast', reason: 'null_mx' } : wrong)
  })

  it.each([
    ['a field that is wrong', { body: {} }, 422],
    ['full mode', { body: { ...EMAIL, mode: 'full' } }, 403],
    ['a wrong idempotency key', { headers: { 'idempotency-key': ' x'.repeat(200) } }, 422],
  ])('can read what is wrong with %s', async (_what, more, status) => {
    const answer = await fromPage(SHOP, more)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('access-control-allow-origin')).toBe(SHOP)
    expect(answer.headers.get('access-control-expose-headers')).toContain('Retry-After, X-Request-Id')
  })

  it('can read an answer by GET too', async () => {
    const answer = await call(stack, pk, { path: `/v1/verify?email=${EMAIL.email}`, headers: { origin: SHOP } })
    expect(answer).toMatchObject({ status: 200, body: { mode: 'fast' } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(SHOP)
  })

  it('never read an answer to an sk_ key, which has no business there', async () => {
    const answer = await fromPage(SHOP, { key: stack.keys.sk_live })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})

function tokenFor(site: string | null): Promise<Response> {
  return stack.request('/page-token', { headers: site === null ? {} : { 'sec-fetch-site': site } })
}

async function pageToken(): Promise<string> {
  return ((await (await tokenFor('same-origin')).json()) as { token: string }).token
}

/** As a visitor of our pages, from an address. */
function visit(token: string, ip: string, mode: 'fast' | 'full' = 'fast'): Promise<Called<Verification>> {
  const headers = { 'cf-connecting-ip': ip }
  return call<Verification>(stack, token, { path: '/v1/verifications', body: { ...EMAIL, mode }, headers })
}

describe('our own pages', () => {
  it.each([['cross-site'], ['same-site'], ['none'], [null]])('get no token when the request is %s', async (site) => {
    const answer = await tokenFor(site)
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({
      type: '/problems/forbidden',
      detail: expect.stringMatching(/use a key/),
    })
  })

  it('get a token that is good for ten minutes', async () => {
    const { token, expires_at: end } = (await (await tokenFor('same-origin')).json()) as Record<string, string>
    expect(token).toMatch(/^pt_/)
    expect(Date.parse(end!) - Date.now()).toBeGreaterThan(590_000)
    expect(Date.parse(end!) - Date.now()).toBeLessThanOrEqual(600_000)
  })

  it.each([
    ['fast', 20, '192.0.2.1'],
    ['full', 3, '192.0.2.1'],
  ] as const)('ask in %s mode %i times an hour from one address, and pay nothing', async (mode, most, ip) => {
    const token = await pageToken()
    const policy = `"page_${mode}";q=${most};w=3600`
    for (let left = most - 1; left >= 0; left -= 1) {
      const { status, body, headers } = await visit(token, ip, mode)
      expect({ status, mode: body.mode, cost: body.cost.why }).toEqual({ status: 200, mode, cost: 'page' })
      expect(headers.get('ratelimit-policy')).toBe(policy)
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"page_${mode}";r=${left};t=3\\d{3}$`))
    }
    const refused = await visit(token, ip, mode)
    expect(refused).toMatchObject({ status: 429, body: { type: '/problems/rate-limited' } })
    expect(refused.headers.get('ratelimit-policy')).toBe(policy)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_000)
    expect(await visit(await pageToken(), ip, mode)).toMatchObject({ status: 429 })
  })

  it.each([
    ['another address', 2, '198.51.100.1', '198.51.100.2'],
    ['the same address', 1, '198.51.100.3', '198.51.100.3'],
    ['another address of the same IPv6 subscriber', 1, '2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
    ['the same IPv6 address, written otherwise', 1, '2001:db8:0:5::1', '2001:0DB8:0000:0005:0::1'],
    ['another IPv6 subscriber', 2, '2001:db8:1:3::1', '2001:db8:1:4::1'],
  ])('after one visitor, %s has %i left of 3', async (...[, left, first, second]) => {
    const token = await pageToken()
    await visit(token, first, 'full')
    const { headers } = await visit(token, second, 'full')
    expect(headers.get('ratelimit')).toMatch(new RegExp(`^"page_full";r=${left};`))
  })

  it.each([
    ['of nine minutes ago', 200, 9 * 60_000],
    ['of ten minutes ago', 401, 10 * 60_000],
    ['of a day ago', 401, 86_400_000],
    ['of half a minute from now', 200, -30_000],
    ['of ten minutes from now', 401, -10 * 60_000],
  ])('with a token %s: %i', async (_what, status, ago) => {
    const { edge } = JSON.parse(readFileSync(join(state, 'secrets.json'), 'utf8')) as { edge: SecretsConfig }
    const token = await makePageToken(openSecrets(edge), Date.now() - ago)
    expect(await visit(token, '203.0.113.1')).toMatchObject({ status })
  })

  it('with any character of the token changed: 401, and the same words as for a wrong key', async () => {
    const token = await pageToken()
    const digits = (at: number): string => `${token.slice(0, at)}${(Number(token[at]) + 1) % 10}${token.slice(at + 1)}`
    const changed = Array.from(token, (one, at) => (/\d/.test(one) && at < 18 ? digits(at) : changedAt(token, at)))
    const forged = await makePageToken(openSecrets({ current: '1', keys: { '1': 'cd'.repeat(32) } }), Date.now())
    const answers = await Promise.all([...changed, forged, `${token}a`].map((text) => visit(text, '203.0.113.2')))
    const wrongKey = await visit('sk_live_wrong', '203.0.113.2')
    expect(wrongKey).toMatchObject({ status: 401 })
    expect(new Set(answers.map(({ body }) => JSON.stringify(body)))).toEqual(new Set([JSON.stringify(wrongKey.body)]))
  })

  it('are answered in fast mode unless they say otherwise', async () => {
    const headers = { 'cf-connecting-ip': '203.0.113.3' }
    const answer = await call<Verification>(stack, await pageToken(), {
      path: '/v1/verifications',
      body: EMAIL,
      headers,
    })
    expect(answer.body).toMatchObject({ mode: 'fast', cost: { units: 0, charged: false, why: 'page' } })
  })

  it('are not spoken for elsewhere: a page of another site reads no answer to a token', async () => {
    const answer = await fromPage('https://foreign.example', { key: await pageToken() })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})
