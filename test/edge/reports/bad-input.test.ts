// What strangers publish to see a report fall over: it ends in time, asks within bounds, and says what is wrong.
import { describe, expect, it } from 'vitest'
import { type Desk, report } from './desk.ts'
import { policy, POLICY, soundZone } from './zones.ts'

const MX = ['a MX 10 mx.a.test.', 'mx.a A 8.8.8.8']
const STS = [...MX, '_mta-sts.a TXT v=STSv1; id=1', 'mta-sts.a A 8.8.4.4']
const of = (zone: readonly string[], desk: Partial<Desk> = {}) => report('a.test', { resolvers: [{ zone }], ...desk })

describe('SPF', () => {
  it('that includes ever more is followed for twenty records', async () => {
    const bomb = Array.from({ length: 200 }, (_, n) => {
      const next = [1, 2, 3].map((k) => `include:s${(3 * n + k) % 200}.a.test`).join(' ')
      return `s${n}.a TXT v=spf1 ${next} -all`
    })
    const { ids, asked } = await of([...MX, 'a TXT v=spf1 include:s0.a.test -all', ...bomb])
    expect(ids).toContain('SPF_LOOKUPS_OVER_10')
    expect(asked.filter(({ name }) => /^s\d+\.a\.test$/.test(name)).length).toBeLessThanOrEqual(20)
  })

  it('that includes itself by way of another is a circle', async () => {
    const { ids } = await of([...MX, 'a TXT v=spf1 include:b.test -all', 'b TXT v=spf1 include:a.test -all'])
    expect(ids).toContain('SPF_LOOP a.test')
  })

  it('of nearly 64 KB is read, and one beyond it is no answer', async () => {
    const long = (octets: number) => `a TXT v=spf1 ${'ip4:8.8.8.8 '.repeat(octets / 12)}-all`
    const { report: made, ids } = await of([...MX, long(60_000)])
    expect([made.spf.status, ids]).toEqual(['one', expect.arrayContaining(['SPF_LONG'])])
  })
})

describe('a name', () => {
  it('that is an alias of itself has no address, and mail goes nowhere', async () => {
    const { report: made, ids } = await of(['a MX 10 mx.a.test.', 'mx.a CNAME loop.a.test.', 'loop.a CNAME mx.a.test.'])
    expect(made.findings.every(({ severity }) => severity !== 'ok')).toBe(true)
    expect(ids).not.toContain('MX_DANGLING_NXDOMAIN mx.a.test')
  })

  it('of five hundred exchanges has ten looked at, the best ones', async () => {
    const many = Array.from({ length: 500 }, (_, n) => `a MX ${500 - n} m${n}.a.test.`)
    const { report: made, asked } = await of(many)
    expect([made.mx.found, made.mx.records.length]).toEqual([500, 10])
    // Each is not there, which two are asked about.
    expect(asked.filter(({ name }) => /^m\d+\.a\.test$/.test(name)).length).toBeLessThanOrEqual(40)
    expect(made.mx.records.map(({ preference }) => preference)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })
})

describe('a policy host', () => {
  it.each(['169.254.169.254', '127.0.0.1', '10.0.0.1'])('at %s is not asked', async (address) => {
    const {
      report: made,
      ids,
      policyRequests,
    } = await of([...MX, '_mta-sts.a TXT v=STSv1; id=1', `mta-sts.a A ${address}`], { policy: policy() })
    expect(policyRequests).toEqual([])
    expect(made.mta_sts.fetch).toMatchObject({ kind: 'unreachable', why: 'not_public' })
    expect(ids).toContain('STS_POLICY_UNREACHABLE')
  })

  it('that cannot be looked up is not known to be bad', async () => {
    const zone = [...MX, '_mta-sts.a TXT v=STSv1; id=1']
    const manner = ({ name }: { name: string }) => (name === 'mta-sts.a.test' ? 'servfail' : 'honest')
    const { report: made, ids } = await report('a.test', { resolvers: [{ zone, manner }] })
    expect([made.mta_sts.status, made.mta_sts.fetch.kind, made.mta_sts.health]).toEqual([
      'published',
      'not_fetched',
      null,
    ])
    expect(ids.filter((id) => id.startsWith('STS_'))).toEqual([])
  })

  it.each<[string, NonNullable<Desk['policy']>, string]>([
    ['redirects', (_, out) => void out.writeHead(302, { location: '/there' }).end(), 'STS_POLICY_REDIRECT'],
    ['says 404', (_, out) => void out.writeHead(404).end(), 'STS_POLICY_STATUS'],
    ['has a bad certificate', (_, out) => void out.writeHead(526).end(), 'STS_CERT_INVALID'],
    ['sends 70 KB', policy(`${POLICY}${'x'.repeat(70_000)}: y\n`), 'STS_TOO_LARGE'],
    ['never says where it ends', (_, out) => endless(out), 'STS_TOO_LARGE'],
    ['sends a page', policy('<html></html>'), 'STS_POLICY_SYNTAX'],
  ])('that %s has that said, and is asked once', async (_what, answer, id) => {
    const { ids, policyRequests } = await of(STS, { policy: answer })
    expect(ids).toContain(id)
    expect(policyRequests).toEqual(['/mta-sts.a.test/.well-known/mta-sts.txt'])
  })

  it.each<[string, NonNullable<Desk['policy']>, string, number | null]>([
    ['is behind a proxy that finds nobody', (_, out) => void out.writeHead(530).end(), 'connection', null],
    ['hangs up', (_, out) => void out.destroy(), 'connection', null],
    ['turns us away', (_, out) => void out.writeHead(403).end(), 'status', 403],
    ['has enough of us', (_, out) => void out.writeHead(429).end(), 'status', 429],
    ['is broken', (_, out) => void out.writeHead(503).end(), 'status', 503],
  ])('that %s is not known to be bad', async (...[, answer, why, status]) => {
    const { report: made, ids } = await of(STS, { policy: answer })
    expect(ids.filter((id) => id.startsWith('STS_'))).toEqual([])
    expect([made.mta_sts.fetch, made.mta_sts.health]).toMatchObject([{ kind: 'not_fetched', why, status }, null])
    expect(made.unmeasured).toContainEqual({ what: 'policy', subject: 'mta-sts.a.test', why, retry_at: null })
  })

  it('that begins and does not end is at fault', async () => {
    const { ids, tookMs } = await of(STS, { policy: (_, out) => void out.writeHead(200).write('version: STSv1\n') })
    expect(ids).toContain('STS_POLICY_UNREACHABLE')
    expect(tookMs).toBeLessThan(6_500)
  })

  it('that sends nothing is given up after five seconds', async () => {
    const { report: made, tookMs } = await of(STS, { policy: () => undefined })
    expect(made.mta_sts.fetch).toMatchObject({ kind: 'not_fetched', why: 'timeout' })
    expect(tookMs).toBeLessThan(6_500)
  })
})

function endless(out: Parameters<NonNullable<Desk['policy']>>[1]): void {
  out.writeHead(200, { 'content-type': 'text/plain' })
  const more = setInterval(() => out.write('mx: a.a.test\n'.repeat(200)), 1)
  out.once('close', () => clearInterval(more))
}

describe('a resolver', () => {
  it.each(['servfail', 'garbage', 'http_500', 'truncated', 'refused'] as const)(
    'that answers by %s makes nothing known, and nothing bad',
    async (manner) => {
      const { report: made } = await report('a.test', { resolvers: [{ zone: soundZone(2), manner }] })
      expect(made.verdict).toMatchObject({ accepts_mail: 'unknown', reason: 'dns_failure' })
      expect(made.findings.map(({ id }) => id)).toEqual(['MX_DNS_ERROR'])
      expect([made.spf.status, made.dmarc.status, made.mta_sts.status, made.tls_rpt.status, made.dkim.zone]).toEqual([
        'unlearned',
        'unlearned',
        'unlearned',
        'unlearned',
        'unknown',
      ])
    },
  )

  it('that never answers is waited for five seconds and not longer', async () => {
    const { report: made, tookMs } = await report('a.test', { resolvers: [{ manner: 'hang' }] })
    expect(made.verdict.accepts_mail).toBe('unknown')
    expect(tookMs).toBeLessThan(6_500)
  })

  it('that alone denies a domain is not believed', async () => {
    const { report: made, ids } = await report('a.test', {
      resolvers: [{ manner: 'nxdomain' }, { zone: soundZone(1) }],
    })
    expect(made.verdict.accepts_mail).toBe('yes')
    expect(ids).toContain('MX_RESOLVER_DISAGREE')
    const lost = await report('a.test', { resolvers: [{ manner: 'nxdomain' }, { manner: 'servfail' }] })
    expect([lost.report.verdict.accepts_mail, lost.ids]).toEqual([
      'unknown',
      expect.not.arrayContaining(['MX_NXDOMAIN']),
    ])
  })
})
