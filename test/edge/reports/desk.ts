// Reports as a desk makes them: real resolvers and policy hosts on loopback, a lane that says what a test has it say.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { domainReport, type DomainReport } from '@postern/shared/contract/domain-report.ts'
import type { InspectJob } from '@postern/shared/contract/inspection.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { onTestFinished } from 'vitest'
import { createResolve } from '../../../edge/src/dns/doh.ts'
import { openMemo } from '../../../edge/src/dns/memo.ts'
import { limitConnections } from '../../../edge/src/http/connections.ts'
import type { Inspected } from '../../../edge/src/probe/ask-inspect.ts'
import type { Told } from '../../../edge/src/reports/board.ts'
import { makeReport, type ReportPorts, type ReportWanted } from '../../../edge/src/reports/report.ts'
import type { DohParts, DohServer } from '../dns/doh-server.ts'
import { type Isolate, isolate, serversWith } from '../dns/resolvers-under-test.ts'

export interface Desk {
  /** One or two resolvers. */
  readonly resolvers: readonly DohParts[]
  /** What the policy host answers; without it there is none to be reached. */
  readonly policy?: (request: IncomingMessage, response: ServerResponse) => void
  /** What a lane says; without it there is no lane. */
  readonly inspected?: (job: InspectJob) => Inspected | Promise<Inspected>
  /** Loopback that counts as reachable. */
  readonly loopback?: readonly string[]
}

export interface Made {
  readonly report: DomainReport
  readonly told: readonly (Told & { readonly afterMs: number })[]
  readonly asked: DohServer['asked']
  /** The most questions that were open at once, at any resolver. */
  readonly most: number
  readonly tookMs: number
  readonly jobs: readonly InspectJob[]
  readonly policyRequests: readonly string[]
  readonly ids: readonly string[]
}

export interface Sitting {
  make(domain: string, wish?: Partial<ReportWanted>): Promise<Made>
}

export async function sitDown(desk: Desk): Promise<Sitting> {
  const servers = await serversWith(...desk.resolvers)
  const policyRequests: string[] = []
  const policyUrl = await policyServer(desk.policy, policyRequests)
  const home = isolate()
  const jobs: InspectJob[] = []
  return {
    make: async (domain, wish = {}) => {
      const ports = portsOf(desk, { servers, policyUrl, home, jobs })
      const [told, startedAt] = [[] as (Told & { afterMs: number })[], performance.now()]
      const wanted = { id: 'rep_1', domain: { ascii: domain, unicode: domain }, fresh: false, ...wish }
      const report = await makeReport(wanted, ports, (one) =>
        told.push({ ...one, afterMs: performance.now() - startedAt }),
      )
      // What leaves has the shape that is promised.
      domainReport.parse(report)
      return {
        report,
        told,
        asked: servers.flatMap(({ asked }) => asked),
        most: Math.max(...servers.map(({ most }) => most())),
        tookMs: performance.now() - startedAt,
        jobs,
        policyRequests,
        ids: report.findings.map(({ id, subject }) => (subject === null ? id : `${id} ${subject}`)),
      }
    },
  }
}

/** Of one isolate of its own. */
export async function openDesk(desk: Desk): Promise<{ ports: ReportPorts; servers: readonly DohServer[] }> {
  const servers = await serversWith(...desk.resolvers)
  const policyUrl = await policyServer(desk.policy, [])
  return { servers, ports: portsOf(desk, { servers, policyUrl, home: isolate(), jobs: [] }) }
}

export const portsFor = async (desk: Desk): Promise<ReportPorts> => (await openDesk(desk)).ports

export const report = async (domain: string, desk: Desk): Promise<Made> => (await sitDown(desk)).make(domain)

interface Parts {
  readonly servers: readonly DohServer[]
  readonly policyUrl: string
  readonly home: Isolate
  readonly jobs: InspectJob[]
}

function portsOf({ inspected, loopback = [] }: Desk, { servers, policyUrl, home, jobs }: Parts): ReportPorts {
  const { near, cache, standings, now } = home
  const connect = limitConnections()
  const sleep = (ms: number) => pause(ms, undefined, { ref: false })
  const resolvers = servers.map(({ resolver }) => resolver)
  const ask = async (_lanes: unknown, job: InspectJob) => {
    jobs.push(job)
    return inspected === undefined ? ({ kind: 'unmeasured', why: 'no_lane' } as const) : inspected(job)
  }
  return {
    resolve: createResolve({ resolvers, standings, connect, now, sleep }),
    memo: openMemo('report', { near, cache, scope: 'desk', writtenFrom: 99, connect, now, sleep }),
    now,
    cache,
    connect,
    policyHosts: [{ suffix: 'test', url: policyUrl }],
    loopback: loopback.map((text) => parseCidr(text)).filter((block) => block !== null),
    inspect: { lanes: [], epoch: 0, ask },
    sleep,
    resolvers: resolvers.map(({ name }) => name),
  }
}

async function policyServer(answer: Desk['policy'], requests: string[]): Promise<string> {
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    if (answer === undefined) response.destroy()
    else answer(request, response)
  })
  await new Promise<void>((ready) => server.listen({ host: '127.0.0.1', port: 0 }, ready))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
