// The story of an inspection: who is looked at, who is not and why, and whose time it costs.
import type { InspectPorts } from '@postern/prober/inspect/inspect.ts'
import type { Visit } from '@postern/prober/inspect/host.ts'
import type { InspectReport } from '@postern/shared/contract/inspection.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answering, type Exchanges, startExchanges } from './exchange.ts'
import { contextOf } from './identities.ts'
import { EXCHANGE, jobOf, portsFor, report, resultsIn, told } from './lane.ts'

const HOSTS = [1, 2, 3, 4, 5, 6].map((n) => `127.28.0.1${n}`)
const [FIRST, SECOND, THIRD] = HOSTS as [string, string, string]
let exchanges: Exchanges

beforeAll(async () => {
  exchanges = await startExchanges(HOSTS)
})
afterAll(() => exchanges.close())

interface Lane {
  readonly names?: Readonly<Record<string, readonly string[]>>
  readonly ports?: Partial<InspectPorts>
}

/** A lane that finds the exchange at the first address, and decent servers everywhere. */
function lane({ names = { [EXCHANGE]: [FIRST] }, ports = {} }: Lane = {}): InspectPorts {
  exchanges.behave(answering({ tls: contextOf('valid') }))
  return portsFor({ smtpPort: exchanges.port, names, ports })
}

const GOOD = '220 accepted secured accepted'
const all = (reported: InspectReport) => resultsIn(reported).map(told)

describe('addresses', () => {
  it('are looked at one after the other, four at most, and the rest is said to be unmeasured', async () => {
    const reported = await report(lane({ names: { [EXCHANGE]: HOSTS } }))
    expect(all(reported)).toEqual([GOOD, GOOD, GOOD, GOOD, 'too_many_addresses', 'too_many_addresses'])
    expect(exchanges.called).toEqual(HOSTS.slice(0, 4))
    expect(reported.hosts).toMatchObject([{ addressesFound: 6, fromMemory: false, exchange: EXCHANGE }])
  })

  it('that may not be dialled are not, and cost no permit', async () => {
    const asked: Visit[] = []
    const permit = (visit: Visit) => (asked.push(visit), Promise.resolve(null))
    const forbidden = ['10.0.0.1', '127.0.0.1', '169.254.169.254', '127.28.1.1']
    const reported = await report(lane({ names: { [EXCHANGE]: [...forbidden, FIRST] }, ports: { permit } }))
    expect(all(reported)).toEqual([...forbidden.map(() => 'not_reachable_address'), GOOD])
    expect(asked.map(({ address, service, host }) => ({ address, service, host }))).toEqual([
      { address: FIRST, service: 'smtp', host: EXCHANGE },
    ])
  })

  it('that the port before the driver lets through are guarded by the driver', async () => {
    const reported = await report(
      lane({ names: { [EXCHANGE]: ['127.0.0.1', '10.0.0.1'] }, ports: { mayDial: () => true } }),
    )
    expect(all(reported)).toEqual(['not_reachable_address', 'not_reachable_address'])
  })

  it('of IPv6 are told and not measured: lanes have none', async () => {
    const reported = await report(lane({ names: { [EXCHANGE]: [FIRST, '2001:db8::1'] } }))
    expect(reported.hosts).toMatchObject([
      {
        resolution: { a: 'records', aaaa: 'records' },
        addresses: [
          { address: FIRST, family: 4 },
          { address: '2001:db8::1', family: 6, result: { kind: 'unmeasured', why: 'no_ipv6', retryAt: null } },
        ],
      },
    ])
    const only = await report(lane({ names: { [EXCHANGE]: ['2001:db8::1'] } }))
    expect(all(only)).toEqual(['no_ipv6'])
  })

  it('where nothing listens refuse, which is told of them alone', async () => {
    const closed = '127.28.0.99'
    expect(all(await report(lane({ names: { [EXCHANGE]: [closed, FIRST] } })))).toEqual(['connect_refused', GOOD])
  })

  it('that are silent do not eat the time of those behind them', async () => {
    const ports = lane({ names: { [EXCHANGE]: [FIRST, SECOND, THIRD] } })
    for (const silent of [FIRST, SECOND]) exchanges.behave(() => undefined, silent)
    expect(all(await report(ports, jobOf({ budgetMs: 1_500 })))).toEqual(['timed_out', 'timed_out', GOOD])
  })
})

describe('exchanges', () => {
  const names = Object.fromEntries(HOSTS.map((address, n) => [`mx${n}.inspect.test`, [address]]))
  const job = (budgetMs: number) => jobOf({ exchanges: Object.keys(names).map((exchange) => ({ exchange })), budgetMs })

  it('are told in the order of the job, each once', async () => {
    const twice = jobOf({ exchanges: [{ exchange: 'mx1.inspect.test' }, ...job(1).exchanges] })
    const reported = await report(lane({ names }), twice)
    expect(reported.hosts.map(({ exchange }) => exchange)).toEqual([
      'mx1.inspect.test',
      ...Object.keys(names).filter((name) => name !== 'mx1.inspect.test'),
    ])
    expect(exchanges.called).toHaveLength(6)
  })

  it('that are silent leave time for the others, three at once', async () => {
    const ports = lane({ names })
    for (const silent of HOSTS.slice(0, 3)) exchanges.behave(() => undefined, silent)
    const reported = await report(ports, job(1_000))
    const first = reported.hosts.map((host) => (host.kind === 'inspected' ? told(host.addresses[0]?.result) : host.why))
    expect(first).toEqual(['timed_out', 'timed_out', 'timed_out', GOOD, GOOD, GOOD])
  })

  it.each([
    ['does not exist', {}, 'nxdomain'],
    ['has no address', { [EXCHANGE]: [] }, 'nodata'],
  ] as const)('that %s is unmeasured', async (_what, known, found) => {
    expect((await report(lane({ names: known }))).hosts).toMatchObject([
      { kind: 'unmeasured', why: 'name_not_resolved', resolution: { a: found, aaaa: found } },
    ])
  })

  it('that the DNS fails on is unmeasured', async () => {
    const resolveAddresses = () => Promise.resolve({ kind: 'failure', why: 'servfail' } as const)
    expect((await report(lane({ ports: { resolveAddresses } }))).hosts).toMatchObject([
      { kind: 'unmeasured', why: 'name_not_resolved', resolution: { a: 'servfail', aaaa: 'servfail' } },
    ])
  })

  it('may be none', async () => {
    expect(await report(lane(), jobOf({ exchanges: [] }))).toMatchObject({ hosts: [], policyHost: null, holds: [] })
  })
})

describe('what holds a lane back', () => {
  it('an opt-out: nobody is dialled, nor looked up', async () => {
    const resolveAddresses = () => Promise.reject(new Error('looked up'))
    const reported = await report(
      lane({ ports: { routeOf: async () => ({ agrees: true, optedOut: true }), resolveAddresses } }),
      jobOf({ policyHost: 'mta-sts.inspect.test' }),
    )
    const held = { kind: 'unmeasured', why: 'opted_out', resolution: null }
    expect(reported).toMatchObject({ hosts: [held], policyHost: held, holds: [{ hold: 'opted_out' }] })
    expect(exchanges.called).toEqual([])
  })

  it('a route that is not the domain’s own', async () => {
    const reported = await report(lane({ ports: { routeOf: async () => ({ agrees: false, optedOut: false }) } }))
    expect(reported).toMatchObject({
      hosts: [{ kind: 'unmeasured', why: 'route_differs' }],
      holds: [{ hold: 'route_differs' }],
    })
    expect(exchanges.called).toEqual([])
  })

  it.each(['permit', 'breaker_open'] as const)('%s: this address now, the next one perhaps', async (hold) => {
    const retryAt = Date.now() + 5_000
    const fact = { kind: 'hold', hold, retryAt, observedAt: Date.now(), source: 'lane-1' } as const
    const permit = ({ address }: Visit) => Promise.resolve(address === FIRST ? fact : null)
    const reported = await report(lane({ names: { [EXCHANGE]: [FIRST, SECOND] }, ports: { permit } }))
    expect(all(reported)).toEqual([hold, GOOD])
    expect(resultsIn(reported)[0]).toMatchObject({ retryAt })
    expect(reported.holds).toEqual([fact])
    expect(exchanges.called).toEqual([SECOND])
  })

  it('what was granted is given back, with what it says of the destination', async () => {
    const given: unknown[] = []
    const giveBack = ({ address }: Visit, reached: boolean | null) => {
      given.push([address, reached])
      return Promise.resolve()
    }
    const addresses = [FIRST, '127.28.0.99', '127.28.1.1']
    await report(lane({ names: { [EXCHANGE]: addresses }, ports: { giveBack, mayDial: () => true } }))
    expect(given).toEqual([
      [FIRST, true],
      ['127.28.0.99', false],
      ['127.28.1.1', null],
    ])
  })

  it('no time: a job that arrives late measures nothing, and says so', async () => {
    let at = Date.now()
    const now = () => (at += 400)
    const reported = await report(lane({ ports: { now } }), jobOf({ budgetMs: 300 }))
    expect(reported.hosts).toMatchObject([{ kind: 'unmeasured', why: 'deadline' }])
    expect(exchanges.called).toEqual([])
  })
})

it('a source address is bound for loopback targets', async () => {
  exchanges.behave((caller) => caller.say('554 5.7.1 No\r\n'))
  const ports = portsFor({
    smtpPort: exchanges.port,
    names: { [EXCHANGE]: [FIRST] },
    looks: { sourceAddress: '127.28.0.200' },
  })
  expect(all(await report(ports))).toEqual(['554'])
})
