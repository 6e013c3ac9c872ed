// A lane's configuration: a good environment is read whole, a wrong one fails the start and names everything that is wrong.
import { parseConfig } from '@postern/prober/config.ts'
import type { LaneEnvironment } from '@postern/prober/environment.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { keyText } from './facts.ts'
import { IDENTITIES, ROOT } from './inspect/identities.ts'

const local: LaneEnvironment = {
  LANE_ID: 'eu-central-1-a',
  REGION: 'eu-central-1',
  PARTITION: 'default',
  EHLO_NAME: 'a.eu-central-1.probe.test',
  MAIL_FROM: 'probe@a.eu-central-1.probe.test',
  DOH_RESOLVERS: JSON.stringify([
    { name: 'world', url: 'http://127.0.0.1:4000/dns-query', suffix: 'test' },
    { name: 'quad9', url: 'https://dns.quad9.net/dns-query', suffix: null },
  ]),
  EVIDENCE_TABLE: 'evidence',
  TRAFFIC_TABLE: 'traffic',
  HMAC_KEYS: keyText(),
  SMTP_PORT: '25',
  LOOPBACK_NETWORKS: '127.25.0.0/16, ::1/128',
  LOOPBACK_SMTP_PORT: '2525',
  LOOPBACK_HTTPS_PORT: '2443',
  EXTRA_ROOTS: `${ROOT}${IDENTITIES.self_signed[0]}`,
  SOURCE_ADDRESS: '127.24.1.1',
  DYNAMODB_ENDPOINT: 'http://127.0.0.1:8000',
  EGRESS_ADDRESS: '127.24.1.1',
  DNSBL_ZONES: '["dnsbl.test"]',
  CANARIES: '[{"operator":"strict","good":"jane.roe@strict.test","dead":"nina.falk@strict.test"}]',
  AUDIT_RESOLVERS: '[{"name":"world","url":"http://127.0.0.1:4000/dns-query","suffix":null}]',
  AUDIT_SMTP_PORT: '2526',
  HURRY: '60',
}

/** As a deployed lane has it: what is for local runs is empty. */
const deployed: LaneEnvironment = {
  ...local,
  LOOPBACK_NETWORKS: '',
  LOOPBACK_SMTP_PORT: '',
  LOOPBACK_HTTPS_PORT: '',
  EXTRA_ROOTS: '',
  SOURCE_ADDRESS: '',
  DYNAMODB_ENDPOINT: '',
  AUDIT_RESOLVERS: '',
  AUDIT_SMTP_PORT: '',
  HURRY: '',
  HMAC_KEYS: 'secret:arn:aws:secretsmanager:eu-central-1:1:secret:hmac',
}

function wrongOnes(env: Readonly<Record<string, string | undefined>>): string[] {
  try {
    parseConfig(env)
    return []
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    return [...new Set(error.issues.map(({ path }) => String(path[0])))].sort()
  }
}

describe('an environment', () => {
  it('of a local lane is read whole', () => {
    const config = parseConfig({ ...local, PATH: '/usr/bin' })
    expect(config).toMatchObject({
      SMTP_PORT: 25,
      LOOPBACK_SMTP_PORT: 2525,
      LOOPBACK_HTTPS_PORT: 2443,
      EXTRA_ROOTS: [ROOT, IDENTITIES.self_signed[0]].map((pem) => pem.trim()),
      SOURCE_ADDRESS: '127.24.1.1',
      DOH_RESOLVERS: [
        { name: 'world', suffix: 'test' },
        { name: 'quad9', suffix: null },
      ],
      EGRESS_ADDRESS: '127.24.1.1',
      DNSBL_ZONES: ['dnsbl.test'],
      CANARIES: [{ operator: 'strict', good: 'jane.roe@strict.test', dead: 'nina.falk@strict.test' }],
      AUDIT_RESOLVERS: [{ name: 'world', suffix: null }],
      AUDIT_SMTP_PORT: 2_526,
      HURRY: 60,
    })
    const reachable = ['127.25.3.1', '::1', '127.0.0.1', '10.0.0.1'].map((address) =>
      globallyReachable(address, config.LOOPBACK_NETWORKS),
    )
    expect(reachable).toEqual([true, true, false, false])
  })

  it('of a deployed lane opens no loopback, binds nothing and asks the region', () => {
    expect(parseConfig({ ...deployed })).toMatchObject({
      LOOPBACK_NETWORKS: [],
      LOOPBACK_SMTP_PORT: null,
      LOOPBACK_HTTPS_PORT: null,
      EXTRA_ROOTS: [],
      SOURCE_ADDRESS: null,
      DYNAMODB_ENDPOINT: null,
      AUDIT_RESOLVERS: null,
      AUDIT_SMTP_PORT: null,
      HURRY: 1,
    })
  })

  it('that is empty is wrong in every variable, and all are named', () => {
    expect(wrongOnes({})).toEqual(Object.keys(local).sort())
  })

  it.each<[keyof LaneEnvironment, string]>([
    ['LANE_ID', ''],
    ['LANE_ID', 'x'.repeat(61)],
    ['EHLO_NAME', ''],
    ['EHLO_NAME', 'a.test\r\nQUIT'],
    ['EHLO_NAME', 'a b'],
    ['MAIL_FROM', 'probe'],
    ['MAIL_FROM', 'probe@a.test> SIZE=1'],
    ['MAIL_FROM', 'probe@a.test\r\nDATA'],
    ['MAIL_FROM', '@a.test'],
    ['DOH_RESOLVERS', 'https://dns.quad9.net'],
    ['DOH_RESOLVERS', '[]'],
    ['DOH_RESOLVERS', '[{"name":"quad9","url":"dns.quad9.net","suffix":null}]'],
    ['DOH_RESOLVERS', '[{"name":"quad9","url":"https://dns.quad9.net"}]'],
    ['SMTP_PORT', ''],
    ['SMTP_PORT', '0'],
    ['SMTP_PORT', '65536'],
    ['SMTP_PORT', '25.5'],
    ['SMTP_PORT', 'smtp'],
    ['LOOPBACK_NETWORKS', '127.0.0.1'],
    ['LOOPBACK_NETWORKS', '127.25.0.0/16,everything'],
    ['LOOPBACK_SMTP_PORT', '-1'],
    ['EXTRA_ROOTS', 'the world'],
    ['EXTRA_ROOTS', `${ROOT}and more`],
    ['EXTRA_ROOTS', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['SOURCE_ADDRESS', 'localhost'],
    ['SOURCE_ADDRESS', '127.24.1'],
    ['HMAC_KEYS', ''],
    ['EGRESS_ADDRESS', 'a.probe.test'],
    ['DNSBL_ZONES', ''],
    ['DNSBL_ZONES', 'zen.spamhaus.org'],
    ['DNSBL_ZONES', '["zen spamhaus"]'],
    ['CANARIES', ''],
    ['CANARIES', '[{"operator":"x","good":"a@b.test"}]'],
    ['CANARIES', '[{"operator":"x","good":"a@b.test","dead":"a@b.test> SIZE=1"}]'],
    ['CANARIES', `[${'{"operator":"x","good":"a@b.test","dead":"c@b.test"},'.repeat(2).slice(0, -1)}]`],
    ['AUDIT_RESOLVERS', '[]'],
    ['AUDIT_SMTP_PORT', '0'],
    ['HURRY', '0'],
  ])('with a wrong %s (%j) is refused by that name alone', (name, value) => {
    expect(wrongOnes({ ...local, [name]: value })).toEqual([name])
  })

  it('with several wrong ones is refused by all their names', () => {
    const wrong = { MAIL_FROM: 'x', SMTP_PORT: 'x', LOOPBACK_NETWORKS: 'x', SOURCE_ADDRESS: 'x', DOH_RESOLVERS: 'x' }
    expect(wrongOnes({ ...local, ...wrong })).toEqual(Object.keys(wrong).sort())
  })
})
