// What one fast verdict costs the Worker's processor: the story, its answer and the JSON, with look-ups answered from memory.
import { cost } from '@postern/shared/verdict/cost.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import { render } from '../../../edge/src/verify/render.ts'
import { verify, type VerifyPorts } from '../../../edge/src/verify/verify.ts'
import type { Options } from '../run.ts'
import { arrivals, company, person } from './arrivals.ts'
import { aligned, median, type Part, quantile, type Row, rounded } from './report.ts'

const RUNS = 7
const VERDICTS = 4_000

/** What people type, by what is to be said of it. */
const KINDS: Readonly<Record<string, (at: number) => string>> = {
  'as they come in': (at) => mixed[at % mixed.length] ?? '',
  'known provider': (at) => `${person(at)}@gmail.com`,
  'unknown company': (at) => `${person(at)}@${company(at)}`,
  slip: (at) => `${person(at)}@gmial.com`,
  disposable: (at) => `${person(at)}@mailinator.com`,
  role: (at) => `sales@${company(at)}`,
  'not an address': (at) => `${person(at)} at gmail.com`,
}
const mixed = arrivals(VERDICTS)

export async function verdictCpu({ quick }: Options): Promise<Part> {
  const runs = quick ? 3 : RUNS
  const rows: Row[] = []
  const medians: number[] = []
  for (const [name, emailOf] of Object.entries(KINDS)) {
    await spent(emailOf)
    const times: number[] = []
    for (let run = 0; run < runs; run += 1) times.push(await spent(emailOf))
    medians.push(median(times))
    rows.push([name, rounded(median(times), 1), rounded(quantile(times, 0), 1), rounded(quantile(times, 1), 1)])
  }
  return {
    title: `CPU of a fast verdict in this process, microseconds, ${runs} runs of ${VERDICTS}`,
    lines: aligned([['', 'median', 'least', 'most'], ...rows]),
    figures: [
      { name: 'verdict_cpu_us', value: rounded(medians[0] ?? 0, 1), target: { atMost: 150 } },
      { name: 'verdict_cpu_worst_kind_us', value: rounded(Math.max(...medians), 1), target: { atMost: 150 } },
    ],
  }
}

/** Microseconds for one, user and system. */
async function spent(emailOf: (at: number) => string): Promise<number> {
  let length = 0
  const before = process.cpuUsage()
  for (let at = 0; at < VERDICTS; at += 1) length += (await answered(emailOf(at), at)).length
  const { user, system } = process.cpuUsage(before)
  if (length === 0) throw new Error('nothing was answered')
  return (user + system) / VERDICTS
}

async function answered(email: string, at: number): Promise<string> {
  const startedAt = Date.now()
  const deadlineAt = startedAt + 4_000
  const request = { id: `ver_${at}`, email, mode: 'fast', allow: {}, maxAgeS: 86_400, deadlineAt } as const
  const verified = await verify(request, ports)
  const price = cost(verified.verdict, 'fast')
  return JSON.stringify(render({ request, wanted: {}, verified, cost: price, startedAt }))
}

const ports: VerifyPorts = {
  now: Date.now,
  sleep: async () => undefined,
  lanes: [],
  slow: { restingUntil: async () => null, note: () => undefined },
  memo: { recall: async () => null, note: () => undefined, forget: async () => undefined },
  account: null,
  epoch: 0,
  ask: async () => ({ kind: 'not_started' }),
  lookUpRoute: async ({ domain, alsoTakesMail }) => ({
    facts: [routeOf(domain)],
    also: alsoTakesMail === undefined ? null : 'takes_mail',
  }),
  lookUpSenderPolicy: async () => Promise.reject(new Error('fast mode ranks nothing')),
  ageOf: () => ({ known: () => null, learn: async () => undefined }),
  later: () => undefined,
  allowSpecialUse: [],
  mayAsk: async () => false,
}

function routeOf(domain: string): Fact {
  const exchanges = [10, 20].map((preference) => ({
    exchange: `mx${preference}.${domain}`,
    preference,
    target: 'reachable' as const,
  }))
  const observed = { observedAt: Date.now(), source: 'memory' }
  return { kind: 'route', route: { kind: 'mx', exchanges }, confirmed: false, authentic: false, ...observed }
}
