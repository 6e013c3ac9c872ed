// A lane as the platform calls it, before servers of invented domains: an address in, the verdict and what was said out.
import { setTimeout as sleep } from 'node:timers/promises'
import type { handler } from '@postern/prober/handler.ts'
import { probeReport } from '@postern/shared/contract/probe.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import type { ProbeFact } from '@postern/shared/verdict/evidence.ts'
import { vi } from 'vitest'
import { startEngine } from '../prober/engine.ts'
import { keyText } from '../prober/facts.ts'
import { startResolver, type Zones } from './resolver.ts'

export const EHLO = 'a1.lane.example'
export const SENDER = 'probe@a1.lane.example'
export const LANE_ADDRESS = '127.29.9.1'
const LOOPBACK = '127.29.0.0/16'
const BUDGET_MS = 4_000

/** Where a domain's mail goes; every server of a test file is at an address of its own. */
export interface MailHost {
  readonly domain: string
  readonly address: string
}

export interface Visited {
  /** `status/reason level`. */
  readonly is: string
  /** Who was told what on this visit, in order: `mailbox 250`, `stranger 550 5.1.1`, `reply_timeout`. */
  readonly told: readonly string[]
  /** Milliseconds from the answer to the instant from which asking again can help, or null. */
  readonly retryAfterMs: number | null
  /** Everything that was said, for the reader of a red test. */
  readonly transcript: readonly string[]
  /** What both sides said, in the notation of transcripts; empty where nobody was dialled. */
  readonly conversation: readonly string[]
}

export interface Lane {
  /** One visit; where a permit holds it, the visit is made as soon as the permit allows, as the edge does. */
  visit(email: string, changes?: Readonly<Record<string, unknown>>): Promise<Visited>
  stop(): Promise<void>
}

export async function startLane(hosts: readonly MailHost[], port: number): Promise<Lane> {
  const [engine, resolver] = await Promise.all([startEngine(), startResolver(zonesOf(hosts))])
  const environment = {
    LANE_ID: 'eu-central-1-a',
    REGION: 'local',
    PARTITION: 'default',
    EHLO_NAME: EHLO,
    MAIL_FROM: SENDER,
    DOH_RESOLVERS: JSON.stringify([{ name: 'zones', url: resolver.dohUrl, suffix: null }]),
    EVIDENCE_TABLE: 'evidence',
    TRAFFIC_TABLE: 'traffic',
    HMAC_KEYS: keyText(),
    SMTP_PORT: '1',
    LOOPBACK_NETWORKS: LOOPBACK,
    LOOPBACK_SMTP_PORT: String(port),
    LOOPBACK_HTTPS_PORT: '',
    EXTRA_ROOTS: '',
    SOURCE_ADDRESS: LANE_ADDRESS,
    DYNAMODB_ENDPOINT: engine.endpoint,
    EGRESS_ADDRESS: '',
    DNSBL_ZONES: '[]',
    CANARIES: '[]',
    AUDIT_RESOLVERS: '',
    AUDIT_SMTP_PORT: '',
    HURRY: '',
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const lane = await import('@postern/prober/handler.ts')
  return {
    visit: (email, changes = {}) => ask(lane.handler, email, changes),
    stop: async () => {
      vi.unstubAllEnvs()
      await Promise.all([engine.stop(), resolver.close()])
    },
  }
}

/** A name with MX and address each, below the domain, so that no two domains share an exchange. */
function zonesOf(hosts: readonly MailHost[]): Zones {
  return Object.fromEntries(
    hosts.flatMap(({ domain, address }) => {
      const exchange = `mx.${domain}`
      return [
        [domain, [{ type: 'MX', name: domain, data: { preference: 10, exchange } }]],
        [exchange, [{ type: 'A', name: exchange, data: address }]],
      ]
    }),
  ) as Zones
}

let jobs = 0

async function ask(
  handle: typeof handler,
  email: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<Visited> {
  const at = email.lastIndexOf('@')
  const [localPart, domain] = [email.slice(0, at), email.slice(at + 1)]
  jobs += 1
  const job = {
    kind: 'probe',
    jobId: `job-number-${jobs}`,
    epoch: 1,
    localPart,
    domain,
    implicitMx: false,
    exchanges: [{ exchange: `mx.${domain}`, preference: 10 }],
    smtpUtf8: /[^ -~]/.test(localPart),
    budgetMs: BUDGET_MS,
    maxAgeS: 604_800,
    ...changes,
  }
  for (;;) {
    const startedAt = Date.now()
    const { statusCode, body } = await handle({ body: JSON.stringify(job) })
    if (statusCode !== 200) throw new Error(`${statusCode}: ${body}`)
    const { facts, transcript = [] } = probeReport.parse(JSON.parse(body))
    const held = facts.find((fact) => fact.kind === 'hold')
    if (held?.hold !== 'permit' || held.retryAt === null)
      return { ...judged(facts, { domain, startedAt }), conversation: transcript }
    await sleep(Math.max(1, held.retryAt - Date.now()))
  }
}

function judged(
  facts: readonly ProbeFact[],
  { domain, startedAt }: { domain: string; startedAt: number },
): Omit<Visited, 'conversation'> {
  const now = Date.now()
  const { status, reason, level, retryAt, cites } = decide({ facts, domain, now })
  const said = facts.filter(({ observedAt }) => observedAt >= startedAt)
  return {
    is: `${status}/${reason} ${level}`,
    told: said.map(toldIn),
    retryAfterMs: retryAt === null ? null : retryAt - (cites[0]?.observedAt ?? now),
    transcript: said.map((fact) =>
      fact.kind === 'reply' ? `${toldIn(fact)} ${fact.reply.lines.join(' / ')}` : toldIn(fact),
    ),
  }
}

function toldIn(fact: ProbeFact): string {
  if (fact.kind === 'fault') return fact.fault
  if (fact.kind === 'hold') return `hold:${fact.hold}`
  if (fact.kind !== 'reply') return fact.kind
  const { code, enhanced } = fact.reply
  const status = enhanced === null ? '' : ` ${enhanced.class}.${enhanced.subject}.${enhanced.detail}`
  return `${fact.to === 'nobody' ? fact.phase : fact.to} ${code}${status}`
}
