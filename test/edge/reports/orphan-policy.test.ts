// An enforced MTA-STS policy without its record: the record is offered where exchanges are known to hold, and never before.
import { type InspectJob, inspectReport } from '@postern/shared/contract/inspection.ts'
import { describe, expect, it } from 'vitest'
import type { Inspected } from '../../../edge/src/probe/ask-inspect.ts'
import { connected, reply, seen, withTls } from '../../report/inspections.ts'
import { type Made, report } from './desk.ts'
import { policy } from './zones.ts'

const ZONE = ['a MX 10 mx1.a.test.', 'mx1.a A 8.8.1.8', 'mta-sts.a A 8.8.4.4']

const lookedAt =
  (result: unknown) =>
  ({ jobId }: InspectJob): Inspected => ({
    kind: 'report',
    report: inspectReport.parse({
      jobId,
      lane: 'eu-1',
      kind: 'inspection',
      hosts: [seen('mx1.a.test', { '8.8.1.8': result })],
      policyHost: null,
      holds: [],
      withoutMemory: false,
    }),
  })

interface Offering {
  readonly id: string
  readonly publish: readonly { readonly type: string }[]
}

/** `record` or `file`, of each time that the policy was told of. */
function offers({ told, report: made }: Made): string[] {
  const offeredIn = (findings: readonly Offering[]): string[] =>
    findings
      .filter(({ id }) => id === 'STS_ORPHAN_POLICY')
      .map(({ publish }) => publish.map(({ type }) => (type === 'TXT' ? 'record' : type)).join())
  return [...told.map(({ findings }) => offeredIn(findings)), offeredIn(made.findings)].flat()
}

const of = async (result?: unknown) =>
  offers(
    await report('a.test', {
      resolvers: [{ zone: ZONE }],
      policy: policy(),
      ...(result === undefined ? {} : { inspected: lookedAt(result) }),
    }),
  )

describe('an enforced policy without its record', () => {
  it('is not to be announced before a lane has looked, and then is', async () => {
    const told = await of(connected())
    expect([told[0], told.at(-1)]).toEqual(['file', 'record'])
  })

  it.each([
    ['no lane looks', undefined],
    ['its exchange refuses STARTTLS', withTls({ kind: 'refused', reply: reply(502, 'no'), tookMs: 10 })],
    ['the handshake fails', withTls({ kind: 'handshake_failed', how: 'tls_error', error: null, waitedMs: 10 })],
  ])('is never to be announced where %s', async (_what, result) => {
    expect(new Set(await of(result))).toEqual(new Set(['file']))
  })
})
