// A sound request for every route of the contract, and each of the ways in which a request can be refused, played against a stack.
import {
  endedKeys,
  type Former,
  type Kind,
  makeKey,
  OPERATORS,
  openPlace,
  type Place,
  revokedKeys,
  wrongAuthorizations,
} from './contract.ts'
import type { Stack } from './stack.ts'

/** Who asks: the text of a key or of a page token, or nobody. */
export interface Who {
  readonly kind: Kind | 'page' | null
  readonly text: string | null
  readonly place: Place
}

interface Example {
  readonly path: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

const EMAIL = 'second@null-mx.test'

const isOperator = ({ kind }: Who): boolean => kind === 'ak_live' || kind === 'ak_test'
/** Operators say whose; everybody else's key knows its account. */
const inQuery = (who: Who): string => (isOperator(who) ? `?account=${who.place.account}` : '')
const inBody = (who: Who): object => (isOperator(who) ? { account: who.place.account } : {})

const batchesOf = ({ kind, place }: Who) => place.batches[kind === 'sk_test' ? kind : 'sk_live']
const webhooksOf = ({ kind, place }: Who) => place.webhooks[kind === 'sk_test' ? kind : 'sk_live']

let visitors = 0
/** Pages are counted for each visitor. */
function visitor(): string {
  visitors += 1
  return `198.18.${Math.floor(visitors / 256)}.${visitors % 256}`
}

export const EXAMPLES: Readonly<Record<string, (who: Who) => Example>> = {
  'GET /v1/verifications': () => ({ path: '/v1/verifications?limit=5' }),
  'POST /v1/verifications': () => ({ path: '/v1/verifications', body: { email: EMAIL } }),
  'GET /v1/verifications/:id': ({ kind, place }) => ({
    path: `/v1/verifications/${kind === 'sk_test' ? place.practice : place.verification}`,
  }),
  'GET /v1/verify': ({ kind }) => ({
    path: `/v1/verify?email=${EMAIL}${kind?.startsWith('sk_') === true ? '&mode=full' : ''}`,
  }),
  'GET /v1/usage': (who) => ({ path: `/v1/usage${inQuery(who)}` }),
  'GET /v1/keys': (who) => ({ path: `/v1/keys${inQuery(who)}` }),
  'POST /v1/keys': (who) => ({ path: '/v1/keys', body: { kind: 'sk_test', ...inBody(who) } }),
  'GET /v1/keys/:id': (who) => ({ path: `/v1/keys/${who.place.spare}${inQuery(who)}` }),
  'DELETE /v1/keys/:id': (who) => ({ path: `/v1/keys/${who.place.doomed}${inQuery(who)}` }),
  'POST /v1/keys/:id/rotate': (who) => ({ path: `/v1/keys/${who.place.spare}/rotate${inQuery(who)}`, body: {} }),
  'GET /v1/webhooks': () => ({ path: '/v1/webhooks' }),
  'POST /v1/webhooks': () => ({ path: '/v1/webhooks', body: { url: 'https://mx.private.test/other' } }),
  'GET /v1/webhooks/:id': (who) => ({ path: `/v1/webhooks/${webhooksOf(who).kept}` }),
  'PATCH /v1/webhooks/:id': (who) => ({
    path: `/v1/webhooks/${webhooksOf(who).kept}`,
    body: { description: 'contract' },
  }),
  'DELETE /v1/webhooks/:id': (who) => ({ path: `/v1/webhooks/${webhooksOf(who).doomed}` }),
  'POST /v1/webhooks/:id/rotate': (who) => ({
    path: `/v1/webhooks/${webhooksOf(who).kept}/rotate`,
    body: { overlap_s: 0 },
  }),
  'GET /v1/webhooks/:id/deliveries': (who) => ({ path: `/v1/webhooks/${webhooksOf(who).kept}/deliveries` }),
  'POST /v1/deliveries/:id/replay': ({ place }) => ({ path: `/v1/deliveries/${place.delivery}/replay`, body: {} }),
  'GET /v1/verifications/:id/events': ({ kind, place }) => ({
    path: `/v1/verifications/${kind === 'sk_test' ? place.practice : place.verification}/events`,
  }),
  'GET /v1/batches': () => ({ path: '/v1/batches?limit=5' }),
  'POST /v1/batches': () => ({ path: '/v1/batches', body: { emails: [EMAIL] } }),
  'GET /v1/batches/:id': (who) => ({ path: `/v1/batches/${batchesOf(who).kept}` }),
  'DELETE /v1/batches/:id': (who) => ({ path: `/v1/batches/${batchesOf(who).doomed}` }),
  // Begun once: whoever repeats it by its key is answered alike when it has ended.
  'POST /v1/batches/:id/start': (who) => ({
    path: `/v1/batches/${batchesOf(who).ready}/start`,
    body: {},
    headers: { 'idempotency-key': 'begin' },
  }),
  'POST /v1/batches/:id/cancel': (who) => ({ path: `/v1/batches/${batchesOf(who).kept}/cancel`, body: {} }),
  'GET /v1/batches/:id/results': (who) => ({ path: `/v1/batches/${batchesOf(who).kept}/results` }),
  'GET /v1/batches/:id/events': (who) => ({ path: `/v1/batches/${batchesOf(who).kept}/events` }),
  'GET /v1/domains/:domain': () => ({ path: '/v1/domains/null-mx.test' }),
  'GET /v1/domains/:domain/history': () => ({ path: '/v1/domains/null-mx.test/history' }),
  'GET /v1/domains/:domain/history/:id': ({ place }) => ({
    path: `/v1/domains/null-mx.test/history/${place.report}`,
  }),
  'POST /v1/tlsrpt': () => ({ path: '/v1/tlsrpt', body: { policies: [] } }),
  'POST /v1/erasures': (who) => ({ path: '/v1/erasures', body: { email: 'nobody@null-mx.test', ...inBody(who) } }),
  'POST /v1/feedback': (who) => ({
    path: '/v1/feedback',
    body: { events: [{ email: 'nobody@null-mx.test', event: 'bounced' }], ...inBody(who) },
  }),
  'GET /v1/accounts': () => ({ path: '/v1/accounts?limit=5' }),
  'POST /v1/accounts': () => ({ path: '/v1/accounts', body: { name: 'another' } }),
  'GET /v1/accounts/:id': ({ place }) => ({ path: `/v1/accounts/${place.account}` }),
  'PATCH /v1/accounts/:id': ({ place }) => ({ path: `/v1/accounts/${place.account}`, body: { name: 'contract' } }),
  'GET /v1/credits': (who) => ({ path: `/v1/credits${inQuery(who)}` }),
  'POST /v1/credits': ({ place }) => ({ path: '/v1/credits', body: { account: place.account, units: 1 } }),
  'GET /domains': () => ({ path: '/domains' }),
  'GET /domains/:domain': ({ place }) => ({
    path: `/domains/null-mx.test?report=${place.report}`,
    headers: { 'cf-connecting-ip': visitor() },
  }),
  'GET /page-token': () => ({ path: '/page-token' }),
  'GET /healthz': () => ({ path: '/healthz' }),
  'GET /v1/rules': () => ({ path: '/v1/rules' }),
  'GET /openapi.json': () => ({ path: '/openapi.json' }),
}

interface Change {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Added to the body. */
  readonly fields?: object
  /** Sent instead of the body. */
  readonly raw?: Blob | ReadableStream
  /** `name=value`, added to the query. */
  readonly parameter?: string
  /** Null for none. */
  readonly type?: string | null
}

export const REQUEST_ID = 'contract-4711'

/** Everybody who asks, and everything they ask about. */
export interface Cast {
  readonly stack: Stack
  readonly rich: Place
  /** Spent its one unit. */
  readonly poor: Place
  /** Of tier `trial`. */
  readonly busy: Place
  readonly revoked: Former
  readonly ended: Former
  /** Keys of `rich`, of operators, and a page token. */
  readonly texts: Readonly<Record<Kind | 'page', string>>
}

export async function openCast(stack: Stack): Promise<Cast> {
  const [rich, poor, busy] = await Promise.all([
    openPlace(stack, { units: 100_000, tier: 'high' }),
    openPlace(stack, { units: 1, tier: 'high' }),
    openPlace(stack, { units: 1_000, tier: 'trial' }),
  ])
  const report = await stack.request('/v1/domains/null-mx.test', {
    headers: { authorization: `Bearer ${rich.keys.sk_live}` },
  })
  const { id } = (await report.json()) as { id: string }
  for (const place of [rich, poor, busy]) place.report = id
  const [revoked, ended, ak_test, token] = await Promise.all([
    revokedKeys(stack, rich.account),
    endedKeys(stack, rich.account),
    makeKey(stack, OPERATORS, 'ak_test'),
    stack.request('/page-token', { headers: { 'sec-fetch-site': 'same-origin' } }),
  ])
  const { token: page } = (await token.json()) as { token: string }
  const texts = { ...rich.keys, ak_live: stack.keys.ak, ak_test: ak_test.key, page }
  return { stack, rich, poor, busy, revoked, ended, texts }
}

/** A route, who may use it, and which methods its path allows. */
export interface Route {
  readonly name: string
  readonly kinds: readonly (Kind | 'page')[]
  readonly allow: string
}

/** Sends the route's example as this caller, with one thing changed. */
export async function ask(cast: Cast, asked: { name: string; who: Who }, change: Change = {}): Promise<Response> {
  const response = await send(cast, asked, change)
  // A key is replaced once: the next one to be replaced is its successor.
  if (response.status === 201 && asked.name === 'POST /v1/keys/:id/rotate')
    asked.who.place.spare = ((await response.clone().json()) as { id: string }).id
  return response
}

function send(cast: Cast, { name, who }: { name: string; who: Who }, change: Change): Promise<Response> {
  const example = EXAMPLES[name]!(who)
  const { method = name.split(' ')[0]!, parameter, type = 'application/json' } = change
  const query = parameter === undefined ? '' : `${example.path.includes('?') ? '&' : '?'}${parameter}`
  const authorization = who.text === null ? {} : { authorization: `Bearer ${who.text}` }
  const known = { 'x-request-id': REQUEST_ID, 'sec-fetch-site': 'same-origin', ...example.headers }
  const headers = { ...known, ...authorization, ...change.headers }
  if (method === 'GET' || example.body === undefined)
    return cast.stack.request(example.path + query, { method, headers })
  // A Blob carries no type of its own, so that an absent content type stays absent.
  const body = change.raw ?? new Blob([JSON.stringify({ ...example.body, ...change.fields })])
  const typed = type === null ? headers : { ...headers, 'content-type': type }
  return cast.stack.request(example.path + query, { method, headers: typed, body, duplex: 'half' })
}

export function whoIs({ rich, texts }: Cast, kind: Kind | 'page', place = rich): Who {
  const isOfPlace = kind !== 'page' && !kind.startsWith('ak_')
  return { kind, text: isOfPlace ? place.keys[kind as 'sk_live'] : texts[kind], place }
}

const nobody = ({ rich }: Cast): Who => ({ kind: null, text: null, place: rich })

/** The first who is let in asks wherever it is not the key that is wrong. */
const usual = (cast: Cast, { kinds }: Route, place = cast.rich): Who => whoIs(cast, kinds[0]!, place)

function formerly(cast: Cast, { name, kinds }: Route, keys: Former): Promise<Response[]> {
  const known = kinds.filter((kind): kind is keyof Former => Object.hasOwn(keys, kind))
  return Promise.all(known.map((kind) => ask(cast, { name, who: { kind, text: keys[kind], place: cast.rich } })))
}

/** More than 128 KiB of JSON. */
const large = (): Blob => new Blob([JSON.stringify({ email: 'x'.repeat(140_000) })])

const ELSEWHERE = { origin: 'https://foreign.example', 'sec-fetch-site': 'cross-site' }
const WRONG_TYPES = ['text/plain', 'application/x-www-form-urlencoded', 'application/json-seq', null]
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/** Requests of one key in a minute, tier `trial`. */
const MOST = 60

/** What is sent in each circumstance; every answer is to be the one in the table. */
export const PLAYS: Readonly<Record<string, (cast: Cast, route: Route) => Promise<Response[]>>> = {
  'no key': async (cast, { name }) => [await ask(cast, { name, who: nobody(cast) })],
  wrong: async (cast, { name, kinds }) => {
    const genuine = kinds.filter((kind) => kind !== 'page').map((kind) => cast.texts[kind])
    const wrong = await Promise.all(genuine.map((text) => wrongAuthorizations(text, cast.rich.account)))
    const who = nobody(cast)
    return Promise.all(wrong.flat().map((authorization) => ask(cast, { name, who }, { headers: { authorization } })))
  },
  revoked: (cast, route) => formerly(cast, route, cast.revoked),
  ended: (cast, route) => formerly(cast, route, cast.ended),
  origin: async (cast, route) => {
    const browser = route.kinds.find((kind) => kind === 'pk_live')
    const who = browser === undefined ? usual(cast, route) : whoIs(cast, browser)
    return [await ask(cast, { name: route.name, who }, { headers: ELSEWHERE })]
  },
  minute: async (cast, route) => {
    const who = usual(cast, route, cast.busy)
    for (let asked = 0; asked <= MOST; asked += 1) {
      const answer = await ask(cast, { name: route.name, who })
      if (!answer.ok) return [answer]
    }
    return []
  },
  credits: async (cast, route) => [await ask(cast, { name: route.name, who: usual(cast, route, cast.poor) })],
  type: (cast, route) =>
    changed(
      cast,
      route,
      WRONG_TYPES.map((type) => ({ type })),
    ),
  size: (cast, route) => changed(cast, route, [{ raw: large() }, { raw: large().stream() }]),
  field: (cast, route) => changed(cast, route, [{ fields: { surprise: 1 } }]),
  query: (cast, route) => changed(cast, route, [{ parameter: 'surprise=1' }]),
  allow: (cast, route) => {
    const others = METHODS.filter((method) => !route.allow.split(', ').includes(method))
    const everybody = [nobody(cast), usual(cast, route)]
    const all = others.flatMap((method) => everybody.map((who) => ask(cast, { name: route.name, who }, { method })))
    return Promise.all(all)
  },
}

function changed(cast: Cast, route: Route, changes: readonly Change[]): Promise<Response[]> {
  const who = usual(cast, route)
  return Promise.all(changes.map((change) => ask(cast, { name: route.name, who }, change)))
}
