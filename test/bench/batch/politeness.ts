// The least time in which a list can be asked about politely, and whether that was kept: by what servers themselves have seen.
import type { MailHostSeen } from './mail.ts'

/** A minute's recipients that a list may have; the rest is left to those who wait. */
const LIST_A_MINUTE = 24
const REFUSED_AN_HOUR = 15
const MOST_A_MINUTE = 30
const MOST_A_SECOND = 2

/** Seconds of courtesy's clock: the largest over destinations of 60·⌊n/24⌋ and 3600·⌊r/15⌋. */
export function floorS(hosts: readonly MailHostSeen[]): number {
  return Math.max(
    ...hosts.map(({ recipients, refused }) =>
      Math.max(60 * Math.floor(recipients.length / LIST_A_MINUTE), 3_600 * Math.floor(refused / REFUSED_AN_HOUR)),
    ),
  )
}

/** Windows of a minute or a second of courtesy's clock that held more than they may; `hurry` is how much faster that clock is. */
export function breaches(hosts: readonly MailHostSeen[], hurry: number): { minutes: number; seconds: number } {
  const over = (instants: readonly number[], spanMs: number, most: number): number =>
    instants.filter((at, n) => (instants[n + most] ?? Number.POSITIVE_INFINITY) - at < spanMs).length
  return {
    minutes: hosts.reduce((sum, { recipients }) => sum + over(recipients, 60_000 / hurry, MOST_A_MINUTE), 0),
    seconds: hosts.reduce((sum, { connections }) => sum + over(connections, 1_000 / hurry, MOST_A_SECOND), 0),
  }
}
