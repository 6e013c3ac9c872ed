// What was seen at single addresses, gathered into one finding for each host and id; and no more of an id than anybody reads.
import { type Finding, type FindingId, finding, isWorse, type Severity } from './finding.ts'

export interface Case {
  readonly id: FindingId
  readonly severity?: Severity
  /** What was seen at one address; the address is part of it, and when. */
  readonly seen: Readonly<Record<string, unknown>>
}

export function gathered(domain: string, host: string, cases: readonly Case[]): Finding[] {
  const ids = [...new Set(cases.map(({ id }) => id))]
  return ids.map((id) => {
    const same = cases.filter((one) => one.id === id)
    const severity = worstOf(same.flatMap((one) => one.severity ?? []))
    const evidence = { addresses: same.map(({ seen }) => seen) }
    return finding(id, { domain, subject: host, evidence, ...(severity === undefined ? {} : { severity }) })
  })
}

function worstOf([first, ...others]: readonly Severity[]): Severity | undefined {
  return others.reduce((worst, one) => (worst !== undefined && isWorse(worst, one) ? worst : one), first)
}

/** Whoever has more of one kind has one thing to mend. */
const MOST_OF_ONE_ID = 20

export function firstOfEach(findings: readonly Finding[]): Finding[] {
  const counts = new Map<FindingId, number>()
  return findings.filter(({ id }) => {
    const count = (counts.get(id) ?? 0) + 1
    counts.set(id, count)
    return count <= MOST_OF_ONE_ID
  })
}
