// THE STORY of one job: what is known already, may we ask, ask the exchanges in order, say what was said, remember it.
import { type ProbeJob, type ProbeReport, wireAddress } from '@postern/shared/contract/probe.ts'
import { inOrderFor } from '@postern/shared/lanes/choose.ts'
import type { HoldFact, ProbeFact } from '@postern/shared/verdict/evidence.ts'
import { DAY_MS } from '@postern/shared/verdict/lifetimes.ts'
import { type Asked, askExchange, type ExchangePorts, holdFact } from './exchange.ts'
import { isKnown, isUncountedYes, knownFacts, outlives, pertinent, splitFacts } from './known.ts'
import type { Evidence, Recalled, Subject } from './store/evidence.ts'

export interface ProbePorts extends ExchangePorts {
  readonly evidence: Evidence
  /** False where one of the job's exchanges is not the domain's own; true where the DNS could not tell. */
  readonly routeAgrees: (job: ProbeJob, deadlineAt: number) => Promise<boolean>
}

/** Hosts tried in one job (RFC 5321 §5.1 asks for at least two). */
const MAX_EXCHANGES = 3
const MAX_ATTEMPTS_A_DAY = 6
/** A claim outlives its job by this much, so that a slow last write is not overtaken. */
const CLAIM_GRACE_MS = 500
/** When somebody else is asking this very address, their answer will be ours too. */
const CLAIM_RETRY_MS = 150

/**
 * Answers one job within its budget, counted from `receivedAt` (milliseconds since the epoch), when the job reached the lane.
 * Facts only; the edge says what they mean.
 */
export async function probe(job: ProbeJob, ports: ProbePorts, receivedAt: number): Promise<ProbeReport> {
  const startedAt = ports.now()
  const deadlineAt = receivedAt + job.budgetMs
  const subject = subjectOf(job)

  const [memory, agrees] = await Promise.all([
    ports.evidence.recall(subject, startedAt),
    job.dial === false ? true : ports.routeAgrees(job, deadlineAt),
  ])
  const recalled = pertinent(memory, job)
  const age = { now: startedAt, maxAgeMs: job.maxAgeS * 1_000 }
  if (isKnown(recalled.mailbox, age) && !isUncountedYes(recalled, job.domain, startedAt)) {
    return report(job, ports, { state: 'known', facts: knownFacts(recalled, startedAt), recalled })
  }
  if (job.dial === false) {
    return report(job, ports, { state: 'held', facts: [holdFact('breaker_open', null, ports)], recalled })
  }
  const held = agrees ? spent(recalled.attempts, ports) : holdFact('route_differs', null, ports)
  if (held !== null) return report(job, ports, { state: 'held', facts: [held], recalled })

  const claimed = await ports.evidence.claim({
    ...subject,
    jobId: job.jobId,
    now: startedAt,
    until: deadlineAt + CLAIM_GRACE_MS,
    ...(recalled.available ? { seen: recalled.learnedAt } : {}),
  })
  if (claimed.kind === 'held') {
    const retryAt = Math.max(ports.now(), Math.min(claimed.until, ports.now() + CLAIM_RETRY_MS))
    return report(job, ports, { state: 'held', facts: [holdFact('in_progress', retryAt, ports)], recalled })
  }

  const asked = await askInOrder(job, ports, { recalled, deadlineAt })
  const remembered = await remember(job, ports, { asked, recalled })
  return report(job, ports, {
    // A greeting that refuses us is an answer to having asked, though nobody was named.
    state: asked.facts.some(({ kind }) => kind !== 'hold') ? 'asked' : 'held',
    facts: [...recalled.domain, ...asked.facts],
    recalled: { available: recalled.available && remembered && claimed.kind === 'claimed' },
    smtpMs: ports.now() - startedAt,
  })
}

interface Inquiry {
  readonly facts: readonly ProbeFact[]
  readonly recipients: number
}

/** On to the next exchange after a connection failure, a 4xx greeting or silence; never after anybody was refused. */
async function askInOrder(
  job: ProbeJob,
  ports: ProbePorts,
  { recalled, deadlineAt }: { recalled: Recalled; deadlineAt: number },
): Promise<Inquiry> {
  const facts: ProbeFact[] = []
  let recipients = 0
  const exchanges = inOrder(job).slice(0, MAX_EXCHANGES)
  for (const [index, exchange] of exchanges.entries()) {
    const now = ports.now()
    // A silent host may not eat the time of the one behind it.
    const greetingBy = index === exchanges.length - 1 ? deadlineAt : now + (deadlineAt - now) / 2
    const question = { job, exchange, domainFacts: recalled.domain, deadlineAt, greetingBy }
    const asked: Asked = await askExchange(question, ports)
    facts.push(...asked.facts)
    recipients += asked.recipients
    if (asked.settled || ports.now() >= deadlineAt) break
  }
  return { facts, recipients }
}

/** Names by preference; equals in an order of the address's own. */
function inOrder(job: ProbeJob): string[] {
  const preferenceOf = new Map(job.exchanges.map(({ exchange, preference }) => [exchange, preference]))
  return inOrderFor(wireAddress(job), [...preferenceOf.keys()]).sort(
    (one, other) => (preferenceOf.get(one) ?? 0) - (preferenceOf.get(other) ?? 0),
  )
}

function subjectOf(job: ProbeJob): Subject {
  return { wire: wireAddress(job), domain: job.domain }
}

async function remember(
  job: ProbeJob,
  ports: ProbePorts,
  { asked, recalled }: { asked: Inquiry; recalled: Recalled },
): Promise<boolean> {
  const subject = subjectOf(job)
  const { mailboxFacts, domainFacts, answered } = splitFacts(asked.facts)
  if (mailboxFacts.length === 0) return ports.evidence.release(subject, job.jobId)
  const now = ports.now()
  const attempts = answered || asked.recipients === 0 ? recalled.attempts : [...recalled.attempts, now]
  // Silence takes nothing back: an answer that is still good stays on record.
  const kept = !answered && outlives(recalled.mailbox, now) ? recalled.mailbox : mailboxFacts
  return ports.evidence.learn({ ...subject, now, mailboxFacts: kept, domainFacts, attempts })
}

function spent(attempts: readonly number[], ports: ProbePorts): HoldFact | null {
  const [oldest] = attempts
  return attempts.length < MAX_ATTEMPTS_A_DAY || oldest === undefined
    ? null
    : holdFact('attempts_spent', oldest + DAY_MS, ports)
}

interface Outcome {
  readonly state: ProbeReport['state']
  readonly facts: readonly ProbeFact[]
  readonly recalled: { readonly available: boolean }
  readonly smtpMs?: number
}

function report(job: ProbeJob, ports: ProbePorts, { state, facts, recalled, smtpMs }: Outcome): ProbeReport {
  return {
    jobId: job.jobId,
    lane: ports.lane.id,
    state,
    facts: [...facts],
    withoutMemory: !recalled.available,
    smtpMs: smtpMs ?? null,
  }
}
