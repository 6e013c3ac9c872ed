// The whole stack with a list at mail servers of its own, courtesy's clock hurried: how near it comes to the floor, and what it keeps.
import { startStack } from '../../journeys/stack.ts'
import { startEngine } from '../../prober/engine.ts'
import { aligned, type Part, rounded } from '../edge/report.ts'
import type { Options } from '../run.ts'
import { ended, results, send } from './client.ts'
import { startCountingProxy } from './counting-proxy.ts'
import { startMail } from './mail.ts'
import { breaches, floorS } from './politeness.ts'
import { type Listed, type ListShape, zipfList } from './zipf-list.ts'

interface Setting extends ListShape {
  /** As many times faster courtesy's seconds pass; so many times longer does everything else take beside them. */
  readonly hurry: number
}

const WHOLE: Setting = { addresses: 10_000, domains: 200, goneEvery: 100, hurry: 15 }
const QUICK: Setting = { addresses: 1_000, domains: 50, goneEvery: 100, hurry: 30 }
const LONGEST_MS = 900_000

export async function politely({ quick }: Options): Promise<Part> {
  const setting = quick ? QUICK : WHOLE
  const list = zipfList(setting)
  const [mail, engine] = [await startMail(), await startEngine()]
  const proxy = await startCountingProxy(engine.endpoint)
  process.env['POSTERN_DYNAMODB_ENDPOINT'] = proxy.url
  const ports = ['--doh', mail.dohUrl, '--smtp-port', String(mail.smtpPort), '--allow-loopback-mx']
  const stack = await startStack([...ports, '--hurry', String(setting.hurry)])
  delete process.env['POSTERN_DYNAMODB_ENDPOINT']
  try {
    proxy.reset()
    const service = { url: stack.url, key: stack.keys.sk_live }
    const startedAt = Date.now()
    const { id } = await send(service, `email\n${list.map(({ email }) => email).join('\n')}\n`)
    const batch = await ended(service, id, { withinMs: LONGEST_MS })
    const wallS = (Date.now() - startedAt) / 1_000
    const wrong = wrongRows(list, await results(service, id))
    return partOf({
      list,
      hurry: setting.hurry,
      wallS,
      wrong,
      seen: await mail.report(),
      counts: proxy.counts(),
      units: batch.cost.units,
    })
  } finally {
    await stack.stop()
    proxy.stop()
    await engine.stop()
    mail.stop()
  }
}

/** Rows that are not there, or say something else than their server would. */
function wrongRows(list: readonly Listed[], rows: readonly { email: string; postern_reason: string }[]): number {
  const wrong = list.filter(({ email, isGone }, at) => {
    const row = rows[at]
    return row?.email !== email || row.postern_reason !== (isGone ? 'mailbox_not_found' : 'mailbox_accepted')
  })
  return wrong.length + Math.max(0, rows.length - list.length)
}

interface Run {
  readonly hurry: number
  readonly list: readonly Listed[]
  readonly wallS: number
  readonly wrong: number
  readonly seen: Awaited<ReturnType<Awaited<ReturnType<typeof startMail>>['report']>>
  readonly counts: Readonly<Record<string, number>>
  readonly units: number
}

function partOf({ list, hurry, wallS, wrong, seen, counts, units }: Run): Part {
  const floor = floorS(seen.hosts) / hurry
  const { minutes, seconds } = breaches(seen.hosts, hurry)
  const requests = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const sum = (of: (host: (typeof seen.hosts)[number]) => number) => seen.hosts.reduce((all, host) => all + of(host), 0)
  return {
    title: `A list of ${list.length} addresses on ${seen.hosts.length} domains (Zipf), whole stack, courtesy ${hurry} times as fast`,
    lines: aligned([
      ['seconds, and the floor', rounded(wallS), rounded(floor)],
      ['rows a second', rounded(list.length / wallS), ''],
      [
        'connections, recipients',
        sum(({ connections }) => connections.length),
        sum(({ recipients }) => recipients.length),
      ],
      ['refused', sum(({ refused }) => refused), ''],
      ...Object.entries(counts).map(([name, count]) => [name, count, rounded(count / list.length, 3)] as const),
    ]),
    figures: [
      { name: 'batch_wall_to_floor', value: rounded(wallS / Math.max(floor, 0.001)), target: { atMost: 1.2 } },
      { name: 'batch_breaches_of_30_a_minute', value: minutes, target: { atMost: 0 } },
      { name: 'batch_breaches_of_2_a_second', value: seconds, target: { atMost: 0 } },
      { name: 'batch_rows_wrong_or_absent', value: wrong, target: { atMost: 0 } },
      { name: 'batch_addresses_asked_twice', value: seen.askedTwice, target: { atMost: 0 } },
      { name: 'batch_units_charged_a_row', value: rounded(units / list.length, 4), target: { atMost: 1 } },
      { name: 'batch_dynamo_requests_per_address', value: rounded(requests / list.length, 3), target: { atMost: 0.2 } },
    ],
  }
}
