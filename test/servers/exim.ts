// Exim as tests need it: a daemon with a configuration of its own for each domain, each at an address of its own.
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tlsPem } from '../world/smtp/tls-identity.ts'
import type { MailHost } from './lane.ts'
import { freePort, type Leashed, newFolder, onLeash } from './leash.ts'
import { EXIM, EXIM_ENVIRONMENT, EXIM_USER } from './programs.ts'

export interface EximServer {
  readonly domain: string
  /** Lines of the main section, beside those that every server has. */
  readonly options?: readonly string[]
  /** Statements that stand first in the access lists of these moments; `rcpt` then verifies the recipient. */
  readonly acl?: Readonly<Partial<Record<'connect' | 'helo' | 'mail' | 'rcpt', readonly string[]>>>
  readonly catchAll?: true
  /** Lines of a router that comes before the one that knows the mailboxes. */
  readonly router?: readonly string[]
  /** Domains whose mail this server takes to another server of the same test, as `domain → domain of that server`. */
  readonly routes?: Readonly<Record<string, string>>
  /** Mailboxes; jane, karl, jörg and postmaster unless it says otherwise. */
  readonly knows?: readonly string[]
}

export interface Exim extends Leashed {
  readonly hosts: readonly MailHost[]
  readonly port: number
  /** All that the server of a domain has logged so far. */
  log(domain: string): string
}

const FIRST_HOST = 10
const KNOWN = ['jane', 'karl', 'jörg', 'postmaster']

export async function startExim(servers: readonly EximServer[]): Promise<Exim> {
  const dir = newFolder('exim')
  const hosts = servers.map(({ domain }, index) => ({ domain, address: `127.29.2.${FIRST_HOST + index}` }))
  const port = await freePort('0.0.0.0')
  const addresses = new Map(hosts.map(({ domain, address }) => [domain, address]))
  chmodSync(dir, 0o755)
  writeFileSync(join(dir, 'tls.pem'), tlsPem())
  for (const server of servers) {
    for (const folder of ['spool', 'log']) ownFolder(join(dir, `${server.domain}.${folder}`))
    writeFileSync(join(dir, `${server.domain}.conf`), configuration(server, { dir, port, addresses }))
  }
  const leashed = await onLeash({
    dir,
    start: `pids=\nfor conf in "$dir"/*.conf; do ${EXIM} -C "$conf" -bdf & pids="$pids $!"; done`,
    end: 'kill $pids; wait',
    env: EXIM_ENVIRONMENT,
    at: hosts.map(({ address }) => ({ host: address, port })),
  })
  const log = (domain: string) => readFileSync(join(dir, `${domain}.log/main`), 'utf8')
  return { ...leashed, hosts, port, log }
}

/** It starts as root and goes on as a user of its own. */
function ownFolder(path: string): void {
  mkdirSync(path)
  chownSync(path, Number(execFileSync('id', ['-u', EXIM_USER], { encoding: 'utf8' })), 0)
}

interface Surroundings {
  readonly dir: string
  readonly port: number
  readonly addresses: ReadonlyMap<string, string>
}

function configuration(server: EximServer, surroundings: Surroundings): string {
  return [
    ...mainSection(server, surroundings),
    'begin acl',
    ...accessLists(server),
    'begin routers',
    ...routers(server, surroundings),
    'begin transports',
    'nowhere:',
    '  driver = appendfile',
    '  file = /dev/null',
    '  user = nobody',
    'onwards:',
    '  driver = smtp',
    `  port = ${surroundings.port}`,
    '  hosts_try_fastopen =',
    '',
  ].join('\n')
}

/** Nothing here may ask a resolver, or who is calling. */
function mainSection({ domain, options = [], acl = {} }: EximServer, { dir, port, addresses }: Surroundings): string[] {
  return [
    `primary_hostname = mx.${domain}`,
    `domainlist local_domains = ${domain}`,
    `local_interfaces = ${addresses.get(domain)}`,
    `daemon_smtp_ports = ${port}`,
    `spool_directory = ${dir}/${domain}.spool`,
    `log_file_path = ${dir}/${domain}.log/%s`,
    `pid_file_path = ${dir}/${domain}.spool/pid`,
    `tls_certificate = ${dir}/tls.pem`,
    'rfc1413_query_timeout = 0s',
    'host_lookup =',
    'keep_environment =',
    ...options,
    ...MOMENTS.filter((moment) => moment === 'rcpt' || acl[moment] !== undefined).map(
      (moment) => `acl_smtp_${moment} = at_${moment}`,
    ),
  ]
}

const MOMENTS = ['connect', 'helo', 'mail', 'rcpt'] as const

function accessLists({ acl = {} }: EximServer): string[] {
  return MOMENTS.flatMap((moment) => {
    const own = acl[moment]
    if (own === undefined && moment !== 'rcpt') return []
    const last = moment === 'rcpt' ? RECIPIENTS : []
    return [`at_${moment}:`, ...[...(own ?? []), ...last, 'accept'].map((line) => `  ${line}`)]
  })
}

const RECIPIENTS = ['require message = relay not permitted', '  domains = +local_domains', 'require verify = recipient']

function routers(server: EximServer, { addresses }: Surroundings): string[] {
  const { domain, catchAll, router = [], routes = {}, knows = KNOWN } = server
  const onwards = Object.entries(routes).flatMap(([to, by], index) => [
    `onwards_${index}:`,
    '  driver = manualroute',
    `  domains = ${to}`,
    `  route_list = * ${addresses.get(by)} byname`,
    '  self = send',
    '  transport = onwards',
  ])
  return [
    ...onwards,
    ...router,
    'mailboxes:',
    '  driver = accept',
    `  domains = ${domain}`,
    ...(catchAll === true ? [] : [`  local_parts = ${knows.join(' : ')}`]),
    '  transport = nowhere',
  ]
}
