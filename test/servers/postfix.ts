// Postfix as tests need it: one master, with a server for each domain at an address of its own, and a log that can be read.
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tlsPem } from '../world/smtp/tls-identity.ts'
import type { MailHost } from './lane.ts'
import { freePort, type Leashed, newFolder, onLeash } from './leash.ts'
import { POSTFIX } from './programs.ts'

export interface PostfixServer {
  readonly domain: string
  /** Which of Postfix's address classes the domain is in; `none` is a domain that it does not relay for. */
  readonly class?: 'virtual' | 'local' | 'relay' | 'none'
  readonly catchAll?: true
  /** Postscreen stands before it. */
  readonly screened?: true
  /** Parameters as in main.cf, for this server alone. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface Postfix extends Leashed {
  readonly hosts: readonly MailHost[]
  readonly port: number
  /** All that it has logged so far. */
  log(): string
}

/** Every domain knows these; everybody else is a stranger. */
const KNOWN = ['jane', 'karl', 'jörg', 'postmaster']
const FIRST_HOST = 10

/** `routes`: where this Postfix itself finds the mail server of a domain, to ask about a sender. */
export async function startPostfix(
  servers: readonly PostfixServer[],
  routes: Readonly<Record<string, string>> = {},
): Promise<Postfix> {
  const dir = newFolder('postfix')
  const hosts = servers.map(({ domain }, index) => ({ domain, address: `127.29.1.${FIRST_HOST + index}` }))
  const port = await freePort('0.0.0.0')
  const addressOf = new Map(hosts.map(({ domain, address }) => [domain, address]))
  layOut(dir)
  writeFileSync(join(dir, 'recipients'), recipientsOf(servers))
  writeFileSync(join(dir, 'aliases'), servers.flatMap(catchAllOf).join(''))
  writeFileSync(
    join(dir, 'routes'),
    Object.entries(routes)
      .map(([domain, by]) => `${domain} smtp:[${addressOf.get(by)}]:${port}\n`)
      .join(''),
  )
  writeFileSync(join(dir, 'etc/main.cf'), mainCf(dir, servers))
  writeFileSync(join(dir, 'etc/master.cf'), masterCf(servers, hosts, port))
  const leashed = await onLeash({
    dir,
    start: `${POSTFIX} -c "$dir/etc" start || exit 1`,
    end: 'kill "$(head -n 1 "$dir/queue/pid/master.pid")"',
    log: join(dir, 'log/mail.log'),
    // Postfix listens at all addresses or at none.
    at: [{ host: hosts[0]!.address, port }],
  })
  return { ...leashed, hosts, port, log: () => readFileSync(join(dir, 'log/mail.log'), 'utf8') }
}

/** Postfix wants its folders to be of certain owners, and reads the rest as a user of its own. */
function layOut(dir: string): void {
  chmodSync(dir, 0o755)
  for (const name of ['etc', 'queue', 'data', 'log']) mkdirSync(join(dir, name), { mode: 0o755 })
  const postfix = Number(execFileSync('id', ['-u', 'postfix'], { encoding: 'utf8' }))
  chownSync(join(dir, 'data'), postfix, 0)
  writeFileSync(join(dir, 'tls.pem'), tlsPem(), { mode: 0o600 })
}

function recipientsOf(servers: readonly PostfixServer[]): string {
  return servers.flatMap(({ domain }) => KNOWN.map((name) => `${name}@${domain} there\n`)).join('')
}

function catchAllOf({ domain, catchAll }: PostfixServer): string[] {
  return catchAll === true ? [`@${domain} jane@${domain}\n`] : []
}

function mainCf(dir: string, servers: readonly PostfixServer[]): string {
  const inClass = (wanted: PostfixServer['class']) =>
    servers.filter((one) => (one.class ?? 'virtual') === wanted).map(({ domain }) => domain)
  const recipients = `texthash:${dir}/recipients`
  const settings = {
    compatibility_level: '3.6',
    queue_directory: `${dir}/queue`,
    data_directory: `${dir}/data`,
    maillog_file: `${dir}/log/mail.log`,
    maillog_file_prefixes: dir,
    myhostname: 'postfix.servers.example',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.1/32',
    // Nothing here may ask a resolver.
    smtpd_peername_lookup: 'no',
    smtp_dns_support_level: 'disabled',
    smtp_host_lookup: 'native',
    alias_maps: '',
    mydestination: inClass('local').join(' '),
    relay_domains: inClass('relay').join(' '),
    virtual_mailbox_domains: inClass('virtual').join(' '),
    local_recipient_maps: recipients,
    relay_recipient_maps: recipients,
    virtual_mailbox_maps: recipients,
    virtual_alias_maps: `texthash:${dir}/aliases`,
    transport_maps: `texthash:${dir}/routes`,
    smtpd_tls_chain_files: `${dir}/tls.pem`,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')
}

/** The services that every Postfix has, none of them chrooted, and a listener for each server. */
function masterCf(servers: readonly PostfixServer[], hosts: readonly MailHost[], port: number): string {
  const listeners = servers.map((server, index) => listener(server, `${hosts[index]!.address}:${port}`))
  return `${[...SERVICES, ...listeners].join('\n')}\n`
}

const SERVICES = [
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'rewrite unix - - n - - trivial-rewrite',
  'bounce unix - - n - 0 bounce',
  'defer unix - - n - 0 bounce',
  'trace unix - - n - 0 bounce',
  'verify unix - - n - 1 verify',
  'proxymap unix - - n - - proxymap',
  'smtp unix - - n - - smtp',
  'error unix - - n - - error',
  'retry unix - - n - - error',
  'anvil unix - - n - 1 anvil',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'tlsproxy unix - - n - 0 tlsproxy',
  'dnsblog unix - - n - 0 dnsblog',
  'scache unix - - n - 1 scache',
  'postlog unix-dgram n - n - 1 postlogd',
]

function listener({ domain, screened, settings = {} }: PostfixServer, at: string): string {
  const own = options({ myhostname: `mx.${domain}`, ...settings })
  if (screened !== true) return `${at} inet n - n - - smtpd\n${own}`
  const behind = `smtpd-${domain}`
  const screen = options({
    ...settings,
    myhostname: `mx.${domain}`,
    smtpd_service_name: behind,
    postscreen_cache_map: `btree:$data_directory/screened-${domain}`,
  })
  return `${at} inet n - n - 1 postscreen\n${screen}\n${behind} pass - - n - - smtpd\n${own}`
}

function options(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `  -o { ${name} = ${value} }`)
    .join('\n')
}

/** Lines of the log that speak of a fault, its own or its client's. */
export function complaints(postfix: Postfix): string[] {
  return postfix
    .log()
    .split('\n')
    .filter((line) => COMPLAINT.test(line))
}

const COMPLAINT =
  /warning|fatal|panic|throttling|improper|PREGREET|COMMAND (PIPELINING|COUNT|LENGTH|TIME)|NON-SMTP|BARE NEWLINE/
