// How likely an exchange is there, as a model, in the words of a report: alone, together, and together where they share something.
import { networkOf } from '@postern/shared/dns/ip.ts'
import { addressesIn, leadsNowhere, targetOf } from '@postern/shared/dns/mail-route.ts'
import { providerOf } from '@postern/shared/dns/provider.ts'
import * as availability from '@postern/shared/report/availability.ts'
import { rounded } from '@postern/shared/report/rounded.ts'
import type { ExchangeLearned } from './exchanges.ts'
import type { Rendered, With } from './sections.ts'

export function availabilityOf({
  domain,
  exchanges: all,
  loopback,
}: With<'route' | 'exchanges'>): Rendered<'availability'> {
  const exchanges = all.filter((one) => !leadsNowhere(targetOf(one, loopback)))
  if (exchanges.length === 0) return { value: null, findings: [] }
  const best = Math.min(...exchanges.map(({ preference }) => preference))
  const assumed = (hosts: readonly unknown[]): number[] => hosts.map(() => availability.ASSUMED)
  const groups = groupsOf(domain.ascii, exchanges)
  const each = assumed(exchanges)
  return {
    value: {
      confidence: 'model',
      assumptions: {
        each_host: availability.ASSUMED,
        each_group: GROUP_UP,
        hosts_fail: 'independently within a group',
      },
      first_pick: rounded(
        availability.firstPick(assumed(exchanges.filter(({ preference }) => preference === best))),
        'share',
      ),
      effective: rounded(availability.effective(each), 'share'),
      grouped: rounded(
        availability.grouped(groups.map((hosts) => ({ common: GROUP_UP, hosts: assumed(hosts) }))),
        'share',
      ),
      groups: groups.map((hosts) => [...hosts]),
      another_is_material: availability.isMaterial(each, availability.ASSUMED),
    },
    findings: [],
  }
}

/** What hosts of one network or operator share is assumed to be up with this probability. */
const GROUP_UP = 0.9995

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
