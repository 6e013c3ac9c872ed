// Which policy hosts the world has: `mta-sts.<domain>` of every row with a policy, at a loopback address of its own.
import type { DomainRow } from '../domain-row.ts'
import type { Policy } from './policy.ts'

export interface PolicyHost {
  readonly name: string
  readonly address: string
  readonly policy: Policy
}

const HOSTS_PER_BLOCK = 250
/** Of the third number of their addresses: mail hosts have those below. */
const FIRST_BLOCK = 192

export function policyHostsOf(rows: readonly DomainRow[]): PolicyHost[] {
  const hosts = rows.flatMap(({ domain, policy }) => (policy === undefined ? [] : [{ domain, policy }]))
  return hosts.map(({ domain, policy }, place) => ({
    name: policyHostName(domain),
    address: `127.25.${FIRST_BLOCK + Math.floor(place / HOSTS_PER_BLOCK)}.${1 + (place % HOSTS_PER_BLOCK)}`,
    policy,
  }))
}

export function policyHostName(domain: string): string {
  return `mta-sts.${domain}`
}
