// The judgements that the mail world cannot be brought to, as tables; and the events by which an audit is ordered.
import { scheduledAudit } from '@postern/prober/audit/auditor.ts'
import {
  judgeDnsbl,
  judgeFcrdns,
  judgePort25,
  type ListSeen,
  type NamesSeen,
  type TargetSeen,
} from '@postern/prober/audit/judge.ts'
import { auditJob, auditReport, CHECKS, unfitnessOf } from '@postern/shared/contract/audit.ts'
import type { Answer } from '@postern/shared/dns/answer.ts'
import { describe, expect, it } from 'vitest'

const records = (...data: readonly string[]): Answer<string> => ({ kind: 'records', data, ttlS: 60, authentic: false })
const nxdomain: Answer<string> = { kind: 'nxdomain', ttlS: 60, authentic: false }
const nodata: Answer<string> = { kind: 'nodata', ttlS: 60, authentic: false }
const failure: Answer<string> = { kind: 'failure', why: 'timeout' }

const NAME = 'a.probe.test'
const OURS = '192.0.2.1'

describe('names', () => {
  const good: NamesSeen = { ehloName: NAME, egress: OURS, a: records(OURS), ptr: records(NAME) }
  it.each<[string, Partial<NamesSeen>, string]>([
    ['agree', {}, 'ok'],
    ['agree beside others', { a: records('192.0.2.9', OURS), ptr: records('b.probe.test', NAME) }, 'ok'],
    ['in capitals agree', { ehloName: 'A.Probe.TEST' }, 'ok'],
    ['without PTR data', { ptr: nodata }, 'unfit'],
    ['with a PTR that could not be looked up', { ptr: failure }, 'unmeasured'],
    ['without A data', { a: nodata }, 'unfit'],
    ['with an A that could not be looked up', { a: failure }, 'unmeasured'],
    [
      'of several addresses, none known as ours',
      { egress: null, a: records(OURS, '192.0.2.9'), ptr: null },
      'unmeasured',
    ],
    ['of one address that is not known as ours', { egress: null }, 'ok'],
  ])('that %s', (_what, changes, state) => {
    expect(judgeFcrdns({ ...good, ...changes }).state).toBe(state)
  })
})

describe('a list', () => {
  const well: ListSeen = { zone: 'list.test', always: records('127.0.0.2'), never: nxdomain, own: nxdomain }
  it.each<[string, Partial<ListSeen>, string]>([
    ['that does not have us', {}, 'ok'],
    ['that has no address of us', { own: nodata }, 'ok'],
    ['that has us several times', { own: records('127.0.0.4', '127.0.0.10') }, 'unfit'],
    ['that has us, and an error beside it', { own: records('127.0.0.4', '127.255.255.254') }, 'unmeasured'],
    ['that has us under a code of its own', { own: records('127.1.2.3') }, 'unfit'],
    ['that could not be asked about us', { own: failure }, 'unmeasured'],
    ['whose test entry could not be looked up', { always: failure, own: records('127.0.0.2') }, 'unmeasured'],
    ['whose counter-test could not be looked up', { never: failure, own: records('127.0.0.2') }, 'unmeasured'],
    [
      'that was sold',
      { always: records('192.0.2.80'), never: records('192.0.2.80'), own: records('192.0.2.80') },
      'unmeasured',
    ],
  ])('%s', (_what, changes, state) => {
    expect(judgeDnsbl([{ ...well, ...changes }]).state).toBe(state)
  })

  it('none is no measurement', () => {
    expect(judgeDnsbl([])).toEqual({ state: 'unmeasured', detail: 'no list was asked' })
  })
})

describe('port 25', () => {
  const at = (address: string, reach: TargetSeen['reach']): TargetSeen => ({ address, reach })
  it.each<[string, readonly TargetSeen[], string]>([
    ['nobody', [], 'unmeasured'],
    ['one missed', [at('a', 'not_connected')], 'unmeasured'],
    ['one missed twice', [at('a', 'not_connected'), at('a', 'not_connected')], 'unmeasured'],
    ['two missed', [at('a', 'not_connected'), at('b', 'not_connected')], 'unfit'],
    ['one missed, one untried', [at('a', 'not_connected'), at('b', 'untried')], 'unmeasured'],
    ['two missed, one open', [at('a', 'not_connected'), at('b', 'not_connected'), at('c', 'connected')], 'unmeasured'],
    ['two missed, one greeted', [at('a', 'not_connected'), at('b', 'not_connected'), at('c', 'greeted')], 'ok'],
  ])('%s', (_what, targets, state) => {
    expect(judgePort25(targets).state).toBe(state)
  })
})

describe('an order', () => {
  const event = {
    version: '0',
    id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '123456789012',
    time: '2026-11-21T12:00:00Z',
    region: 'eu-central-1',
    resources: ['arn:aws:events:eu-central-1:123456789012:rule/audit'],
    detail: {},
  }

  it('by the clock is an audit under the event’s own id, with time for it', () => {
    const job = scheduledAudit(event)
    expect(job).toMatchObject({ kind: 'audit', jobId: event.id })
    expect(auditJob.parse(job).budgetMs).toBeLessThanOrEqual(60_000)
    for (const id of [undefined, 7, '', 'x'.repeat(65)]) {
      expect(auditJob.parse(scheduledAudit({ ...event, id })).jobId).toBe('scheduled-audit')
    }
  })

  it.each([
    null,
    'Scheduled Event',
    {},
    { source: 'aws.events' },
    { ...event, source: 'somebody' },
    { ...event, 'detail-type': 'EC2 Instance State-change Notification' },
    { body: JSON.stringify(event), requestContext: {} },
  ])('%j is none by the clock', (other) => {
    expect(scheduledAudit(other)).toBeNull()
  })

  const job = { kind: 'audit', jobId: 'audit-number-1', epoch: 1, budgetMs: 10_000 }
  it.each([
    { kind: 'probe' },
    { jobId: 'short' },
    { budgetMs: 0 },
    { budgetMs: 60_001 },
    { budgetMs: 1.5 },
    { epoch: -1 },
    { zone: 'dnsbl.test' },
  ])('of an audit with %j is refused', (changes) => {
    expect(auditJob.safeParse(job).success).toBe(true)
    expect(auditJob.safeParse({ ...job, ...changes }).success).toBe(false)
  })
})

it('what is technical and what is reputation', () => {
  expect(CHECKS.filter((check) => unfitnessOf(check) === 'reputation')).toEqual(['dnsbl', 'canaries'])
  expect(auditReport.safeParse({ kind: 'audit' }).success).toBe(false)
})
