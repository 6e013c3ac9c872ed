// How likely mail finds an exchange that takes it, in the words of a report: a model, by what is assumed of each of them.
import type { ReportSections } from '@postern/shared/contract/domain-report.ts'
import { networkOf } from '@postern/shared/dns/ip.ts'
import { addressesIn, leadsNowhere, targetOf } from '@postern/shared/dns/mail-route.ts'
import { providerOf } from '@postern/shared/dns/provider.ts'
import { ASSUMED, effective, grouped, isMaterial } from '@postern/shared/report/availability.ts'
import { rounded } from '@postern/shared/report/rounded.ts'
import type { ExchangeLearned } from './exchanges.ts'
import type { With } from './sight.ts'

export type Availability = NonNullable<ReportSections['availability']>

/** What hosts of one network or operator share is assumed to be up with this probability. */
const GROUP_UP = 0.9995

export function availabilityOf({ domain, exchanges: all, loopback }: With<'route' | 'exchanges'>): Availability | null {
  const exchanges = all.filter((one) => !leadsNowhere(targetOf(one, loopback)))
  return exchanges.length === 0 ? null : availabilityOfGroups(groupsOf(domain.ascii, exchanges), ASSUMED)
}

/** `each` is the availability of every exchange by itself, between 0 and 1. */
export function availabilityOfGroups(groups: readonly (readonly string[])[], each: number): Availability {
  const assumed = groups.flat().map(() => each)
  return {
    confidence: 'model',
    assumptions: { each_host: each, each_group: GROUP_UP, hosts_fail: 'independently within a group' },
    // All are alike: it does not matter who is picked.
    first_pick: each,
    effective: rounded(effective(assumed), 'nines'),
    grouped: rounded(grouped(groups.map((hosts) => ({ common: GROUP_UP, hosts: hosts.map(() => each) }))), 'nines'),
    groups: groups.map((hosts) => [...hosts]),
    another_is_material: isMaterial(assumed, each),
  }
}

/** Hosts that fail together: of one operator, or with an address in the same /24 or /48. */
function groupsOf(domain: string, exchanges: readonly ExchangeLearned[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>()
  for (const one of exchanges) {
    const key = placeOf(domain, one)
    groups.set(key, [...(groups.get(key) ?? []), one.host])
  }
  return [...groups.values()]
}

function placeOf(domain: string, one: ExchangeLearned): string {
  const { host } = one
  const { id, countsAs } = providerOf(host, domain)
  if (id !== 'default') return countsAs
  const [address = ''] = addressesIn(one)
  return address === '' ? host : networkOf(address)
}
