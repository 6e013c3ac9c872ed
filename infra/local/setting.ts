// What the options mean for edge and lanes: who resolves which names, and which loopback addresses may be dialled on which port.
import type { LaneEnvironment } from '@postern/prober/environment.ts'
import type { Resolver } from '@postern/shared/dns/resolvers.ts'
import { BLOCK_LIST } from '@postern/test/world/dns/block-list.ts'
import type { Options } from './options.ts'

interface WorldSetting {
  readonly dohUrl: string
  readonly smtpPort: number
  readonly httpsPort: number
  readonly network: string
  /** Of the world's authority, in PEM. */
  readonly root: string
  readonly policyUrl: string
}

const PUBLIC: readonly Resolver[] = [
  { name: 'cloudflare', url: 'https://cloudflare-dns.com/dns-query', suffix: null },
  { name: 'google', url: 'https://dns.google/dns-query', suffix: null },
]

const SMTP_PORT = 25

/** The world answers for its own names, and for the names of loopback addresses, which nobody else knows. */
const OF_THE_WORLD = ['test', '127.in-addr.arpa']

/** `--doh` is the only resolver where it is given; else the world answers for what is its own, and nobody else does. */
export function resolversOf({ doh }: Options, world: WorldSetting): readonly Resolver[] {
  if (doh !== null) return [{ name: 'doh', url: doh, suffix: null }]
  return [...OF_THE_WORLD.map((suffix) => ({ name: 'world', url: world.dohUrl, suffix })), ...PUBLIC]
}

type Network = Pick<
  LaneEnvironment,
  'LOOPBACK_NETWORKS' | 'LOOPBACK_SMTP_PORT' | 'LOOPBACK_HTTPS_PORT' | 'EXTRA_ROOTS' | 'SMTP_PORT'
>

/** The world's own network is always open to the lanes, and its authority trusted; the rest of loopback only where somebody asked for it. */
export function networkOf({ smtpPort, allowLoopbackMx }: Options, world: WorldSetting): Network {
  const networks = allowLoopbackMx ? [world.network, '127.0.0.0/8', '::1/128'] : [world.network]
  return {
    LOOPBACK_NETWORKS: networks.join(','),
    LOOPBACK_SMTP_PORT: String(smtpPort ?? world.smtpPort),
    LOOPBACK_HTTPS_PORT: String(world.httpsPort),
    EXTRA_ROOTS: world.root,
    SMTP_PORT: String(smtpPort ?? SMTP_PORT),
  }
}

/** Where the edge fetches policies of MTA-STS from, in place of the hosts whose names end so: workerd resolves names elsewhere. */
export function policyHostsOf({ policyUrl }: WorldSetting): readonly { suffix: string; url: string }[] {
  return [{ suffix: 'test', url: policyUrl }]
}

type AuditSetting = Pick<LaneEnvironment, 'DNSBL_ZONES' | 'CANARIES' | 'AUDIT_RESOLVERS' | 'AUDIT_SMTP_PORT'>

/** The lanes' own names and mailboxes are of the world, whoever is asked about others' and on whatever port. */
export function auditOf(world: Pick<WorldSetting, 'dohUrl' | 'smtpPort'>): AuditSetting {
  return {
    DNSBL_ZONES: JSON.stringify([BLOCK_LIST]),
    CANARIES: '[]',
    AUDIT_RESOLVERS: JSON.stringify([{ name: 'world', url: world.dohUrl, suffix: null } satisfies Resolver]),
    AUDIT_SMTP_PORT: String(world.smtpPort),
  }
}
