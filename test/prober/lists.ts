// Lists of addresses for tests of the story: asked in one job, one report each, in their order.
import { probe, probeList, type ProbePorts } from '@postern/prober/probe.ts'
import { createPermits } from '@postern/prober/store/permits.ts'
import {
  type ListJob,
  listJob,
  listReport,
  type ProbeJob,
  probeReport,
  type ProbeReport,
} from '@postern/shared/contract/probe.ts'
import type { World } from '@postern/test/world/world.ts'
import type { Engine } from './engine.ts'
import { told } from './facts.ts'
import type { LaneUnderTest } from './lane.ts'

let lists = 0

/** Domain → local parts, as one job. */
export function listOf(groups: Readonly<Record<string, readonly string[]>>, changes: Partial<ListJob> = {}): ListJob {
  lists += 1
  return listJob.parse({
    kind: 'list',
    jobId: `list-number-${lists}`,
    epoch: 1,
    groups: Object.entries(groups).map(([domain, locals], n) => ({
      id: `list-number-${lists}.${n}`,
      domain,
      implicitMx: false,
      exchanges: [{ exchange: `mx.${domain}`, preference: 10 }],
      recipients: locals.map((localPart) => ({ localPart, smtpUtf8: /[^ -~]/.test(localPart) })),
    })),
    budgetMs: 10_000,
    maxAgeS: 604_800,
    ...changes,
  })
}

/** The reports of a list, held to the contract, by address. */
export async function askList(
  lane: Pick<LaneUnderTest, 'ports' | 'now'>,
  job: ListJob,
): Promise<Map<string, ProbeReport>> {
  const { groups } = listReport.parse(await probeList(job, lane.ports, lane.now()))
  return new Map(
    job.groups.flatMap(({ domain, recipients }, g) =>
      recipients.map(({ localPart }, n) => [`${localPart}@${domain}`, groups[g]![n]!] as const),
    ),
  )
}

/** What each report says, in few words. */
export function saidOf(reports: ReadonlyMap<string, ProbeReport>): Record<string, string> {
  return Object.fromEntries(
    [...reports].map(([address, { state, facts }]) => [address, `${state} ${told(facts).join(' ')}`]),
  )
}

/** Local parts in the order in which they were named, strangers under that name. */
export function namedIn(world: World): string[] {
  return world
    .sessions()
    .flatMap(({ commands }) => commands.map(({ line }) => /^RCPT TO:<([^@]+)@/.exec(line)?.[1]))
    .filter((local) => local !== undefined)
    .map((local) => (/^[a-z][a-z2-7]{14}$/.test(local) ? 'stranger' : local))
}

/** Another process of the same lane, or with `changes.lane` another lane: the same tables, keys and clock. */
export function processOf(lane: LaneUnderTest, engine: Engine, changes: Partial<ProbePorts> = {}) {
  const { ports } = lane
  const now = () => lane.now()
  const { id } = changes.lane ?? ports.lane
  const permits = createPermits({ dynamo: engine.dynamo([], now), table: 'traffic', lane: id, now })
  const own: ProbePorts = { ...ports, permits, ...changes }
  return { ports: own, now, answer: async (job: ProbeJob) => probeReport.parse(await probe(job, own, now())) }
}
