// All domains of the invented internet; one entry per domain, grouped by what is peculiar about it.
import { peculiar } from './data/peculiar.ts'
import { plain } from './data/plain.ts'
import { refusing } from './data/refusing.ts'
import { reportExchanges } from './data/report-exchanges.ts'
import { reportHosts } from './data/report-hosts.ts'
import { reportPolicies } from './data/report-policies.ts'
import { reportTexts } from './data/report-texts.ts'
import { resolverFaults } from './data/resolver-faults.ts'
import { routes } from './data/routes.ts'
import type { DomainRow } from './domain-row.ts'

export const domains: readonly DomainRow[] = [
  ...plain,
  ...refusing,
  ...peculiar,
  ...routes,
  ...resolverFaults,
  ...reportPolicies,
  ...reportHosts,
  ...reportExchanges,
  ...reportTexts,
]

/** The domain under which lanes have their names and senders; its mail host serves every lane's sender domain. */
export const SENDER_DOMAIN = 'probe.test'
