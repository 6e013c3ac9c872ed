// What the Worker without accounts is given in measurements: a test holds it to the Worker's own configuration.
import type { Env } from '../../edge/src/config.ts'

/** `doh` answers for every name; no lanes, no registries. */
export function bareBindings(doh: string): Record<keyof Env, string> {
  return {
    DOH_RESOLVERS: JSON.stringify([{ name: 'away', url: doh, suffix: null }]),
    LANES: '{"epoch":1,"lanes":[]}',
    LANE_CREDENTIALS: '{"accessKeyId":"id","secretAccessKey":"secret"}',
    EDGE_SECRETS: JSON.stringify({ current: '1', keys: { '1': '0f'.repeat(32) } }),
    PARTITIONS: '{"default":{"jurisdiction":null}}',
    RDAP: '{"bootstrap":null,"servers":{},"shipped":false}',
    POLICY_HOSTS: '[]',
    ALLOW_SPECIAL_USE: 'test',
    LOOPBACK_NETWORKS: '127.25.0.0/16',
  }
}
