// The Worker's configuration: good bindings are read whole, wrong ones fail and each is named.
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Env, parseConfig } from '../../edge/src/config.ts'
import { bareBindings } from '../bench/bare-bindings.ts'
import { laneNamed } from './lanes-that-answer.ts'

const lane = laneNamed('eu-1')
const hex = '0f'.repeat(32)
const ring = { current: '1', keys: { '1': hex } }

const good: Env = {
  DOH_RESOLVERS: JSON.stringify([
    { name: 'world', url: 'http://127.0.0.1:4000/dns-query', suffix: 'test' },
    { name: 'quad9', url: 'https://dns.quad9.net/dns-query', suffix: null },
  ]),
  LANES: JSON.stringify({ epoch: 3, lanes: [lane] }),
  LANE_CREDENTIALS: JSON.stringify({ accessKeyId: 'id', secretAccessKey: 'secret' }),
  EDGE_SECRETS: JSON.stringify(ring),
  PARTITIONS: JSON.stringify({ default: { jurisdiction: null }, eu: { jurisdiction: 'eu' } }),
  RDAP: JSON.stringify({ bootstrap: null, servers: { test: 'http://127.0.0.1:4000/rdap/' }, shipped: false }),
  POLICY_HOSTS: '[]',
  ALLOW_SPECIAL_USE: 'test, local',
  LOOPBACK_NETWORKS: '127.25.0.0/16, ::1/128',
}

function wrongOnes(env: Partial<Record<keyof Env, string>>): string[] {
  try {
    parseConfig(env as Env)
    return []
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    return [...new Set(error.issues.map(({ path }) => String(path[0])))].sort()
  }
}

describe('bindings', () => {
  it('are read whole', () => {
    const config = parseConfig(good)
    expect(config).toMatchObject({
      LANES: { epoch: 3, lanes: [lane] },
      EDGE_SECRETS: ring,
      PARTITIONS: { default: { jurisdiction: null }, eu: { jurisdiction: 'eu' } },
      ALLOW_SPECIAL_USE: ['test', 'local'],
      LANE_CREDENTIALS: { accessKeyId: 'id' },
    })
    expect(config.DOH_RESOLVERS.map(({ suffix }) => suffix)).toEqual(['test', null])
    const reachable = ['127.25.3.1', '::1', '127.0.0.1', '10.0.0.1'].map((address) =>
      globallyReachable(address, config.LOOPBACK_NETWORKS),
    )
    expect(reachable).toEqual([true, true, false, false])
  })

  it('of measurements are good', () => {
    expect(wrongOnes(bareBindings('http://127.0.0.1:4000/dns-query'))).toEqual([])
  })

  it('that open nothing are good: no special-use names, no loopback, no lanes', () => {
    const config = parseConfig({
      ...good,
      ALLOW_SPECIAL_USE: '',
      LOOPBACK_NETWORKS: ' ,',
      LANES: '{"epoch":1,"lanes":[]}',
    })
    expect(config).toMatchObject({ ALLOW_SPECIAL_USE: [], LOOPBACK_NETWORKS: [], LANES: { lanes: [] } })
  })

  it('that others are beside stay good: the platform adds its own', () => {
    const bindings = { ...good, CF_VERSION: 'x' }
    expect(wrongOnes(bindings)).toEqual([])
  })

  it('that are all absent are all named', () => {
    expect(wrongOnes({})).toEqual(Object.keys(good).sort())
  })

  it.each<[keyof Env, string]>([
    ['DOH_RESOLVERS', ''],
    ['DOH_RESOLVERS', 'https://dns.quad9.net/dns-query'],
    ['DOH_RESOLVERS', '[]'],
    ['DOH_RESOLVERS', '[{"name":"quad9","url":"dns.quad9.net","suffix":null}]'],
    ['DOH_RESOLVERS', '[{"name":"quad9","url":"https://dns.quad9.net/dns-query"}]'],
    ['DOH_RESOLVERS', '[{"name":"q","url":"https://dns.quad9.net","suffix":null,"sufix":"test"}]'],
    ['LANES', '[]'],
    ['LANES', '{"lanes":[]}'],
    ['LANES', '{"epoch":1.5,"lanes":[]}'],
    ['LANES', '{"epoch":1,"lanes":[{"id":"eu-1"}]}'],
    ['LANES', JSON.stringify({ epoch: 1, lanes: [{ ...lane, url: 'lane.test' }] })],
    ['LANES', JSON.stringify({ epoch: 1, lanes: [{ ...lane, listUrl: undefined }] })],
    ['LANES', JSON.stringify({ epoch: 1, lanes: [{ ...lane, region: 1 }] })],
    ['LANE_CREDENTIALS', 'id:secret'],
    ['LANE_CREDENTIALS', '{"accessKeyId":"id"}'],
    ['EDGE_SECRETS', '{}'],
    ['EDGE_SECRETS', JSON.stringify({ ...ring, current: '2' })],
    ['EDGE_SECRETS', JSON.stringify({ current: '256', keys: { '256': hex } })],
    ['EDGE_SECRETS', JSON.stringify({ current: '1', keys: { '1': 'a secret in the clear' } })],
    ['EDGE_SECRETS', JSON.stringify({ current: '1', keys: { '1': hex.toUpperCase() } })],
    ['EDGE_SECRETS', '[{'],
    ['PARTITIONS', '{}'],
    ['PARTITIONS', JSON.stringify({ eu: { jurisdiction: 'eu' } })],
    ['PARTITIONS', JSON.stringify({ default: { jurisdiction: 'mars' } })],
    ['PARTITIONS', JSON.stringify({ default: { jurisdiction: null }, 'a b': { jurisdiction: null } })],
    ['LOOPBACK_NETWORKS', '127.0.0.1'],
    ['LOOPBACK_NETWORKS', '127.25.0.0/16,everything'],
  ])('with a wrong %s (%j) are refused by that name alone', (name, value) => {
    expect(wrongOnes({ ...good, [name]: value })).toEqual([name])
  })

  it('with several wrong ones are refused by all their names', () => {
    const wrong = {
      DOH_RESOLVERS: '{',
      LANES: '{',
      LANE_CREDENTIALS: '{',
      EDGE_SECRETS: '{',
      PARTITIONS: '{',
      LOOPBACK_NETWORKS: '{',
    }
    expect(wrongOnes({ ...good, ...wrong })).toEqual(Object.keys(wrong).sort())
  })

  it('that are wrong do not put a secret into the fault', () => {
    const secret = 'AKIA-do-not-show'
    const wrong = {
      LANE_CREDENTIALS: `{"accessKeyId":"${secret}"`,
      EDGE_SECRETS: JSON.stringify({ current: '1', keys: { '1': secret } }),
    }
    expect(() => parseConfig({ ...good, ...wrong })).toThrow(z.ZodError)
    expect(() => parseConfig({ ...good, ...wrong })).not.toThrow(secret)
  })
})
