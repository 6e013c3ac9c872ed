// A lane's story of lists with nothing in its way: no permits, no tables, no look-ups; servers in a process of their own.
import { probeList, type ProbePorts } from '@postern/prober/probe.ts'
import { NO_GRANTS } from '@postern/prober/store/grants.ts'
import { providerOf } from '@postern/shared/dns/provider.ts'
import { dialTo } from '../probe/asking.ts'
import { farAddresses, startFar } from '../probe/far.ts'
import { type Spent, spentOn } from '../probe/many.ts'
import { aligned, median, type Part, rounded } from '../edge/report.ts'
import type { Options } from '../run.ts'

const DOMAINS = farAddresses(50, 4)
const RECIPIENTS = 30
const GROUPS_A_JOB = 10
const JOBS_AT_A_TIME = 10
const RUNS = 5
const QUICK_RUNS = 2

/** 300 addresses a job, each group at a host of its own. */
function jobsOf(run: number, count: number) {
  return Array.from({ length: count }, (_, job) => ({
    kind: 'list' as const,
    jobId: `alone-${run}-${job}`,
    epoch: 1,
    budgetMs: 30_000,
    maxAgeS: 0,
    groups: Array.from({ length: GROUPS_A_JOB }, (__, group) => {
      const n = (job * GROUPS_A_JOB + group) % DOMAINS.length
      const recipients = Array.from({ length: RECIPIENTS }, (___, m) => ({
        localPart: `${m % 20 === 19 ? 'unknown' : 'jane'}${run}x${job}x${m}`,
        smtpUtf8: false,
      }))
      const exchanges = [{ exchange: `mx.d${n}.bench.test`, preference: 10 }]
      return {
        id: `alone-${run}-${job}-${group}`,
        domain: `d${n}.bench.test`,
        implicitMx: false,
        exchanges,
        recipients,
      }
    }),
  }))
}

function portsTo(port: number): ProbePorts {
  const now = Date.now
  const nothing = { put: null, written: () => undefined, write: async () => undefined }
  const granted = { kind: 'granted', grants: NO_GRANTS, sessions: 100, gapMs: 0, nextAt: 0 } as const
  return {
    lane: { id: 'alone', ehloName: 'a.probe.test', mailFrom: 'probe@a.probe.test' },
    now,
    hurry: 1,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    resolveAddresses: async (exchange) => {
      const address = DOMAINS[Number(/\d+/.exec(exchange)?.[0] ?? 0)] ?? ''
      return { kind: 'records', data: [address], ttlS: 300, authentic: false }
    },
    routeOf: async () => ({ agrees: true, optedOut: false }),
    fitness: async () => ({ lane: 'unmeasured', kind: null, why: '', unfitOperators: [], canaries: {} }),
    aliasOf: (text) => text,
    mayDial: () => true,
    strangersOf: () => ['unknown7stranger', 'unknown8stranger'],
    evidence: {
      recall: async ({ wires }) => ({
        available: true,
        addresses: wires.map(() => ({ facts: [], learnedAt: 0, attempts: [] })),
        domain: { facts: [], refused: [], optedOut: false },
      }),
      learn: async () => true,
    },
    permits: { take: async () => granted, settle: () => nothing },
    dial: dialTo(port),
  }
}

export async function proberAlone({ quick }: Options): Promise<Part> {
  const far = await startFar([{ addresses: DOMAINS, offers: ['PIPELINING'], rttsMs: [0] }])
  const { limits } = providerOf('mx.bench.test', 'bench.test')
  const before = { ...limits }
  Object.assign(limits, { recipientsPerSession: 100, recipientsPerMinute: 1_000 })
  try {
    const ports = portsTo(far.port(0))
    const runs: Spent[] = []
    for (let run = 0; run <= (quick ? QUICK_RUNS : RUNS); run += 1) {
      const spent = await spentOn(JOBS_AT_A_TIME, jobsOf(run, 40), (job) => answered(job, ports))
      // The first run warms the compiler.
      if (run > 0) runs.push(spent)
    }
    return partOf(runs)
  } finally {
    Object.assign(limits, before)
    await far.stop()
  }
}

/** @throws where somebody was not answered for. */
async function answered(job: ReturnType<typeof jobsOf>[number], ports: ProbePorts): Promise<void> {
  const { groups } = await probeList(job, ports, Date.now())
  const silent = groups.flat().filter(({ state, facts }) => state !== 'asked' || !facts.some(isAnswer)).length
  if (silent > 0) throw new Error(`${silent} addresses of a job were not answered for`)
}

const isAnswer = (fact: { readonly kind: string; readonly to?: string }): boolean =>
  fact.kind === 'reply' && fact.to === 'mailbox'

function partOf(runs: readonly Spent[]): Part {
  const addresses = GROUPS_A_JOB * RECIPIENTS
  const perSecond = runs.map((run) => run.perSecond * addresses)
  return {
    title: `The story of lists alone: groups of ${RECIPIENTS} at ${DOMAINS.length} hosts, ${JOBS_AT_A_TIME} jobs of ${GROUPS_A_JOB} at a time, ${runs.length} runs`,
    lines: aligned([
      ['addresses a second, least and most', rounded(Math.min(...perSecond), 0), rounded(Math.max(...perSecond), 0)],
      ['CPU ms an address', rounded(median(runs.map(({ cpuMsEach }) => cpuMsEach / addresses)), 3), ''],
    ]),
    figures: [{ name: 'list_addresses_per_s', value: rounded(median(perSecond), 0), target: { atLeast: 5_000 } }],
  }
}
