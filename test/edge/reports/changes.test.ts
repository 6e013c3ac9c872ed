// What changed between two reports of a domain, and what only could not be learned this time.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import { describe, expect, it } from 'vitest'
import { type Changes, changesBetween } from '../../../edge/src/reports/changes.ts'
import { found, REPORT } from './a-report.ts'

const NOTHING = { appeared: [], gone: [], changed: [] }
const [RECORD] = REPORT.mx.records

const ALONE = { mx: { ...REPORT.mx, resolvers_agree: null } }
const UNADDRESSED = { mx: { ...REPORT.mx, records: [{ ...RECORD!, addresses: null }] } }
const UNSEEN = { mx: { ...REPORT.mx, records: [{ ...RECORD!, smtp: [] }] } }
const SLOW = { findings: [found('SMTP_SLOW', 'smtp', 'mx.a.test')] }
const exchanges = (...hosts: readonly string[]): Partial<DomainReport> => ({
  mx: { ...REPORT.mx, records: hosts.map((host) => ({ ...RECORD!, host })) },
})

describe('between two reports', () => {
  it.each<[string, { before?: Partial<DomainReport>; after?: Partial<DomainReport> }, Partial<Changes>]>([
    ['nothing has changed', {}, {}],
    [
      'findings came and went',
      {
        before: { findings: [found('SPF_NONE', 'spf'), found('SPF_LOOP', 'spf', 'a')] },
        after: { findings: [found('SPF_LOOP', 'spf', 'b')] },
      },
      {
        appeared: [{ id: 'SPF_LOOP', subject: 'b' }],
        gone: [
          { id: 'SPF_NONE', subject: null },
          { id: 'SPF_LOOP', subject: 'a' },
        ],
      },
    ],
    [
      'a record has changed',
      { after: { spf: { ...REPORT.spf, record: 'v=spf1 +all', all: '+' } } },
      { changed: [{ what: 'spf.record', from: 'v=spf1 -all', to: 'v=spf1 +all' }] },
    ],
    [
      'exchanges have changed their order',
      { before: exchanges('a.test', 'b.test'), after: exchanges('b.test', 'a.test') },
      {},
    ],
    [
      'an exchange is gone',
      { before: exchanges('a.test', 'b.test'), after: exchanges('a.test') },
      { changed: [{ what: 'mx', from: 'mx, 10 a.test, 10 b.test', to: 'mx, 10 a.test' }] },
    ],
    ['a record was not learned', { after: { spf: { ...REPORT.spf, status: 'unlearned', record: null } } }, {}],
    ['a finding was not looked for', { before: SLOW, after: UNSEEN }, {}],
    ['one is looked for again', { before: UNSEEN, after: SLOW }, {}],
    [
      'a selector was not asked for',
      { before: { findings: [found('DKIM_KEY_1024', 'dkim', 'main'), found('DKIM_UNKNOWN_SELECTOR', 'dkim')] } },
      {},
    ],
    [
      'an address was not looked up',
      { before: { findings: [found('MX_NO_ADDRESS', 'mx', 'mx.a.test')] }, after: UNADDRESSED },
      {},
    ],
    [
      'reverse names were not looked up',
      { before: { findings: [found('PTR_MISSING', 'smtp', '8.8.8.8')] }, after: UNADDRESSED },
      {},
    ],
    [
      'an address has a reverse name now',
      { before: { findings: [found('PTR_MISSING', 'smtp', '8.8.8.8')] } },
      { gone: [{ id: 'PTR_MISSING', subject: '8.8.8.8' }] },
    ],
    ['a cache was warm', { before: { findings: [found('MX_TTL_SHORT', 'mx'), found('ROUTE_OVER_300S', 'dns')] } }, {}],
    ['no lane has read a certificate', { before: { findings: [found('STS_CERT_EXPIRING', 'mta_sts')] } }, {}],
    ['nobody was asked twice', { before: { findings: [found('MX_RESOLVER_DISAGREE', 'mx')] }, after: ALONE }, {}],
    [
      'SPF was learned in part',
      { before: { findings: [found('SPF_LOOP', 'spf', 'b')] }, after: { spf: { ...REPORT.spf, partial: true } } },
      {},
    ],
    ['one is there again', { after: SLOW }, { appeared: [{ id: 'SMTP_SLOW', subject: 'mx.a.test' }] }],
    [
      'the exchanges were not learned',
      {
        before: { findings: [found('MX_CNAME', 'mx', 'mx.a.test')] },
        after: { mx: { ...REPORT.mx, status: 'error', records: [] } },
      },
      {},
    ],
  ])('%s', (_what, { before, after }, expected) => {
    expect(changesBetween({ ...REPORT, ...before }, { ...REPORT, ...after })).toEqual({ ...NOTHING, ...expected })
  })
})
