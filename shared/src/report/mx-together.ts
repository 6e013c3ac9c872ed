// What a domain's exchanges have in common, and what fails with it: one host, one address, one network, one family.
import type { Answer } from '../dns/answer.ts'
import { networkOf } from '../dns/ip.ts'
import { type Addresses, addressesIn } from '../dns/mail-route.ts'
import { type Finding, finding } from './finding.ts'

interface Addressed extends Addresses {
  readonly host: string
}

/** Of hosts and addresses, in evidence. */
const MOST_SHOWN = 10

/** Of exchanges that could not all be learned nothing is said. */
export function togetherFindings(domain: string, seen: readonly Addressed[]): Finding[] {
  const isLearned = seen.every(({ a, aaaa }) => a.kind !== 'failure' && aaaa.kind !== 'failure')
  const addressed = seen.filter((one) => addressesIn(one).length > 0)
  const [only] = addressed
  if (!isLearned || only === undefined) return []
  const isSingle = seen.length === 1 && [only.a, only.aaaa].every(isOneAtMost)
  return [
    ...sharing(domain, addressed),
    ...(isSingle ? [finding('MX_SINGLE_HOST', { domain })] : []),
    ...(isOnePlace(addressed) ? [finding('MX_ONE_FAILURE_DOMAIN', { domain })] : []),
    ...(addressed.some(({ aaaa }) => aaaa.kind === 'records') ? [] : [finding('MX_NO_IPV6', { domain })]),
  ]
}

const isOneAtMost = (answer: Answer<string>): boolean => answer.kind !== 'records' || new Set(answer.data).size <= 1

function sharing(domain: string, addressed: readonly Addressed[]): Finding[] {
  const hostsAt = new Map<string, string[]>()
  for (const one of addressed) {
    for (const address of new Set(addressesIn(one))) {
      const hosts = hostsAt.get(address) ?? []
      hosts.push(one.host)
      hostsAt.set(address, hosts)
    }
  }
  const shared = [...hostsAt].filter(([, hosts]) => hosts.length > 1)
  if (shared.length === 0) return []
  const evidence = {
    addresses: shared.map(([address]) => address).slice(0, MOST_SHOWN),
    hosts: [...new Set(shared.flatMap(([, hosts]) => hosts))].slice(0, MOST_SHOWN),
  }
  return [finding('MX_DUPLICATE_IP', { domain, evidence })]
}

/** One network of each family; a host that is in both is what makes them one place. */
function isOnePlace(addressed: readonly Addressed[]): boolean {
  const networks = ({ a, aaaa }: Addressed) => [a, aaaa].map((answer) => networksOf(answer))
  const families = [0, 1].map((family) => new Set(addressed.flatMap((one) => networks(one)[family] ?? [])))
  const isTied =
    families.some(({ size }) => size === 0) || addressed.some((one) => networks(one).every((each) => each.length > 0))
  return addressed.length > 1 && families.every(({ size }) => size <= 1) && isTied
}

function networksOf(answer: Answer<string>): string[] {
  return answer.kind === 'records' ? answer.data.map(networkOf) : []
}
