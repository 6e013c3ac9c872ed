// Requests to DynamoDB per address of a list: groups at one domain, with the limits as they are and with limits raised.
import { providerOf } from '@postern/shared/dns/provider.ts'
import type { Engine } from '../../prober/engine.ts'
import type { Far } from './far.ts'
import { type Count, counted, laneOf } from './requests.ts'

const SIZES = [24, 30]
/** Groups of a size, at hosts of their own, so that none finds permits that another has spent. */
const GROUPS = 4

export async function lists(engine: Engine, far: Far, hosts: readonly string[]): Promise<Count[]> {
  const counts: Count[] = []
  let at = 100
  for (const raised of [false, true]) {
    for (const size of SIZES) {
      const name = `list-${size}-${raised}`
      const lane = laneOf(engine, far, { name, raised })
      const spent = []
      let answered = 0
      for (let group = 0; group < GROUPS; group += 1) {
        lane.forget()
        const ask = () => lane.askList(`d${(at += 1)}.bench.test`, people(size))
        const report = await (raised ? withRaisedSessions(ask) : ask())
        const addresses = report.groups.flat().filter(({ state }) => state === 'asked').length
        answered += addresses
        spent.push({ requests: [...lane.requests], lookUps: [], dialledAt: 0, addresses })
      }
      const limits = raised ? 'limits raised' : 'limits as they are'
      const what = `list of ${size}, ${limits}, ${Math.round(answered / GROUPS)} answered, per answer`
      counts.push(counted(`list_${size}_${raised ? 'raised' : 'as_is'}`, { what, spent, atMost: 0.2 }))
    }
  }
  if (at - 100 > hosts.length) throw new Error('two lists met at one host')
  return counts
}

const people = (count: number): string[] => Array.from({ length: count }, (_, n) => `person${n}`)

/** The story reads of the row itself how many recipients a session takes. */
async function withRaisedSessions<T>(act: () => Promise<T>): Promise<T> {
  const { limits } = providerOf('mx.bench.test', 'bench.test')
  const before = { ...limits }
  Object.assign(limits, { recipientsPerSession: 100, recipientsPerMinute: 1_000 })
  return act().finally(() => Object.assign(limits, before))
}
