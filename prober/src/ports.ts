// Builds what the stories of a lane are told with, from its configuration, for the composition root.
import type { AuditReport } from '@postern/shared/contract/audit.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import { CONTROL_MS } from '@postern/shared/verdict/lifetimes.ts'
import { createAuditor } from './audit/auditor.ts'
import type { Config } from './config.ts'
import type { InspectPorts } from './inspect/inspect.ts'
import { createLooks } from './inspect/look.ts'
import { createVisitPermits } from './inspect/permit.ts'
import { createSeenStore } from './inspect/seen.ts'
import type { JobPorts } from './jobs.ts'
import { createDial } from './net/dial.ts'
import { createResolve, remembering } from './net/resolve.ts'
import { createRouteOf } from './net/route.ts'
import type { ProbePorts } from './probe.ts'
import { createDynamo } from './store/dynamo.ts'
import { createEvidence } from './store/evidence.ts'
import { barOf } from './store/fit.ts'
import type { Keys } from './store/keys.ts'
import { createMarks } from './store/marks.ts'
import { createPermits } from './store/permits.ts'

export interface Parts {
  readonly config: Config
  readonly keys: Keys
  /** Told of faults that a lane goes on without; never holds a key, an address or a server's words. */
  readonly warn: (what: string) => void
  readonly now: () => number
}

export function createPorts({ config, keys, warn, now }: Parts): JobPorts {
  const dynamo = createDynamo({
    region: config.REGION,
    endpoint: config.DYNAMODB_ENDPOINT,
    onFault: (what) => warn(`going on without memory: ${what}`),
    now,
  })
  const resolve = remembering(createResolve(config.DOH_RESOLVERS, now), now)
  const loopback = config.LOOPBACK_NETWORKS
  const auditor = createAuditor({ config, dynamo, strangerOf: (domain) => keys.token(domain), now })
  const probe: ProbePorts = {
    lane: { id: config.LANE_ID, ehloName: config.EHLO_NAME, mailFrom: config.MAIL_FROM },
    now,
    resolveAddresses: (exchange, deadlineAt) => resolve({ name: exchange, type: 'A' }, deadlineAt),
    routeOf: createRouteOf(resolve),
    fitness: () => auditor.fitness.current(),
    mayDial: (address) => globallyReachable(address, loopback),
    strangersOf: (domain) => strangersOf(keys, `${domain}|${config.LANE_ID}|${Math.floor(now() / CONTROL_MS)}`),
    aliasOf: (text) => keys.alias(text),
    evidence: createEvidence(dynamo, keys, config.EVIDENCE_TABLE),
    permits: createPermits({ dynamo, table: config.TRAFFIC_TABLE, lane: config.LANE_ID, now }),
    hurry: config.HURRY,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    dial: createDial({
      loopback,
      port: config.SMTP_PORT,
      loopbackPort: config.LOOPBACK_SMTP_PORT ?? config.SMTP_PORT,
      sourceAddress: config.SOURCE_ADDRESS,
      now,
    }),
  }
  const seen = createSeenStore({ dynamo, table: config.TRAFFIC_TABLE, lane: config.LANE_ID })
  return {
    probe,
    inspect: inspectPorts(config, probe, { resolve, seen }),
    auditor: { ...auditor, audit: async (job, at) => told(await auditor.audit(job, at), warn) },
    marks: createMarks({ dynamo, keys, table: config.EVIDENCE_TABLE, now }),
  }
}

/** Operators watch the log: a lane that has found itself unfit says why, in words that name nobody. */
function told(report: AuditReport, warn: Parts['warn']): AuditReport {
  if (report.fit.lane === 'unfit') warn(`unfit: ${report.fit.why}`)
  return report
}

/** The same strangers for a week, so that a greylist lets them pass on the visit on which it lets the mailbox pass. */
function strangersOf(keys: Keys, seed: string): readonly [random: string, personal: string] {
  return [keys.token(seed), keys.personal(seed)]
}

const HTTPS_PORT = 443

function inspectPorts(
  config: Config,
  probe: ProbePorts,
  { resolve, seen }: { resolve: ReturnType<typeof createResolve>; seen: InspectPorts['seen'] },
): InspectPorts {
  const { now, permits } = probe
  const visits = createVisitPermits({ permits, lane: config.LANE_ID, now })
  return {
    lane: probe.lane,
    now,
    resolveAddresses: (name, type, deadlineAt) => resolve({ name, type }, deadlineAt),
    mayDial: probe.mayDial,
    routeOf: async ({ domain, exchanges }, deadlineAt) => {
      const [route, recalled] = await Promise.all([
        probe.routeOf({ domain, exchanges, implicitMx: true }, deadlineAt),
        probe.evidence.recall({ domain, wires: [], account: null }, now()),
      ])
      return { ...route, optedOut: route.optedOut || recalled.domain.optedOut }
    },
    ...visits,
    permit: async (visit) => {
      const hold = barOf(await probe.fitness())
      if (hold === null) return visits.permit(visit)
      return { kind: 'hold', hold, retryAt: null, observedAt: now(), source: config.LANE_ID }
    },
    seen,
    looks: createLooks({
      loopback: config.LOOPBACK_NETWORKS,
      smtpPort: config.SMTP_PORT,
      httpsPort: HTTPS_PORT,
      loopbackSmtpPort: config.LOOPBACK_SMTP_PORT ?? config.SMTP_PORT,
      loopbackHttpsPort: config.LOOPBACK_HTTPS_PORT ?? HTTPS_PORT,
      sourceAddress: config.SOURCE_ADDRESS,
      ehloName: config.EHLO_NAME,
      extraRoots: config.EXTRA_ROOTS,
      now,
    }),
  }
}
