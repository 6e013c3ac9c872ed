// Lists through the whole stack: every row with its own answer, once and in order; what is no list is refused with a reason.
import type { BatchBody } from '@postern/shared/contract/batch.ts'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ended, results, type Service, send } from '../bench/batch/client.ts'
import { startStack, type Stack } from './stack.ts'

let stack: Stack
let live: Service
let test: Service
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x2'])
  live = { url: stack.url, key: stack.keys.sk_live }
  test = { url: stack.url, key: stack.keys.sk_test }
})
afterAll(() => stack.stop())

const WITHIN = { withinMs: 20_000 }

interface Sent extends Omit<RequestInit, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>
}

async function call(service: Service, path: string, init: Sent = {}) {
  const headers = { authorization: `Bearer ${service.key}`, ...init.headers }
  const response = await fetch(new URL(path, service.url), { ...init, headers })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, headers: response.headers, text, body: (isJson ? JSON.parse(text) : {}) as Body }
}

interface Body extends Partial<BatchBody> {
  readonly detail?: string
  readonly preview?: { rows_estimated: number; sample: { status: string; reason: string }[] } | null
  readonly rows?: number
  readonly results?: Record<string, unknown>[]
  readonly next_cursor?: string | null
}

interface Posted {
  readonly query?: string
  readonly type?: string
}

const post = (
  service: Service,
  body: string | Uint8Array<ArrayBuffer>,
  { query = '', type = 'text/csv' }: Posted = {},
) => call(service, `/v1/batches${query}`, { method: 'POST', headers: { 'content-type': type }, body })

describe('a list of mailboxes', () => {
  const CSV = [
    'name;E-Mail;note',
    '1;jane.roe@strict.test;"a; b"',
    '2;nina.falk@strict.test;"said ""no"""',
    '3;JANE.ROE@strict.test;',
    '4;jane.roe@strict.test;again',
    '5;jane.roe@catchall.test;',
    '6;jane.roe@null-mx.test;',
    '7;not an address;',
    '8;;empty',
    '9;jane.roe@blocked-greeting.test;',
    '10',
  ]
  let batch: BatchBody

  it('is answered row by row, in order, with its own columns as they were', async () => {
    const { id } = await send(live, `\ufeff${CSV.join('\r\n')}\r\n`)
    batch = await ended(live, id, WITHIN)
    expect(batch).toMatchObject({ status: 'completed', total: 10, done: 10, duplicates: 1, parked: 0 })
    const { text, headers } = await call(live, `/v1/batches/${id}/results?format=csv`)
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${id}.csv"`)
    const lines = text.replace(/^\ufeff/, '').split('\r\n')
    const [head = '', ...rows] = lines
    expect(head).toMatch(/^name;E-Mail;note;postern_status;postern_reason;/)
    expect(rows.at(-1)).toBe('')
    for (const [n, row] of CSV.slice(1, 9).entries()) expect(rows[n]?.startsWith(`${row};`)).toBe(true)
    const found = rows
      .slice(0, 10)
      .map((row) => /;(deliverable|undeliverable|risky|unknown);(\w+);(\w+);/.exec(row)?.slice(1, 4).join(' '))
    expect(found).toEqual([
      'deliverable mailbox_accepted confirmed',
      'undeliverable mailbox_not_found confirmed',
      'undeliverable mailbox_not_found confirmed',
      'deliverable mailbox_accepted confirmed',
      'risky accepts_all confirmed',
      'undeliverable null_mx confirmed',
      'undeliverable syntax_invalid confirmed',
      'undeliverable syntax_invalid confirmed',
      'unknown blocked estimated',
      'unknown inconclusive estimated',
    ])
    expect(rows[3]?.endsWith(';1')).toBe(true)
  })

  it('costs what is confirmed; its duplicates, and rows without an address, nothing', async () => {
    expect(batch.cost).toMatchObject({ units: 6, charged_rows: 6 })
    const { text } = await call(live, '/v1/usage?by=mode')
    expect(text).toContain('"group":"list","why":"list","count":6,"units":6')
  })

  it('is free where the account has paid for the same answers', async () => {
    const { id } = await send(live, 'jane.roe@strict.test\nnina.falk@strict.test\n')
    expect((await ended(live, id, WITHIN)).cost).toMatchObject({ units: 0, charged_rows: 0 })
  })

  it('is told in pages of JSON, and by status', async () => {
    const first = await call(live, `/v1/batches/${batch.id}/results?limit=6`)
    const second = await call(live, `/v1/batches/${batch.id}/results?limit=6&cursor=${first.body.next_cursor}`)
    const all = [...(first.body.results ?? []), ...(second.body.results ?? [])]
    expect(all.map((row) => row['name'])).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'])
    expect(second.body.next_cursor).toBeNull()
    const risky = await call(live, `/v1/batches/${batch.id}/results?status=risky,unknown`)
    expect(risky.body.results?.map((row) => row['E-Mail'])).toEqual([
      'jane.roe@catchall.test',
      'jane.roe@blocked-greeting.test',
      '',
    ])
  })

  it('finds one mailbox under several spellings where it is told to', async () => {
    const { id } = await send(test, 'jane.roe+a@gmail.com\nj.anero.e@gmail.com\njane.roe@other.example\n', {
      query: '?dedupe=canonical',
    })
    await ended(test, id, WITHIN)
    expect((await results(test, id)).map((row) => row.postern_duplicate_of)).toEqual([null, 1, null])
  })
})

describe('other shapes', () => {
  it('a list of JSON, and one of lines of JSON, keep their members', async () => {
    const rows = [{ id: 1, email: 'role+x@a.example', tags: ['a'] }, 'disposable+y@b.example']
    const json = await send(test, JSON.stringify({ emails: rows }), { type: 'application/json' })
    const lines = await send(test, rows.map((row) => JSON.stringify(row)).join('\n'), { type: 'application/x-ndjson' })
    for (const { id } of [json, lines]) {
      await ended(test, id, WITHIN)
      const found = await results(test, id)
      expect(found[0]).toMatchObject({ id: 1, email: 'role+x@a.example', tags: ['a'], postern_reason: 'role' })
      expect(found[1]).toMatchObject({ email: 'disposable+y@b.example', postern_reason: 'disposable' })
    }
  })

  it('more than one chunk of rows, and more than one look, are one list', async () => {
    const emails = Array.from({ length: 1_203 }, (_, n) => `user${n}+mailbox_full@d${n % 7}.example`)
    const { id } = await send(test, `email\n${emails.join('\n')}`)
    expect(await ended(test, id, WITHIN)).toMatchObject({
      total: 1_203,
      done: 1_203,
      by_reason: { mailbox_full: 1_203 },
    })
    expect((await results(test, id)).map(({ email }) => email)).toEqual(emails)
  })
})

describe('a preview', () => {
  it('shows columns, cost and a sample for nothing, and begins when it is told to', async () => {
    const { body } = await post(live, 'mail\nnina.falk@young.test\njane.roe@null-mx.test\n', { query: '?start=false' })
    expect(body).toMatchObject({
      status: 'previewed',
      columns: ['mail'],
      preview: { column: 'mail', rows_estimated: 2, cost_at_most: 2 },
    })
    expect(body.preview?.sample.map(({ reason }) => reason)).toEqual(['not_probed', 'null_mx'])
    const started = await call(live, `/v1/batches/${body.id}/start`, { method: 'POST' })
    expect(started.status).toBe(202)
    expect(await ended(live, body.id ?? '', WITHIN)).toMatchObject({ status: 'completed', done: 2 })
  })
})

describe('a bound on the cost', () => {
  it('is never passed, and what is left is not asked about', async () => {
    const { id } = await send(live, 'email\njane.roe@idn.test\nnot one\nnor two\nnor three\n', { query: '?max_cost=2' })
    const batch = await ended(live, id, WITHIN)
    expect(batch).toMatchObject({ status: 'completed', stopped: 'max_cost', cost: { units: 2, max: 2 } })
    expect(batch.by_reason['not_probed']).toBe(2)
  })
})

describe('the same again', () => {
  it('under one idempotency key is one batch; another list under it is refused', async () => {
    const options = { idempotencyKey: 'list-of-monday' }
    const [one, other] = await Promise.all([
      send(test, 'a+role@x.example\n', options),
      send(test, 'a+role@x.example\n', options),
    ])
    expect(other.id).toBe(one.id)
    await expect(send(test, 'b+role@x.example\n', options)).rejects.toThrow(/^422.*idempotency/)
  })
})

describe('an erasure', () => {
  it('takes a mailbox out of every list, however it was written there, and nothing else', async () => {
    const { id } = await send(
      live,
      'id,email\n1,Karl.Weber@strict.test\n2,nina.falk@strict.test\n3,"karl.weber@strict.test"\n',
    )
    await ended(live, id, WITHIN)
    const erased = await call(live, '/v1/erasures', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'karl.weber@strict.test' }),
    })
    expect([erased.status, erased.body.rows]).toEqual([200, 2])
    const { text } = await call(live, `/v1/batches/${id}/results?format=csv`)
    expect(text.toLowerCase()).not.toContain('karl')
    expect(text).toMatch(/^2,nina\.falk@strict\.test,undeliverable,mailbox_not_found,confirmed/m)
    expect(text.trimEnd().split('\n').length).toBe(4)
  })
})

describe('a batch that is no longer wanted', () => {
  it('is cancelled, and what was found stays', async () => {
    const { id } = await send(live, 'email\njane.roe@tarpit.test\nfoo bar\n')
    await expect.poll(async () => (await call(live, `/v1/batches/${id}`)).body.done, { timeout: 10_000 }).toBe(1)
    const { status, body } = await call(live, `/v1/batches/${id}/cancel`, { method: 'POST' })
    expect([status, body.status, body.stopped]).toEqual([202, 'cancelled', 'cancelled'])
    expect((await results(live, id)).map((row) => row.postern_reason)).toEqual(['not_probed', 'syntax_invalid'])
  })

  it('is erased with its upload, once and for all', async () => {
    const { id } = await send(test, 'a+role@x.example\n')
    await ended(test, id, WITHIN)
    const erased = await call(test, `/v1/batches/${id}`, { method: 'DELETE' })
    expect([erased.status, erased.body]).toEqual([200, { id, erased: true }])
    expect((await call(test, `/v1/batches/${id}`)).status).toBe(410)
    expect((await call(test, `/v1/batches/${id}/results?format=csv`)).status).toBe(410)
    expect((await call(live, `/v1/batches/${id}`)).status).toBe(404)
    const { text } = await call(test, '/v1/batches?limit=100')
    expect(text).not.toContain(id)
  })
})

describe('events', () => {
  it('tell how it goes on until it has ended', async () => {
    const { id } = await send(test, 'a+role@x.example\n')
    const { text, headers } = await call(test, `/v1/batches/${id}/events`)
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(text).toMatch(/event: end\ndata: \{"id":"bat_/)
  })
})

describe.concurrent('what is no list', () => {
  const wide = Array.from({ length: 10_000 }, (_, n) => `c${n}`).join(',')
  const UPLOADS: readonly (readonly [name: string, body: string, reason: RegExp, posted?: Posted])[] = [
    ['nothing', '', /empty|no row|nothing/i],
    ['names of columns only', 'email,name\n', /row/i],
    ['no address anywhere', 'a,b\n1,2\n3,4\n', /column/i],
    ['a picture', '\u0089PNG\r\n\u001a\n\0\0\0\rIHDR\0\0', /binary|text|NUL|control/i],
    ['a column that is not there', 'email\na@b.example\n', /column/i, { query: '?column=adress' }],
    ['more octets than a row has', `email\n"${'x'.repeat(300_000)}`, /longer|quote/i],
    ['JSON that ends early', '{"emails": ["a@b.example"', /end/i, { type: 'application/json' }],
    ['JSON without emails', '{"mails": []}', /emails/i, { type: 'application/json' }],
  ]
  it.each(UPLOADS.map(([name, body, reason, posted]) => ({ name, body, reason, posted })))(
    '$name is refused with a reason',
    async ({ body, reason, posted }) => {
      const refused = await post(test, body, posted)
      if (refused.status === 422) return expect(refused.body.detail).toMatch(reason)
      // What shows only when it is read ends the batch, with the reason.
      expect(refused.status).toBe(202)
      const batch = await ended(test, refused.body.id ?? '', WITHIN)
      expect([batch.status, batch.failure?.detail]).toEqual(['failed', expect.stringMatching(reason)])
    },
  )

  it('a compressed one is named as such, and another type is not taken', async () => {
    const zipped = await post(test, new Uint8Array(gzipSync('a@b.example\n')))
    expect([zipped.status, zipped.body.detail]).toEqual([422, expect.stringMatching(/gzip/i)])
    expect((await post(test, 'a@b.example', { type: 'text/plain' })).status).toBe(415)
  })

  it('ten thousand columns are one, if one of them has addresses', async () => {
    const cells = Array.from({ length: 10_000 }, (_, n) => (n === 9_000 ? 'a+role@b.example' : 'x')).join(',')
    const { id } = await send(test, `${wide}\n${cells}\n`)
    expect(await ended(test, id, WITHIN)).toMatchObject({ done: 1, by_reason: { role: 1 } })
  })

  it('a row that breaks off in the middle of a long list ends it as failed, with its number', async () => {
    const good = Array.from({ length: 30_000 }, (_, n) => `user${n}@d.example`).join('\n')
    const { id } = await send(test, `email\n${good}\n"never closed ${'x'.repeat(70_000)}\n`)
    expect(await ended(test, id, WITHIN)).toMatchObject({ status: 'failed', failure: { row: 30_001 } })
  })
})
