// A lane that audits itself, made from a whole configuration as a deployed one is, in the mail world and with real tables.
import { type Auditor, createAuditor } from '@postern/prober/audit/auditor.ts'
import { parseConfig } from '@postern/prober/config.ts'
import type { LaneEnvironment } from '@postern/prober/environment.ts'
import { type AuditReport, auditReport, type Check, type CheckResult } from '@postern/shared/contract/audit.ts'
import type { LaneIdentity } from '@postern/test/world/lanes.ts'
import type { World } from '@postern/test/world/world.ts'
import type { Engine } from '../engine.ts'
import { keyText, testKeys } from '../facts.ts'

export interface AuditedLane extends Auditor {
  readonly id: string
  readonly identity: LaneIdentity
  /** Runs one audit and holds its report to the contract. */
  run(budgetMs?: number): Promise<AuditReport>
  /** Moves this lane's clock, not the world's. */
  advance(ms: number): void
  now(): number
  readonly faults: readonly string[]
}

export interface Surroundings {
  readonly world: World
  readonly engine: Engine
}

let lanes = 0

/** A new lane with names, address and sender of its own; `changes` are laid over its environment. */
export function newAuditedLane({ world, engine }: Surroundings, changes: Partial<LaneEnvironment> = {}): AuditedLane {
  lanes += 1
  const id = `audited-${lanes}`
  const ehlo = `${id}.probe.test`
  const identity = { ehlo, address: `127.24.8.${lanes}`, sender: `probe@${ehlo}` }
  world.addLane(identity)
  const config = parseConfig({ ...environmentOf(world, engine, identity), LANE_ID: id, ...changes })
  let aheadMs = 0
  const now = () => Date.now() + aheadMs
  const faults: string[] = []
  const keys = testKeys()
  const dynamo = engine.dynamo(faults, now)
  const auditor = createAuditor({ config, dynamo, strangerOf: (domain) => keys.token(domain), now })
  return {
    ...auditor,
    id,
    identity,
    run: async (budgetMs = 10_000) => {
      const job = { kind: 'audit', jobId: `audit-of-${id}`, epoch: 1, budgetMs } as const
      return auditReport.parse(await auditor.audit(job, now()))
    },
    advance: (ms) => {
      aheadMs += ms
    },
    now,
    faults,
  }
}

function environmentOf(world: World, engine: Engine, { ehlo, address, sender }: LaneIdentity): LaneEnvironment {
  return {
    LANE_ID: '',
    REGION: 'local',
    PARTITION: 'default',
    EHLO_NAME: ehlo,
    MAIL_FROM: sender,
    DOH_RESOLVERS: JSON.stringify([{ name: 'world', url: world.dohUrl, suffix: null }]),
    EVIDENCE_TABLE: 'evidence',
    TRAFFIC_TABLE: 'traffic',
    HMAC_KEYS: keyText(),
    SMTP_PORT: '1',
    LOOPBACK_NETWORKS: world.network,
    LOOPBACK_SMTP_PORT: String(world.smtpPort),
    LOOPBACK_HTTPS_PORT: '',
    EXTRA_ROOTS: '',
    SOURCE_ADDRESS: address,
    DYNAMODB_ENDPOINT: engine.endpoint,
    EGRESS_ADDRESS: address,
    DNSBL_ZONES: '["dnsbl.test"]',
    CANARIES: '[]',
    AUDIT_RESOLVERS: '',
    AUDIT_SMTP_PORT: '',
    HURRY: '',
  }
}

/** What a report says of one check, the lane's or an operator's; throws where it says nothing. */
export function resultOf(
  { checks }: Pick<AuditReport, 'checks'>,
  check: Check,
  operator: string | null = null,
): CheckResult {
  const found = checks.find((one) => one.check === check && one.operator === operator)
  if (found === undefined) throw new Error(`no ${check} in ${JSON.stringify(checks)}`)
  return found
}

/** Each check's state in few words, canaries by operator: `fcrdns ok`, `gmail unfit`. */
export function states({ checks }: Pick<AuditReport, 'checks'>): string[] {
  return checks.map(({ check, operator, state }) => `${operator ?? check} ${state}`)
}
