// The contract as two tables: who is let in at every route, and what is said in every circumstance in which nobody is.
import { PROBLEMS, problem } from '@postern/shared/contract/problem.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changedAt, type Kind, readTable } from './contract.ts'
import { ask, type Cast, EXAMPLES, openCast, PLAYS, REQUEST_ID, type Route, whoIs } from './contract-requests.ts'
import { type Stack, startStack } from './stack.ts'

/** `page`: a page token. */
const LET_IN = readTable(`
route                        | sk_live | sk_test | pk_live | pk_test | ak_live | ak_test | page
GET    /v1/verifications     | 200     | 200     | 403     | 403     | 403     | 403     | 403
POST   /v1/verifications     | 200     | 200     | 200     | 200     | 403     | 403     | 200
GET    /v1/verifications/:id | 200     | 200     | 403     | 403     | 403     | 403     | 403
GET    /v1/verify            | 200     | 200     | 200     | 200     | 403     | 403     | 200
GET    /v1/usage             | 200     | 403     | 403     | 403     | 200     | 200     | 403
GET    /v1/keys              | 200     | 403     | 403     | 403     | 200     | 200     | 403
POST   /v1/keys              | 201     | 403     | 403     | 403     | 201     | 403     | 403
GET    /v1/keys/:id          | 200     | 403     | 403     | 403     | 200     | 200     | 403
DELETE /v1/keys/:id          | 200     | 403     | 403     | 403     | 200     | 403     | 403
POST   /v1/keys/:id/rotate   | 201     | 403     | 403     | 403     | 201     | 403     | 403
GET    /v1/webhooks          | 200     | 200     | 403     | 403     | 403     | 403     | 403
POST   /v1/webhooks          | 201     | 201     | 403     | 403     | 403     | 403     | 403
GET    /v1/webhooks/:id      | 200     | 200     | 403     | 403     | 403     | 403     | 403
PATCH  /v1/webhooks/:id      | 200     | 200     | 403     | 403     | 403     | 403     | 403
DELETE /v1/webhooks/:id      | 200     | 200     | 403     | 403     | 403     | 403     | 403
POST   /v1/webhooks/:id/rotate     | 201 | 201   | 403     | 403     | 403     | 403     | 403
GET    /v1/webhooks/:id/deliveries | 200 | 200   | 403     | 403     | 403     | 403     | 403
POST   /v1/deliveries/:id/replay   | 202 | 404   | 403     | 403     | 403     | 403     | 403
GET    /v1/verifications/:id/events | 200 events | 200 events | 403 | 403 | 403   | 403     | 403
GET    /v1/batches           | 200     | 200     | 403     | 403     | 403     | 403     | 403
POST   /v1/batches           | 202     | 202     | 403     | 403     | 403     | 403     | 403
GET    /v1/batches/:id       | 200     | 200     | 403     | 403     | 403     | 403     | 403
DELETE /v1/batches/:id       | 200     | 200     | 403     | 403     | 403     | 403     | 403
POST   /v1/batches/:id/start    | 202  | 202     | 403     | 403     | 403     | 403     | 403
POST   /v1/batches/:id/cancel   | 202  | 202     | 403     | 403     | 403     | 403     | 403
GET    /v1/batches/:id/results  | 200  | 200     | 403     | 403     | 403     | 403     | 403
GET    /v1/batches/:id/events   | 200 events | 200 events | 403 | 403 | 403       | 403     | 403
GET    /v1/domains/:domain   | 200     | 200     | 403     | 403     | 403     | 403     | 200
GET    /v1/domains/:domain/history | 200 | 200   | 403     | 403     | 403     | 403     | 200
GET    /v1/domains/:domain/history/:id | 200 | 404 report | 403     | 403     | 403     | 403     | 200
POST   /v1/tlsrpt            | 200     | 200     | 403     | 403     | 403     | 403     | 403
POST   /v1/erasures          | 200     | 403     | 403     | 403     | 200     | 403     | 403
POST   /v1/feedback          | 200     | 403     | 403     | 403     | 200     | 403     | 403
GET    /v1/accounts          | 403     | 403     | 403     | 403     | 200     | 200     | 403
POST   /v1/accounts          | 403     | 403     | 403     | 403     | 201     | 403     | 403
GET    /v1/accounts/:id      | 403     | 403     | 403     | 403     | 200     | 200     | 403
PATCH  /v1/accounts/:id      | 403     | 403     | 403     | 403     | 200     | 403     | 403
GET    /v1/credits           | 200     | 403     | 403     | 403     | 200     | 200     | 403
POST   /v1/credits           | 403     | 403     | 403     | 403     | 201     | 403     | 403
GET    /domains              | 200 page| 200 page| 200 page| 200 page| 200 page| 200 page| 200 page
GET    /domains/:domain      | 200 page| 200 page| 200 page| 200 page| 200 page| 200 page| 200 page
GET    /page-token           | 200     | 200     | 200     | 200     | 200     | 200     | 200
GET    /healthz              | 200     | 200     | 200     | 200     | 200     | 200     | 200
GET    /v1/rules             | 200     | 200     | 200     | 200     | 200     | 200     | 200
GET    /openapi.json         | 200     | 200     | 200     | 200     | 200     | 200     | 200
`)

/**
 * Key: absent, wrong, revoked, ended. Origin: a page of a site that no key was made for. Minute: the key asked too often in it,
 * and by which limit. Credits: none are left. Body: of another type, too large, with a field that is not ours. Query: with a
 * parameter that is not ours. At last the methods that are allowed; others are answered 405. A dash: nothing is said here.
 */
const REFUSED = readTable(`
route                        | no key | wrong | revoked | ended | origin           | minute    | credits | type | size | field | query | allow
GET    /v1/verifications     | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, POST, HEAD, OPTIONS
POST   /v1/verifications     | 401    | 401   | 401     | 401   | 403 wrong-origin | 429 full  | 402     | 415  | 413  | 422   | 422   | GET, POST, HEAD, OPTIONS
GET    /v1/verifications/:id | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, HEAD
GET    /v1/verify            | 401    | 401   | 401     | 401   | 403 wrong-origin | 429 full  | 402     | -    | -    | -     | 422   | GET, HEAD, OPTIONS
GET    /v1/usage             | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, HEAD
GET    /v1/keys              | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, POST, HEAD
POST   /v1/keys              | 401    | 401   | 401     | 401   | 201              | 429 calls | 201     | 415  | 413  | 422   | 422   | GET, POST, HEAD
GET    /v1/keys/:id          | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, DELETE, HEAD
DELETE /v1/keys/:id          | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, DELETE, HEAD
POST   /v1/keys/:id/rotate   | 401    | 401   | 401     | 401   | 201              | 429 calls | 201     | 415  | 413  | 422   | 422   | POST
GET    /v1/webhooks          | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, POST, HEAD
POST   /v1/webhooks          | 401    | 401   | 401     | 401   | 201              | -         | 201     | 415  | 413  | 422   | 422   | GET, POST, HEAD
GET    /v1/webhooks/:id      | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, PATCH, DELETE, HEAD
PATCH  /v1/webhooks/:id      | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | 415  | 413  | 422   | 422   | GET, PATCH, DELETE, HEAD
DELETE /v1/webhooks/:id      | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, PATCH, DELETE, HEAD
POST   /v1/webhooks/:id/rotate     | 401 | 401 | 401    | 401   | 201              | 429 calls | 201     | 415  | 413  | 422   | 422   | POST
GET    /v1/webhooks/:id/deliveries | 401 | 401 | 401    | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, HEAD
POST   /v1/deliveries/:id/replay   | 401 | 401 | 401    | 401   | 202              | -         | 202     | 415  | 413  | 422   | 422   | POST
GET    /v1/verifications/:id/events | 401 | 401 | 401   | 401   | 200 events       | 429 calls | 200 events | - | -   | -     | 422   | GET, HEAD
GET    /v1/batches           | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, POST, HEAD
POST   /v1/batches           | 401    | 401   | 401     | 401   | 202              | 429 calls | 402     | 415  | -    | 422   | 422   | GET, POST, HEAD
GET    /v1/batches/:id       | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, DELETE, HEAD
DELETE /v1/batches/:id       | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, DELETE, HEAD
POST   /v1/batches/:id/start    | 401 | 401   | 401     | 401   | 202              | 429 calls | 202     | 415  | 413  | 422   | 422   | POST
POST   /v1/batches/:id/cancel   | 401 | 401   | 401     | 401   | 202              | 429 calls | 202     | 415  | 413  | 422   | 422   | POST
GET    /v1/batches/:id/results  | 401 | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, HEAD
GET    /v1/batches/:id/events   | 401 | 401   | 401     | 401   | 200 events       | 429 calls | 200 events | - | -   | -     | 422   | GET, HEAD
GET    /v1/domains/:domain   | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, HEAD
GET    /v1/domains/:domain/history | 401 | 401 | 401    | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, HEAD
GET    /v1/domains/:domain/history/:id | 401 | 401 | 401 | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, HEAD
POST   /v1/tlsrpt            | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | 415  | 413  | -     | 422   | POST
POST   /v1/erasures          | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | 415  | 413  | 422   | 422   | POST
POST   /v1/feedback          | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | 415  | 413  | 422   | 422   | POST
GET    /v1/accounts          | 401    | 401   | 401     | 401   | 200              | -         | -       | -    | -    | -     | 422   | GET, POST, HEAD
POST   /v1/accounts          | 401    | 401   | 401     | 401   | 201              | -         | -       | 415  | 413  | 422   | 422   | GET, POST, HEAD
GET    /v1/accounts/:id      | 401    | 401   | 401     | 401   | 200              | -         | -       | -    | -    | -     | 422   | GET, PATCH, HEAD
PATCH  /v1/accounts/:id      | 401    | 401   | 401     | 401   | 200              | -         | -       | 415  | 413  | 422   | 422   | GET, PATCH, HEAD
GET    /v1/credits           | 401    | 401   | 401     | 401   | 200              | 429 calls | 200     | -    | -    | -     | 422   | GET, POST, HEAD
POST   /v1/credits           | 401    | 401   | 401     | 401   | 201              | -         | -       | 415  | 413  | 422   | 422   | GET, POST, HEAD
GET    /domains              | 200 page | 200 page | 200 page| 200 page | 200 page         | -         | -       | -    | -    | -     | -     | GET, HEAD
GET    /domains/:domain      | 200 page | 200 page | 200 page| 200 page | 200 page         | -         | -       | -    | -    | -     | -     | GET, HEAD
GET    /page-token           | 200    | 200   | 200     | 200   | 403              | -         | -       | -    | -    | -     | 422   | GET, HEAD
GET    /healthz              | 200    | 200   | 200     | 200   | 200              | -         | -       | -    | -    | -     | 422   | GET, HEAD
GET    /v1/rules             | 200    | 200   | 200     | 200   | 200              | -         | -       | -    | -    | -     | 422   | GET, HEAD
GET    /openapi.json         | 200    | 200   | 200     | 200   | 200              | -         | -       | -    | -    | -     | -     | GET, HEAD
`)

let stack: Stack
let cast: Cast
/** The one answer to all wrong keys, but for what is the request's own. */
let unauthenticated: string
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1'])
  cast = await openCast(stack)
  unauthenticated = await wholeOf(await stack.request('/v1/usage'))
})
afterAll(() => stack.stop())

async function wholeOf(response: Response): Promise<string> {
  const headers = [...response.headers].filter(([name]) => !/^(x-request-id|server-timing|date)$/.test(name))
  return [response.status, ...headers.map((pair) => pair.join(': ')), await response.text()].join('\n')
}

const ROUTES: readonly Route[] = REFUSED.map(({ name, cells }) => {
  const letIn = Object.entries(LET_IN.find((row) => row.name === name)?.cells ?? {})
  const kinds = letIn.filter(([, cell]) => cell.startsWith('20')).map(([kind]) => kind as Kind)
  return { name, kinds, allow: cells['allow'] ?? '' }
})

function routeNamed(name: string): Route {
  return ROUTES.find((route) => route.name === name)!
}

/** What each status is called here, and what its detail tells a person. */
const SAYS: Readonly<Record<string, readonly [type: keyof typeof PROBLEMS, detail: RegExp]>> = {
  '401': ['unauthenticated', /Authorization: Bearer <key>/],
  '402': ['insufficient-credits', /buy credits/],
  '403': ['forbidden', /\bkey\b/],
  '403 wrong-origin': ['wrong-origin', /"origins"/],
  '404': ['not-found', /no delivery of that id/],
  '404 report': ['not-found', /No report of that id/],
  '405': ['method-not-allowed', /^Use [A-Z]+/],
  '413': ['body-too-large', /128 KiB/],
  '415': ['unsupported-media-type', /application\/json/],
  '422': ['invalid-field', /surprise/],
  '429 full': ['rate-limited', /At most 60 requests in 60 s.* come back in \d+ s/],
  '429 calls': ['rate-limited', /At most 60 requests in 60 s.* come back in \d+ s/],
}

async function meets(response: Response, cell: string): Promise<void> {
  expect(response.status).toBe(Number(cell.slice(0, 3)))
  expect(response.headers.get('x-request-id')).toBe(REQUEST_ID)
  expect(response.headers.get('server-timing')).toMatch(/^total;dur=\d+$/)
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
  const type = response.headers.get('content-type')
  if (cell.endsWith('events')) return expect(type).toMatch(/^text\/event-stream/)
  if (cell.endsWith('page')) return expect(type).toMatch(/^text\/html/)
  if (cell.startsWith('20')) return expect(type).toMatch(/^application\/json/)
  expect(type).toBe('application/problem+json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const [name, detail] = SAYS[cell]!
  const body = problem.parse(await response.clone().json())
  expect(body).toMatchObject({ type: `/problems/${name}`, ...PROBLEMS[name] })
  expect(body.detail).toMatch(/^[\x20-\x7e]{10,}$/)
  expect(body.detail).toMatch(detail)
  if (name === 'invalid-field')
    expect(body.errors?.map(({ pointer }) => pointer)).toEqual([expect.stringMatching(/^[/?]surprise$/)])
}

/** `r` is a pattern: how many requests are left. */
function tellsQuota({ headers }: Response, policy: string, r: string): void {
  expect(headers.get('ratelimit-policy')).toMatch(new RegExp(`^"${policy}";q=\\d+;w=(60|3600)$`))
  expect(headers.get('ratelimit')).toMatch(new RegExp(`^"${policy}";r=${r};t=\\d+$`))
}

/** The fields that some statuses have besides. */
async function completes(response: Response, cell: string, { allow }: Route): Promise<void> {
  const [status, policy = ''] = cell.split(' ')
  if (status === '401') expect(await wholeOf(response)).toBe(unauthenticated)
  if (status === '405') expect(response.headers.get('allow')).toBe(allow)
  if (status !== '429') return
  tellsQuota(response, policy, '0')
  expect(response.headers.get('ratelimit')).toMatch(new RegExp(`;t=${response.headers.get('retry-after')}$`))
}

describe('who is let in', () => {
  const cells = LET_IN.flatMap(({ name, cells }) => Object.entries(cells).map(([kind, cell]) => ({ name, kind, cell })))
  it.each(cells)('$name answers $kind with $cell', async ({ name, kind, cell }) => {
    const response = await ask(cast, { name, who: whoIs(cast, kind as Kind) })
    await meets(response, cell)
    const isCounted = REFUSED.find((row) => row.name === name)?.cells['minute'] === '429 calls'
    const policy = kind === 'page' ? 'page_report' : 'calls'
    if (cell !== '403') return isCounted ? tellsQuota(response, policy, String.raw`\d+`) : undefined
    const { detail } = problem.parse(await response.json())
    expect(routeNamed(name).kinds.filter((other) => detail.includes(`${other.slice(0, 2)}_`))).not.toEqual([])
  })
})

describe('who is refused, and how', () => {
  const cells = REFUSED.flatMap(({ name, cells }) =>
    Object.entries({ ...cells, allow: '405' })
      .filter(([, cell]) => cell !== '-')
      .map(([column, cell]) => ({ name, column, cell })),
  )
  it.each(cells)('$name, $column: $cell', async ({ name, column, cell }) => {
    const answers = await PLAYS[column]!(cast, routeNamed(name))
    expect(answers.length).toBeGreaterThan(0)
    for (const answer of answers) {
      await meets(answer, cell)
      await completes(answer, cell, routeNamed(name))
    }
  })

  it('401 says how to come in, and nothing else about the key', () => {
    expect(unauthenticated).toMatch(/^401\n/)
    expect(unauthenticated).toContain('www-authenticate: Bearer realm="postern"')
  })

  it.each(['sk_live', 'pk_live', 'ak_live'] as const)('every character of an %s key matters', async (kind) => {
    const name = routeNamed(kind === 'ak_live' ? 'GET /v1/accounts' : 'GET /v1/verify').name
    const { text, place } = whoIs(cast, kind)
    const answers = await Promise.all(
      Array.from(text!, (_, at) => ask(cast, { name, who: { kind, text: changedAt(text!, at), place } }).then(wholeOf)),
    )
    expect(new Set(answers)).toEqual(new Set([unauthenticated]))
  })
})

describe('the tables', () => {
  const names = REFUSED.map(({ name }) => name)

  it('have a row and an example each for the same routes', () => {
    expect(LET_IN.map(({ name }) => name)).toEqual(names)
    expect(Object.keys(EXAMPLES)).toEqual(names)
  })

  it('have every path that the service names to those who ask for another, and no more', async () => {
    const { detail } = problem.parse(await (await stack.request('/nothing-here')).json())
    expect(new Set(detail.match(/\/[\w/:.-]*\w/g))).toEqual(new Set(names.map((name) => name.split(' ')[1])))
  })

  it('have, at each path, a row for every method that it allows, and HEAD wherever GET is', () => {
    for (const { name, allow } of ROUTES) {
      const rows = names.filter((other) => other.split(' ')[1] === name.split(' ')[1]).map((one) => one.split(' ')[0])
      const preflighted = ['/v1/verifications', '/v1/verify'].includes(name.split(' ')[1] ?? '') ? ['OPTIONS'] : []
      const head = rows.includes('GET') ? ['HEAD'] : []
      expect(allow).toBe([...rows, ...head, ...preflighted].join(', '))
    }
  })

  it('have every operation of the description of the interface, which lists every status that they have', async () => {
    type Described = Record<string, Record<string, { responses: object }>>
    const { paths } = (await (await stack.request('/openapi.json')).json()) as { paths: Described }
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => {
        const name = `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`
        return { name, statuses: Object.keys(responses) }
      }),
    )
    const forPeople = REFUSED.filter(({ cells }) => cells['no key'] === '200 page').map(({ name }) => name)
    const all = [...described.map(({ name }) => name), ...forPeople, 'GET /openapi.json']
    expect(all.toSorted()).toEqual(names.toSorted())
    const missing = described.flatMap(({ name, statuses }) => {
      const row = {
        ...LET_IN.find((one) => one.name === name)?.cells,
        ...REFUSED.find((one) => one.name === name)?.cells,
      }
      const cells = Object.values({ ...row, allow: '' }).filter((cell) => /^\d/.test(cell))
      return cells.filter((cell) => !statuses.includes(cell.slice(0, 3))).map((cell) => `${name}: ${cell}`)
    })
    expect(missing).toEqual([])
  })
})
