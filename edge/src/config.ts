// The Worker's configuration, parsed once from its bindings; a failing one fails every request with the same clear fault.
import { type Cidr, parseCidr } from '@postern/shared/dns/ip.ts'
import { z } from 'zod'
import { secretsConfig } from './accounts/secrets.ts'

/** Bindings as `infra/cloudflare/wrangler.jsonc` declares them: text, JSON where it says so. */
export interface Env {
  /** JSON list of `{name, url, suffix}`. */
  readonly DOH_RESOLVERS: string
  /** JSON `{epoch, lanes: [{id, region, url, listUrl, address, ehlo, partition}]}`. */
  readonly LANES: string
  /** JSON `{accessKeyId, secretAccessKey}`: a secret. */
  readonly LANE_CREDENTIALS: string
  /** JSON `{current, keys: {"1": <64 hex digits>}}`, ids from 1 to 255: a secret. What keys, tokens and pseudonyms are made with. */
  readonly EDGE_SECRETS: string
  /** JSON `{"default": {"jurisdiction": null}, "eu": {"jurisdiction": "eu"}}`. */
  readonly PARTITIONS: string
  /** JSON `{bootstrap, servers, shipped}`: whom to ask how old a domain is. */
  readonly RDAP: string
  /** JSON list of `{suffix, url}`: where policies of MTA-STS for names below a suffix are asked for, in place of their own hosts. */
  readonly POLICY_HOSTS: string
  /** Comma-separated special-use names that may exist here, such as `test`. */
  readonly ALLOW_SPECIAL_USE: string
  /** Comma-separated loopback CIDRs that count as reachable: the explicit opt-in of local runs. */
  readonly LOOPBACK_NETWORKS: string
}

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' })
    return z.NEVER
  }
})

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

const cidrs = list.transform((parts, context): readonly Cidr[] => {
  const parsed = parts.map(parseCidr).filter((cidr) => cidr !== null)
  if (parsed.length < parts.length) context.addIssue({ code: 'custom', message: 'is not a list of CIDRs' })
  return parsed
})

const partitions = z
  .record(
    z.string().regex(/^[a-z][a-z0-9]{0,11}$/),
    z.strictObject({ jurisdiction: z.enum(['eu', 'us', 'fedramp']).nullable() }),
  )
  .refine((all) => Object.hasOwn(all, 'default'), { message: 'there is no partition named default' })

const lane = z.strictObject({
  id: z.string(),
  region: z.string(),
  url: z.url(),
  listUrl: z.url(),
  address: z.string(),
  ehlo: z.string(),
  partition: z.string(),
})

const environment = z.object({
  DOH_RESOLVERS: json.pipe(
    z.array(z.strictObject({ name: z.string(), url: z.url(), suffix: z.string().nullable() })).min(1),
  ),
  LANES: json.pipe(z.strictObject({ epoch: z.number().int(), lanes: z.array(lane) })),
  LANE_CREDENTIALS: json.pipe(z.strictObject({ accessKeyId: z.string(), secretAccessKey: z.string() })),
  EDGE_SECRETS: json.pipe(secretsConfig),
  PARTITIONS: json.pipe(partitions),
  RDAP: json.pipe(
    z.strictObject({ bootstrap: z.url().nullable(), servers: z.record(z.string(), z.url()), shipped: z.boolean() }),
  ),
  POLICY_HOSTS: json.pipe(z.array(z.strictObject({ suffix: z.string().min(1), url: z.url() }))),
  ALLOW_SPECIAL_USE: list,
  LOOPBACK_NETWORKS: cidrs,
} satisfies Record<keyof Env, z.ZodType>)

export type Config = z.infer<typeof environment>

/** @throws ZodError naming every binding that is absent or wrong. */
export function parseConfig(env: Env): Config {
  return environment.parse(env)
}
