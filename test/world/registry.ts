// The registry of `.test`: tells when a domain of the world was registered (RFC 9083), as registries of others do.
import type { DomainRow } from './domain-row.ts'

const DAY_MS = 86_400_000
/** Most domains are as old as the people who use them. */
const USUAL_DAYS = 4_000

export interface RegistryAnswer {
  readonly status: 200 | 404
  readonly body: unknown
}

/** `now` in milliseconds since the epoch: ages are told from it. */
export function registration(rows: readonly DomainRow[], name: string, now: number): RegistryAnswer {
  const row = rows.find(({ domain, nonexistent }) => domain === name.toLowerCase() && nonexistent !== true)
  if (row === undefined) return { status: 404, body: { errorCode: 404, title: 'Not Found' } }
  const date = (at: number) => new Date(at).toISOString()
  const registeredAt = now - (row.registeredDaysAgo ?? USUAL_DAYS) * DAY_MS
  const events = [
    { eventAction: 'registration', eventDate: date(registeredAt) },
    { eventAction: 'expiration', eventDate: date(registeredAt + 10_000 * DAY_MS) },
    { eventAction: 'last update of RDAP database', eventDate: date(now) },
  ]
  return { status: 200, body: { objectClassName: 'domain', ldhName: row.domain.toUpperCase(), events } }
}
