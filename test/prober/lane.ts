// A lane made of its real parts, tables and network included, with a clock that can be moved: what the story is told with.
import type { ProbePorts } from '@postern/prober/probe.ts'
import { probe } from '@postern/prober/probe.ts'
import { createDial } from '@postern/prober/net/dial.ts'
import { createResolve } from '@postern/prober/net/resolve.ts'
import { createRouteOf } from '@postern/prober/net/route.ts'
import { createEvidence } from '@postern/prober/store/evidence.ts'
import { createPermits } from '@postern/prober/store/permits.ts'
import { type ProbeJob, type ProbeReport, probeReport } from '@postern/shared/contract/probe.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import type { Fitness } from '@postern/shared/contract/audit.ts'
import type { ProbeFact, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import type { World } from '@postern/test/world/world.ts'
import type { Engine } from './engine.ts'
import { testKeys } from './facts.ts'

/** Bound by every lane of these tests, so that the world sees one client. */
export const SOURCE_ADDRESS = '127.24.9.1'
const EHLO = 'a1.probe.test'
const SENDER = 'probe@a1.probe.test'

export interface LaneUnderTest {
  readonly ports: ProbePorts
  /** Asks about an address at its domain's own exchanges, and holds the report to the contract. */
  ask(address: string, changes?: Partial<ProbeJob>): Promise<ProbeReport>
  readonly jobFor: (address: string, changes?: Partial<ProbeJob>) => Promise<ProbeJob>
  answer(job: ProbeJob): Promise<ProbeReport>
  /** Writes down what was heard of one address, or of its domain alone, as a visit just now would have. */
  learn(wire: string, heard: Partial<Heard>): Promise<boolean>
  readonly now: () => number
  /** Moves the clock of lane and world. */
  advance(ms: number): void
}

interface Heard {
  readonly facts: readonly ProbeFact[]
  readonly domainFacts: readonly ReplyFact[]
}

/** A lane that has not looked at itself. */
export const UNMEASURED: Fitness = { lane: 'unmeasured', kind: null, why: '', unfitOperators: [], canaries: {} }

let lanes = 0
let jobs = 0

/** A lane that nobody has asked anything: its keys find nothing, and no permit was ever given in its name. */
export function newLane(world: World, engine: Engine, changes: Partial<ProbePorts> = {}): LaneUnderTest {
  lanes += 1
  const id = `lane-${lanes}`
  world.addLane({ ehlo: EHLO, address: SOURCE_ADDRESS, sender: SENDER })
  let aheadMs = 0
  const now = () => Date.now() + aheadMs
  const resolve = createResolve([{ name: 'world', url: world.dohUrl, suffix: null }], now)
  const loopback = [parseCidr(world.network)!]
  const keys = testKeys(lanes.toString(16).padStart(2, '0'))
  const dynamo = engine.dynamo([], now)
  const ports: ProbePorts = {
    lane: { id, ehloName: EHLO, mailFrom: SENDER },
    now,
    resolveAddresses: (exchange, deadlineAt) => resolve({ name: exchange, type: 'A' }, deadlineAt),
    routeOf: createRouteOf(resolve),
    fitness: async () => UNMEASURED,
    aliasOf: (text) => keys.alias(text),
    mayDial: (address) => globallyReachable(address, loopback),
    strangersOf: (domain) => [keys.token(domain), keys.personal(domain)],
    evidence: createEvidence(dynamo, keys, 'evidence'),
    permits: createPermits({ dynamo, table: 'traffic', lane: id, now }),
    dial: createDial({ loopback, port: 1, loopbackPort: world.smtpPort, sourceAddress: SOURCE_ADDRESS, now }),
    hurry: 1,
    // The next session is as far away as the clock is put on.
    sleep: async (ms) => {
      aheadMs += ms
      world.advance(ms)
    },
    ...changes,
  }

  async function jobFor(address: string, changed: Partial<ProbeJob> = {}): Promise<ProbeJob> {
    const at = address.lastIndexOf('@')
    const [localPart, domain] = [address.slice(0, at), address.slice(at + 1)]
    const answer = await resolve({ name: domain, type: 'MX' }, now() + 1_000)
    const own = answer.kind === 'records' ? answer.data : [{ exchange: domain, preference: 0 }]
    jobs += 1
    return {
      kind: 'probe',
      jobId: `job-number-${jobs}`,
      epoch: 1,
      localPart,
      domain,
      implicitMx: answer.kind !== 'records',
      exchanges: own.filter(({ exchange }) => exchange !== ''),
      smtpUtf8: /[^ -~]/.test(localPart),
      budgetMs: 4_000,
      maxAgeS: 604_800,
      ...changed,
    }
  }

  const answer = async (job: ProbeJob) => probeReport.parse(await probe(job, ports, now()))
  return {
    ports,
    jobFor,
    answer,
    learn: (wire, { facts, domainFacts = [] }) => {
      const addresses = facts === undefined ? [] : [{ wire, facts, attempts: [] }]
      const domain = wire.slice(wire.lastIndexOf('@') + 1)
      return ports.evidence.learn({
        domain,
        since: now(),
        now: now(),
        addresses,
        domainFacts,
        refused: null,
        settlements: [],
      })
    },
    ask: async (address, changed) => answer(await jobFor(address, changed)),
    now,
    advance: (ms) => {
      aheadMs += ms
      world.advance(ms)
    },
  }
}
