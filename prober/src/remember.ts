// What of an inquiry is written down, for the next one: each address's own part, and what the domain has shown.
import type { ProbeFact } from '@postern/shared/verdict/evidence.ts'
import { mailboxReply } from '@postern/shared/verdict/lifetimes.ts'
import type { Heard } from './inquiry.ts'
import { isAnswered, keptOfAddress, keptOfDomain, outlives } from './known.ts'
import type { Case } from './cases.ts'
import type { Group, ProbePorts } from './probe.ts'
import type { Recalled } from './store/evidence.ts'
import type { LearnedAddress } from './store/learn.ts'
import type { Settlement } from './store/permits.ts'

export interface Inquired {
  readonly group: Group
  readonly recalled: Recalled
  /** The addresses that were to be asked about. */
  readonly open: readonly Case[]
  readonly heard: Heard
  readonly settlements: readonly Settlement[]
  readonly startedAt: number
}

/** False where memory could not be read or written. */
export async function remember(inquired: Inquired, ports: ProbePorts): Promise<boolean> {
  const { group, recalled, open, heard, settlements, startedAt } = inquired
  const now = ports.now()
  const addresses = open.flatMap((one) => learnedOf(one, heard, now))
  const facts = [...heard.shared, ...[...heard.own.values()].flat()]
  const domainFacts = keptOfDomain(facts, recalled.domain.facts)
  const refused = heard.refused === 0 ? null : [...recalled.domain.refused, ...Array(heard.refused).fill(now)]
  const isNothing = addresses.length === 0 && domainFacts.length === 0 && refused === null
  if (isNothing && settlements.length === 0) return recalled.available
  const { domain } = group
  const learned = { domain, since: startedAt, now, addresses, domainFacts, refused, settlements }
  return (await ports.evidence.learn(learned)) && recalled.available
}

function learnedOf({ subject, known, attempts }: Case, heard: Heard, now: number): LearnedAddress[] {
  const isNamed = heard.named.has(subject.wire)
  const found = foundOf(subject.wire, heard)
  const isOver = isAnswered(found)
  // An inquiry that has to wait has not come to its end: what failed on the way is no answer for a repeat.
  const isUnfinished = mailboxReply(found) === null && heard.shared.some(({ kind }) => kind === 'hold')
  if (found.length === 0 || (isUnfinished && !isNamed)) return []
  const times = heard.named.get(subject.wire) ?? 0
  const asked = isOver ? attempts : [...attempts, ...Array<number>(times).fill(now)]
  // Silence takes nothing back: an answer that is still good stays on record.
  const own = known.own.filter(({ kind }) => kind !== 'feedback')
  const keepsOwn = isUnfinished || (!isOver && outlives(own, now))
  return [{ wire: subject.wire, facts: keepsOwn ? own : found, attempts: asked }]
}

/** Where somebody else was named, what was said to nobody says nothing of those who are still to be. */
function foundOf(wire: string, heard: Heard): readonly ProbeFact[] {
  const shared = heard.named.has(wire) || heard.named.size === 0 ? heard.shared : []
  const said = [...(heard.own.get(wire) ?? []), ...shared]
  return keptOfAddress(said.toSorted((one, other) => one.observedAt - other.observedAt))
}
