// The object of a domain's reports as a request uses it: one that does not answer keeps nothing, and keeps nobody from a report.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import { isUnheard, readKept, speaksFor } from './kept-report.ts'

/** Reports are text here, as JSON; as `Reports` is. */
export interface Shelf {
  /** The newest one. */
  readonly latest: () => Promise<string | null>
  /** The newest one to which the DNS had anything to say of the domain's exchanges. */
  readonly heard: () => Promise<string | null>
  readonly keep: (text: string) => Promise<string>
}

export interface ShelfPorts {
  /** Null where nothing is kept of what this caller asks. */
  readonly reports: Shelf | null
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  readonly warn: (what: string) => void
}

/** As text; null where there is none or the object does not answer. */
export function latestOf(ports: ShelfPorts): Promise<string | null> {
  return inTime(ports.reports?.latest(), ports)
}

/** What everybody is given from now on: this one, or one that was made beside it. */
export async function keptOf(made: DomainReport, ports: ShelfPorts): Promise<DomainReport> {
  return readKept(await inTime(ports.reports?.keep(JSON.stringify(made)), ports, KEEP_MS)) ?? made
}

/** RFC 8767 §5 has one to three days. */
const STALE_MS = 86_400_000

/**
 * What is told in place of a report to which no resolver would say anything of the domain's exchanges: the newest one that
 * had heard of them, as stale, for a day (RFC 8767 §4). Null where nothing takes its place: an answer of whatever kind is
 * one, and nobody is told by what was once so that a domain takes no mail.
 */
export async function standInFor(report: DomainReport, ports: ShelfPorts): Promise<DomainReport | null> {
  if (!isUnheard(report)) return null
  const heard = readKept(await inTime(ports.reports?.heard(), ports))
  if (heard === null || !speaksFor(heard)) return null
  const ageMs = ports.now() - Date.parse(heard.generated_at)
  return ageMs >= 0 && ageMs <= STALE_MS ? { ...heard, stale: true } : null
}

/** What it is waited for, in milliseconds: to tell something, and to keep what was made. */
const TELL_MS = 1_000
const KEEP_MS = 3_000

/** Null for what is not asked, what rejects, and what takes longer than its time. */
export async function inTime<T>(
  asked: Promise<T> | undefined,
  { sleep, warn }: Pick<ShelfPorts, 'sleep' | 'warn'>,
  patienceMs = TELL_MS,
): Promise<T | null> {
  if (asked === undefined) return null
  const settled = Promise.allSettled([asked]).then(([one]) => one)
  const answered = await Promise.race([settled, sleep(patienceMs).then(() => null)])
  if (answered?.status === 'fulfilled') return answered.value
  warn('the object of a domain’s reports did not answer')
  return null
}
