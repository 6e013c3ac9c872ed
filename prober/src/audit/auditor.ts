// Builds a lane's audits from its configuration, for the composition root; and reads the event by which they are scheduled.
import { type AuditJob, type AuditReport, auditJob } from '@postern/shared/contract/audit.ts'
import { providerOf, providers } from '@postern/shared/dns/provider.ts'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { createDial } from '../net/dial.ts'
import { createResolve, type Resolve } from '../net/resolve.ts'
import type { Dynamo } from '../store/dynamo.ts'
import { createFitness, type FitnessStore } from '../store/fitness.ts'
import { audit } from './audit.ts'

export interface Auditor {
  /** `receivedAt` in milliseconds since the epoch. */
  audit(job: AuditJob, receivedAt: number): Promise<AuditReport>
  readonly fitness: FitnessStore
}

export interface AuditorOptions {
  readonly config: Config
  readonly dynamo: Dynamo
  /** A local part that no mailbox of the domain has. */
  readonly strangerOf: (domain: string) => string
  readonly now: () => number
}

export function createAuditor({ config, dynamo, strangerOf, now }: AuditorOptions): Auditor {
  const fitness = createFitness({ dynamo, table: config.TRAFFIC_TABLE, lane: config.LANE_ID, now })
  const ports = {
    lane: {
      id: config.LANE_ID,
      ehloName: config.EHLO_NAME,
      mailFrom: config.MAIL_FROM,
      egressAddress: config.EGRESS_ADDRESS,
    },
    lists: config.DNSBL_ZONES,
    canaries: config.CANARIES,
    now,
    resolve: agreed(config.AUDIT_RESOLVERS ?? config.DOH_RESOLVERS, now),
    dial: createDial({
      loopback: config.LOOPBACK_NETWORKS,
      port: config.SMTP_PORT,
      loopbackPort: config.AUDIT_SMTP_PORT ?? config.LOOPBACK_SMTP_PORT ?? config.SMTP_PORT,
      sourceAddress: config.SOURCE_ADDRESS,
      now,
    }),
    strangerOf,
    // What is true of one operator says nothing of another, however it is configured.
    mayAsk: (exchange: string, domain: string, operator: string) => {
      const row = providerOf(exchange, domain)
      const isNamed = providers.rows.some(({ id }) => id === operator)
      return row.probe !== 'no' && (!isNamed || row.id === operator)
    },
    fitness,
  }
  return { fitness, audit: (job, receivedAt) => audit(job, ports, receivedAt) }
}

/** One resolver's "nothing there" would take every lane of a parent name out at once: another one, or a second look, has to agree. */
function agreed(resolvers: Config['DOH_RESOLVERS'], now: () => number): Resolve {
  const first = createResolve(resolvers, now)
  const second = createResolve(resolvers.toReversed(), now)
  return async (question, deadlineAt) => {
    const answer = await first(question, deadlineAt)
    return answer.kind === 'nodata' || answer.kind === 'nxdomain' ? second(question, deadlineAt) : answer
  }
}

/** What a rule of EventBridge hands to its target by the clock; `id` is the event's own. */
const scheduledEvent = z.object({
  source: z.literal('aws.events'),
  'detail-type': z.literal('Scheduled Event'),
  id: z.unknown().optional(),
})

/** A lane has 70 s for an event, and a cold start counts. */
const SCHEDULED_BUDGET_MS = 45_000

/** The job that a scheduled event stands for; null for every other event. */
export function scheduledAudit(event: unknown): AuditJob | null {
  const scheduled = scheduledEvent.safeParse(event)
  if (!scheduled.success) return null
  const jobId = auditJob.shape.jobId.safeParse(scheduled.data.id).data ?? 'scheduled-audit'
  return { kind: 'audit', jobId, epoch: 0, budgetMs: SCHEDULED_BUDGET_MS }
}
