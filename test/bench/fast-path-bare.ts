// The fast path without accounts: the same look-ups and verdict, nobody asked who it is for. To be measured beside the real one.
import { verificationRequest } from '@postern/shared/contract/verification.ts'
import { free } from '@postern/shared/verdict/cost.ts'
import { Hono } from 'hono'
import { type Env, parseConfig } from '../../edge/src/config.ts'
import { createResolve } from '../../edge/src/dns/doh.ts'
import { openMemo } from '../../edge/src/dns/memo.ts'
import type { NearCache } from '../../edge/src/http/near-cache.ts'
import { lookUpRoute } from '../../edge/src/dns/route.ts'
import { createStandings } from '../../edge/src/dns/standing.ts'
import { limitConnections } from '../../edge/src/http/connections.ts'
import { render } from '../../edge/src/verify/render.ts'
import { verify } from '../../edge/src/verify/verify.ts'

const now = Date.now
// Types of the platform are not at hand here.
const cache = (globalThis as unknown as { caches: { default: NearCache } }).caches.default
const names = new Map()
const standings = createStandings(now)
let config: ReturnType<typeof parseConfig> | null = null

const app = new Hono<{ Bindings: Env }>()

app.get('/v1/verify', async (context) => {
  config ??= parseConfig(context.env)
  const { DOH_RESOLVERS: resolvers, LOOPBACK_NETWORKS: loopback, ALLOW_SPECIAL_USE: allowSpecialUse } = config
  const startedAt = now()
  const wanted = verificationRequest.parse({ ...context.req.query(), mode: 'fast' })
  const request = {
    id: `ver_${crypto.randomUUID()}`,
    email: wanted.email,
    mode: 'fast' as const,
    allow: { quoted: false, ipLiteral: false, dotless: false },
    maxAgeS: 86_400,
    deadlineAt: startedAt + 4_000,
  }
  const connect = limitConnections()
  const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))
  const memoPorts = { near: names, cache, scope: '', writtenFrom: 2, connect, now, sleep }
  const routePorts = {
    resolve: createResolve({ resolvers, standings, connect, now, sleep }),
    memo: (name: string) => openMemo(name, memoPorts),
    open: new Map(),
    now,
    roll: Math.random,
    later: (work: () => Promise<unknown>) => context.executionCtx.waitUntil(work()),
    loopback,
  }
  const verified = await verify(request, {
    now,
    sleep: async () => undefined,
    lanes: [],
    slow: { restingUntil: async () => null, note: () => undefined },
    memo: { recall: async () => null, note: () => undefined, forget: async () => undefined },
    account: null,
    epoch: 0,
    ask: async () => ({ kind: 'not_started' }),
    lookUpRoute: (route) => lookUpRoute(route, routePorts),
    lookUpSenderPolicy: async () => Promise.reject(new Error('fast mode ranks nothing')),
    ageOf: () => ({ known: () => null, learn: async () => undefined }),
    later: routePorts.later,
    allowSpecialUse,
    mayAsk: async () => false,
  })
  return context.json(render({ request, wanted, verified, cost: free('page'), startedAt }))
})

// oxlint-disable-next-line import/no-default-export -- the platform wants one
export default app
