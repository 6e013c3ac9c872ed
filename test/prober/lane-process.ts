// A lane in a process of its own, at an exchange and at tables that a test has started, for stories that more than one process tells.
import { createEvidence } from '@postern/prober/store/evidence.ts'
import { createDynamo } from '@postern/prober/store/dynamo.ts'
import { createDial } from '@postern/prober/net/dial.ts'
import { createPermits } from '@postern/prober/store/permits.ts'
import { probe } from '@postern/prober/probe.ts'
import type { ProbeJob, ProbeReport } from '@postern/shared/contract/probe.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { testKeys } from './facts.ts'

export interface Errand {
  readonly endpoint: string
  /** Where the exchange of every domain listens. */
  readonly exchange: { readonly address: string; readonly port: number }
  /** The address that the lane believes to dial: a destination of its own. */
  readonly shownAs: string
  readonly job: ProbeJob
}

const LANE = 'eu-central-1-p'

function ask({ endpoint, exchange, shownAs, job }: Errand): Promise<ProbeReport> {
  const now = Date.now
  const dynamo = createDynamo({ region: 'local', endpoint, onFault: (what) => process.send?.({ fault: what }), now })
  const keys = testKeys()
  const dial = createDial({
    loopback: [parseCidr(`${exchange.address}/32`)!],
    port: 1,
    loopbackPort: exchange.port,
    sourceAddress: null,
    now,
  })
  const ports = {
    lane: { id: LANE, ehloName: 'a1.probe.test', mailFrom: 'probe@a1.probe.test' },
    now,
    resolveAddresses: async () => ({ kind: 'records', data: [shownAs], ttlS: 60, authentic: false }) as const,
    routeOf: async () => ({ agrees: true, optedOut: false }),
    fitness: async () => ({ lane: 'unmeasured', kind: null, why: '', unfitOperators: [], canaries: {} }) as const,
    aliasOf: (text: string) => keys.alias(text),
    mayDial: () => true,
    strangersOf: (domain: string) => [keys.token(domain), keys.personal(domain)] as const,
    evidence: createEvidence(dynamo, keys, 'evidence'),
    hurry: 1,
    sleep: async () => undefined,
    permits: createPermits({ dynamo, table: 'traffic', lane: LANE, now }),
    dial: (_: string, ...call: [Parameters<typeof dial>[1], Parameters<typeof dial>[2]]) =>
      dial(exchange.address, ...call),
  }
  return probe(job, ports, now())
}

process.on('message', async (errand: Errand) => {
  process.send?.({ report: await ask(errand) })
})
process.send?.({ ready: true })
