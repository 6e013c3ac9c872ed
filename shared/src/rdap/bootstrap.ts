// Which server tells of a domain's registration (RFC 9224): by the longest suffix that one is named for.
import { z } from 'zod'
import table from './servers.json' with { type: 'json' }

/** Suffix in A-form → base URL with a slash at its end. */
export type RdapServers = ReadonlyMap<string, string>

/** Largest registries as of the table's month: what is asked until the IANA's own list was fetched. */
export const SHIPPED: RdapServers = new Map(Object.entries(table.servers))

/** RFC 9224 §3 and §4: `services` holds pairs of suffixes and base URLs; what else it holds is for others. */
const registry = z.object({
  services: z.array(z.tuple([z.array(z.string()), z.array(z.string())])),
})

/** Null for what is no such list, or names nobody; RFC 9224 §3: of several URLs, https is to be preferred. */
export function readBootstrap(value: unknown): RdapServers | null {
  const read = registry.safeParse(value)
  if (!read.success) return null
  const servers = new Map<string, string>()
  for (const [suffixes, urls] of read.data.services) {
    const url = urls.find((one) => one.startsWith('https://'))
    if (url === undefined) continue
    for (const suffix of suffixes) servers.set(suffix.toLowerCase(), url.endsWith('/') ? url : `${url}/`)
  }
  return servers.size === 0 ? null : servers
}

/** RFC 9224 §4: the longest suffix that matches whole labels; null where nobody is known. */
export function serverFor(servers: RdapServers, domain: string): string | null {
  const labels = domain.split('.')
  for (let start = 1; start < labels.length; start += 1) {
    const url = servers.get(labels.slice(start).join('.'))
    if (url !== undefined) return url
  }
  return null
}

/** RFC 9082 §3.1.3. */
export function domainUrl(server: string, domain: string): string {
  return `${server}domain/${encodeURIComponent(domain)}`
}
