// Reports of TLS failures over HTTP: packed and unpacked, and everything that is none.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import worker from '../../../edge/src/worker.ts'
import { holder } from './asking.ts'

const REPORT = {
  'organization-name': 'Sender',
  'date-range': { 'start-datetime': '2026-11-20T00:00:00Z', 'end-datetime': '2026-11-20T23:59:59Z' },
  'report-id': 'r1',
  policies: [
    {
      policy: { 'policy-type': 'sts', 'policy-domain': 'a.test', 'policy-string': [] },
      summary: { 'total-successful-session-count': 5326, 'total-failure-session-count': 303 },
      'failure-details': [
        {
          'result-type': 'certificate-expired',
          'sending-mta-ip': '192.0.2.1',
          'receiving-mx-hostname': 'mx1.a.test.',
          'failed-session-count': 100,
        },
        { 'result-type': 'starttls-not-supported', 'receiving-mx-hostname': 'mx2.a.test', 'failed-session-count': 203 },
      ],
    },
  ],
}

let key = ''
beforeAll(async () => {
  key = await holder()
})

async function gzip(text: string | ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  return new Response(new Response(text).body!.pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
}

interface Sent {
  readonly body: string | ArrayBuffer
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
}

async function send({ body, headers, query = '' }: Sent) {
  const context = createExecutionContext()
  const all = { authorization: `Bearer ${key}`, 'content-type': 'application/tlsrpt+json', ...headers }
  const request = new Request(`https://edge.test/v1/tlsrpt${query}`, { method: 'POST', body, headers: all })
  const response = await worker.fetch(request, env, context)
  const answer = { status: response.status, body: await response.json<Record<string, unknown>>() }
  await waitOnExecutionContext(context)
  return answer
}

const GZIP = { 'content-type': 'application/tlsrpt+gzip' }

describe('a report of TLS failures', () => {
  it.each([
    ['0.00001', 24_999],
    ['0.0399999', 24],
    ['0', 999_999_999],
  ])('beyond a line of %s by little tells both where they differ', async (line, successes) => {
    const summary = { 'total-successful-session-count': successes, 'total-failure-session-count': 1 }
    const policies = [{ policy: { 'policy-type': 'sts', 'policy-domain': 'a.test' }, summary }]
    const { body } = await send({ body: JSON.stringify({ policies }), query: `?line=${line}` })
    const evidence = { successes, failures: 1, line: Number(line), rate: expect.closeTo(1 / (successes + 1), 12) }
    expect(body['findings']).toMatchObject([{ id: 'TLSRPT_RATE_HIGH', evidence }])
  })

  it('is summed up, and a rate beyond the line is a finding', async () => {
    expect(await send({ body: JSON.stringify(REPORT) })).toMatchObject({
      status: 200,
      body: {
        organization: 'Sender',
        report_id: 'r1',
        successes: 5326,
        failures: 303,
        rate: expect.closeTo(0.053828, 5),
        domains: ['a.test'],
        policies: [
          {
            type: 'sts',
            domain: 'a.test',
            failures: 303,
            details: [
              { type: 'starttls-not-supported', sessions: 203, host: 'mx2.a.test', sending_ip: null },
              { type: 'certificate-expired', sessions: 100, host: 'mx1.a.test', sending_ip: '192.0.2.1' },
            ],
          },
        ],
        by_domain: [{ domain: 'a.test', successes: 5326, failures: 303, rate: expect.closeTo(0.053828, 5) }],
        by_type: [
          { type: 'starttls-not-supported', sessions: 203, known: true },
          { type: 'certificate-expired', sessions: 100, known: true },
        ],
        by_exchange: [
          { host: 'mx2.a.test', sessions: 203 },
          { host: 'mx1.a.test', sessions: 100 },
        ],
        findings: [{ id: 'TLSRPT_RATE_HIGH', subject: 'a.test' }],
      },
    })
  })

  it('is no finding below a line of the caller', async () => {
    const { body } = await send({ body: JSON.stringify(REPORT), query: '?line=0.1' })
    expect(body['findings']).toEqual([])
  })

  it('comes packed or not, whatever its type says', async () => {
    const body = await gzip(JSON.stringify(REPORT))
    expect(await send({ body, headers: GZIP })).toMatchObject({ status: 200, body: { failures: 303 } })
    for (const type of ['application/json', 'application/octet-stream', 'application/x-gzip'])
      expect(await send({ body, headers: { 'content-type': type } })).toMatchObject({ status: 200 })
    expect(await send({ body: JSON.stringify(REPORT), headers: GZIP })).toMatchObject({ status: 200 })
  })
})

function joined(...parts: readonly (ArrayBuffer | Uint8Array)[]): ArrayBuffer {
  return new Uint8Array(parts.flatMap((part) => [...new Uint8Array(part)])).buffer
}

describe('a report that comes packed', () => {
  it.each([1, 2, 5])('in %i members is one (RFC 1952 §2.2)', async (members) => {
    const text = JSON.stringify(REPORT)
    const length = Math.ceil(text.length / members)
    const parts = Array.from({ length: members }, (_, n) => gzip(text.slice(n * length, (n + 1) * length)))
    const body = joined(...(await Promise.all(parts)))
    expect(await send({ body, headers: GZIP })).toMatchObject({ status: 200, body: { successes: 5326, failures: 303 } })
  })

  it('and filled up with zeros is read all the same', async () => {
    const body = joined(await gzip(JSON.stringify(REPORT)), new Uint8Array(100))
    expect(await send({ body, headers: GZIP })).toMatchObject({ status: 200, body: { failures: 303 } })
  })

  it.each([
    ['a line end', '\r\n', 2],
    ['something else', 'more of it', 10],
    ['a signature', '\r\n-- \r\nSender', 13],
  ])('and has %s behind its last member is read all the same, with a notice', async (_what, behind, octets) => {
    const text = JSON.stringify(REPORT)
    const notices = [`has ${octets} octets behind its gzip, which were passed over`]
    for (const parts of [[text], [text.slice(0, 50), text.slice(50)]]) {
      const members = await Promise.all(parts.map((part) => gzip(part)))
      const body = joined(...members, new TextEncoder().encode(behind))
      expect(await send({ body, headers: GZIP })).toMatchObject({ status: 200, body: { failures: 303, notices } })
    }
    expect((await send({ body: await gzip(text), headers: GZIP })).body).toMatchObject({ notices: [] })
  })

  it('and has a name, a comment, extra fields and a line end behind it is read all the same', async () => {
    const member = new Uint8Array(await gzip(JSON.stringify(REPORT)))
    const header = new Uint8Array([...member.subarray(0, 3), 4 + 8 + 16, ...member.subarray(4, 10)])
    const fields = [new Uint8Array([3, 0, 0, 1, 0]), new TextEncoder().encode('report.json\0of a day\0')]
    const body = joined(header, ...fields, member.subarray(10), new Uint8Array([13, 10]))
    expect(await send({ body, headers: GZIP })).toMatchObject({ status: 200, body: { failures: 303 } })
  })

  const damaged = async () => {
    const member = new Uint8Array(await gzip(JSON.stringify(REPORT)))
    member[member.length - 8]! ^= 1
    return joined(member, new Uint8Array([13, 10]))
  }

  it.each([
    ['is damaged before a line end', damaged, 400],
    [
      'has a line end before its trailer is over',
      async () => joined((await gzip('{}')).slice(0, -4), new Uint8Array([13, 10])),
      400,
    ],
    [
      'has more members than anybody sends before a line end',
      async () =>
        joined(await gzip(JSON.stringify(REPORT)), ...Array(100).fill(await gzip(' ')), new Uint8Array([13, 10])),
      400,
    ],
    ['has a name without an end', async () => new Uint8Array([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, 65, 66]).buffer, 400],
    [
      'unpacks to more than four megabytes before a line end',
      async () =>
        joined(...(await Promise.all([1, 2, 3].map(() => gzip(' '.repeat(1_500_000))))), new Uint8Array([13, 10])),
      413,
    ],
    ['ends within its second member', async () => joined(await gzip('{'), (await gzip('}')).slice(0, 12)), 400],
    ['has members that are no JSON together', async () => joined(await gzip('{}'), await gzip('{}')), 400],
    ['is no UTF-8', async () => gzip(new Blob([new Uint8Array([0x22, 0xff, 0x22])]).stream()), 400],
    [
      'unpacks to more than four megabytes together',
      async () => joined(...(await Promise.all([1, 2, 3].map(() => gzip(' '.repeat(1_500_000)))))),
      413,
    ],
  ] as const)('and %s is refused', async (...[, body, status]) => {
    expect((await send({ body: await body(), headers: GZIP })).status).toBe(status)
  })

  it('has counts in quotes, and is read with a notice; what is no count is named', async () => {
    const quoted = JSON.stringify(REPORT).replace(':5326', ':"5326"')
    expect(await send({ body: quoted })).toMatchObject({
      status: 200,
      body: { successes: 5326, notices: ['has counts in quotes, where RFC 8460 §4.4 has numbers'] },
    })
    expect(await send({ body: quoted.replace('"5326"', '"many"') })).toMatchObject({
      status: 422,
      body: {
        errors: [
          {
            pointer: '/policies/0/summary/total-successful-session-count',
            detail: 'is no count: a whole number from 0 to 1000000000000',
          },
        ],
      },
    })
  })
})

describe('what is no report', () => {
  it.each<[string, Sent, number]>([
    ['no JSON', { body: 'to be or not' }, 400],
    ['nothing', { body: '' }, 400],
    ['no gzip', { body: 'to be or not', headers: GZIP }, 400],
    ['not UTF-8', { body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]).buffer }, 400],
    ['nested ten thousand deep', { body: '['.repeat(10_000) + ']'.repeat(10_000) }, 422],
    ['another JSON', { body: '{"policies": "all"}' }, 422],
    ['a report of less than nothing', { body: JSON.stringify(REPORT).replace('5326', '-1') }, 422],
    ['a form', { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['more than 128 KiB', { body: `{"a":"${'x'.repeat(140_000)}"}` }, 413],
    ['asked with a parameter that there is not', { body: JSON.stringify(REPORT), query: '?lien=1' }, 422],
    ['asked with a line that is none', { body: JSON.stringify(REPORT), query: '?line=' }, 422],
    ['asked with a line beyond all', { body: JSON.stringify(REPORT), query: '?line=2' }, 422],
  ])('%s is refused', async (_what, sent, status) => {
    const answer = await send(sent)
    expect([answer.status, typeof answer.body['detail']]).toEqual([status, 'string'])
  })

  it('that is half of a gzip is refused', async () => {
    const whole = await gzip(JSON.stringify(REPORT))
    expect((await send({ body: whole.slice(0, whole.byteLength / 2), headers: GZIP })).status).toBe(400)
  })

  it('that unpacks to a hundred megabytes is given up at four', async () => {
    const spaces = new Uint8Array(1_000_000).fill(32)
    let left = 100
    const bomb = await gzip(
      new ReadableStream({
        pull: (controller) => {
          if (left === 0) return controller.close()
          left -= 1
          controller.enqueue(spaces)
        },
      }),
    )
    expect(bomb.byteLength).toBeLessThan(128 * 1_024)
    expect((await send({ body: bomb, headers: GZIP })).status).toBe(413)
  })
})
