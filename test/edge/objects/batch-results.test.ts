// Results on their way out: in the order of the list, while it runs and after, in pages of any size, duplicates with their first row's.
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type ExportPorts, pageOf, type Place, stream } from '../../../edge/src/batches/export.ts'
import {
  addresses,
  doTurn,
  each,
  exists,
  isNobody,
  type Listed,
  listed,
  newLanes,
  playWork,
  standingQueues,
  toTheEnd,
  turns,
} from './batch-given.ts'
import { standingClock } from './given.ts'

standingClock()
standingQueues()

const portsOf = ({ stub }: Listed): ExportPorts => ({ page: (n) => stub.page(n), spool: env.SPOOL })

async function linesOf(list: Listed, format: 'csv' | 'ndjson', statuses: readonly string[] | null = null) {
  const body = stream((await list.stub.plan())!, { format, statuses }, portsOf(list))
  return (await new Response(body).text()).trimEnd().split(/\r?\n/)
}

type Row = Readonly<Record<string, unknown>>

async function rowsOf(list: Listed): Promise<Row[]> {
  return (await linesOf(list, 'ndjson')).map((line) => JSON.parse(line) as Row)
}

/** Three chunks: the last one has a duplicate of each of the others and one of its own. */
const LIST = [
  ...addresses(500, 7),
  ...addresses(500, 7, 'other'),
  'joe@d.test',
  'user3@d3.test',
  'other4@d4.test',
  'joe@d.test',
]
const says = each((email) => (/[05]@/.test(email) ? isNobody() : exists()))

describe('results', () => {
  it('stand in the order of the list, each duplicate with what its first row came to', async () => {
    const list = await listed(LIST)
    await toTheEnd(list, { lanes: newLanes(2), says })
    const rows = await rowsOf(list)
    expect(rows.map((row) => row['email'])).toEqual(LIST)
    const reason = (email: string) => (/[05]@/.test(email) ? 'mailbox_not_found' : 'mailbox_accepted')
    expect(rows.map((row) => row['postern_reason'])).toEqual(LIST.map(reason))
    const pointing = rows.flatMap((row, at) =>
      row['postern_duplicate_of'] === null ? [] : [[at + 1, row['postern_duplicate_of']]],
    )
    expect(pointing).toEqual([
      [1_002, 4],
      [1_003, 505],
      [1_004, 1_001],
    ])
  })

  it('are there as far as they are known while the list runs', async () => {
    const list = await listed([...addresses(20, 20), 'no address'])
    const stage = { lanes: newLanes(), says }
    const known = async () => (await rowsOf(list)).flatMap((row, at) => (row['postern_status'] === null ? [] : [at]))
    await playWork(stage)
    expect(await known()).toEqual([20])
    await doTurn(turns.shift()!, stage)
    const some = await known()
    expect(some.length).toBeGreaterThan(5)
    expect(some.length).toBeLessThan(21)
    const before = await rowsOf(list)
    await toTheEnd(list, stage)
    const after = await rowsOf(list)
    for (const at of some) expect(after[at]).toEqual(before[at])
    expect((await known()).length).toBe(21)
  })

  it('are there for every row of a list that was stopped', async () => {
    const list = await listed(LIST)
    const stage = { lanes: newLanes(), says }
    await playWork(stage)
    await doTurn(turns.shift()!, stage)
    await list.stub.cancel()
    const reasons = (await rowsOf(list)).map((row) => row['postern_reason'])
    expect(reasons).toHaveLength(LIST.length)
    expect(new Set(reasons)).toEqual(new Set(['mailbox_accepted', 'mailbox_not_found', 'not_probed']))
  })

  it.each([1, 7, 499, 500, 501, 1_000])('come in pages of %d, each row once', async (limit) => {
    const list = await listed(LIST.slice(0, limit < 10 ? 30 : LIST.length), { mode: 'fast' })
    await toTheEnd(list, {})
    const state = (await list.stub.plan())!
    const found: unknown[] = []
    for (let place: Place | null = { chunk: 0, skip: 0 }; place !== null; ) {
      const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(
        state,
        { place, limit, statuses: null },
        portsOf(list),
      )
      expect(page.rows.length).toBeLessThanOrEqual(limit)
      found.push(...page.rows.map((row) => row['email']))
      place = page.next
    }
    expect(found).toEqual(LIST.slice(0, found.length))
    expect(found).toHaveLength(state.rows)
  })

  it('are those of the statuses that are wanted', async () => {
    const list = await listed(LIST)
    await toTheEnd(list, { lanes: newLanes(), says })
    const state = (await list.stub.plan())!
    const lines = await linesOf(list, 'csv', ['undeliverable'])
    expect(lines).toHaveLength(1 + LIST.filter((email) => /[05]@/.test(email)).length)
    const whole = { place: { chunk: 0, skip: 0 }, limit: 1_000, statuses: ['undeliverable'] }
    const { rows, next } = await pageOf(state, whole, portsOf(list))
    expect([rows.length, next]).toEqual([lines.length - 1, null])
  })

  it('keep what the list had, as it was written', async () => {
    const text = 'id;E-Mail;note\r\n1;jane@d.test;"a ""quoted""; one"\r\n2; joe@d.test ;\r\n3;;nobody\r\n'
    const list = await listed(text)
    await toTheEnd(list, { lanes: newLanes() })
    const lines = await linesOf(list, 'csv')
    expect(lines.map((line) => line.split(';postern')[0]!.replace(/;(deliverable|undeliverable);.*$/, ''))).toEqual([
      'id;E-Mail;note',
      '1;jane@d.test;"a ""quoted""; one"',
      '2; joe@d.test ;',
      '3;;nobody',
    ])
  })

  it('that cannot be read end in a failure, not as if that were all', async () => {
    const list = await listed(LIST, { mode: 'fast' })
    await toTheEnd(list, {})
    const state = (await list.stub.plan())!
    const gone = { get: async () => null } as unknown as ExportPorts['spool']
    const body = stream(state, { format: 'csv', statuses: null }, { ...portsOf(list), spool: gone })
    await expect(new Response(body).text()).rejects.toThrow('the upload is not there')
    await list.stub.erase()
    const rest = stream(state, { format: 'csv', statuses: null }, portsOf(list))
    await expect(new Response(rest).text()).rejects.toThrow('not there any more')
  })
})
