// Composition root of the edge: bindings become configuration, configuration becomes ports; the only file that knows Cloudflare.
import { ulid } from 'ulid'
import { createApp } from './app.ts'
import { type Config, type Env, parseConfig } from './config.ts'
import { createResolve } from './dns/doh.ts'
import { lookUpRoute } from './dns/route.ts'
import { limitConnections } from './http/connections.ts'
import { createAsk } from './probe/ask.ts'
import type { Services } from './routes/context.ts'

const parsed = new WeakMap<object, Config>()

/** Bindings do not change within an isolate, so they are parsed once in it. */
function configOf(env: Env): Config {
  const known = parsed.get(env) ?? parseConfig(env)
  parsed.set(env, known)
  return known
}

function warn(what: string): void {
  // oxlint-disable-next-line no-console -- a Worker's log is its console
  console.warn(JSON.stringify({ level: 'warn', what }))
}

function servicesOf(env: Env): Services {
  const config = configOf(env)
  const now = Date.now
  const connect = limitConnections()
  const resolve = createResolve({ resolvers: config.DOH_RESOLVERS, connect, now })
  const ports = { resolve, now, loopback: config.LOOPBACK_NETWORKS }
  return {
    config,
    now,
    newId: (prefix) => `${prefix}_${ulid()}`,
    verify: {
      now,
      sleep: (ms) => scheduler.wait(ms),
      lanes: config.LANES.lanes,
      epoch: config.LANES.epoch,
      ask: createAsk(config.LANE_CREDENTIALS, connect, warn),
      lookUpRoute: (wanted) => lookUpRoute(wanted, ports),
      allowSpecialUse: config.ALLOW_SPECIAL_USE,
    },
  }
}

const app = createApp((env) => servicesOf(env as Env))

export default { fetch: app.fetch } satisfies ExportedHandler<Env>
