// What one permit is good for: one conversation after the other at one address, each knowing what the ones before have shown.
import type { ProviderRow } from '@postern/shared/dns/provider.ts'
import type { ReplyFact } from '@postern/shared/verdict/evidence.ts'
import type { Asked, ExchangePorts, Question } from './exchange.ts'
import { type Heard, type Inquiry, type Subject, together } from './inquiry.ts'
import { keptOfDomain } from './known.ts'
import { planFor, sceneOf } from './planned.ts'
import { MOST_REFUSED } from './smtp/recipients.ts'
import { type Decision, type Manner, ON_THE_WIRE_MS, type Outcome } from './store/grants.ts'
import { type Conversed, converse } from './visit.ts'

export interface Permitted {
  readonly row: ProviderRow
  readonly address: string
  readonly sessions: readonly Subject[][]
  /** RCPTs that were asked for, by session. */
  readonly recipients: readonly number[]
  readonly permit: Extract<Decision, { kind: 'granted' }> | { readonly kind: 'unavailable' }
}

const NO_EARLIER_TRY = { before: 0, refusedBefore: 0, stalled: false, outOfStep: false } as const

/** Goes on as long as everybody of a session was answered for, nothing broke off and nobody was refused more than once. */
export async function askInSessions(
  question: Question,
  permitted: Permitted,
  ports: ExchangePorts,
): Promise<Conversed> {
  const { sessions, permit } = permitted
  const { sessions: count = 1, gapMs = 0 } = permit.kind === 'granted' ? permit : {}
  const grantedAt = ports.now()
  let all: Conversed | null = null
  for (const [n, subjects] of sessions.slice(0, count).entries()) {
    const at = grantedAt + n * gapMs
    if (all !== null && (!mayGoOn(all, n, sessions) || at >= question.deadlineAt)) break
    if (at > ports.now()) await ports.sleep(at - ports.now())
    // What is said late is late by when it was granted, not by when it came to it.
    const soFar = { n, at, all }
    const one = await askSession({ ...informed(question, all), subjects }, permitted, soFar, ports)
    all = all === null ? one : both(all, one)
  }
  if (all === null) throw new Error('a permit without a session')
  return all
}

interface SoFar {
  readonly n: number
  readonly at: number
  readonly all: Conversed | null
}

// oxlint-disable-next-line max-params -- whom, where, after what, and the ports
async function askSession(
  question: Question,
  { row, address, permit, recipients }: Permitted,
  { n, at, all }: SoFar,
  ports: ExchangePorts,
): Promise<Conversed> {
  const plan = planFor(question, ports, row)
  const manners = permit.kind === 'granted' ? permit.grants.manners : []
  const shown: Manner | null = all?.outcome.manner ?? null
  const known = shown ?? manners.find((manner) => manner.address === address) ?? null
  const visit = {
    grantedAt: at,
    onTheWireMs: ON_THE_WIRE_MS / ports.hurry,
    address,
    alias: ports.aliasOf(question.inquiry.domain),
    known,
    about: question.subjects.map(({ wire }) => ports.aliasOf(wire)),
    permitted: recipients[n] ?? question.subjects.length,
    ...NO_EARLIER_TRY,
  }
  const scene = sceneOf(question, plan, { row, source: ports.lane.id })
  const mannered = { ...plan, pipelining: known?.stalls !== true, early: known?.early ?? null }
  return converse({ question, plan: mannered, scene, visit, earlier: null }, ports)
}

/** What was learned of strangers and of others need not be asked again. */
function informed(question: Question, all: Conversed | null): Question {
  if (all === null) return question
  const { inquiry } = question
  const said = [...all.asked.heard.shared, ...[...all.asked.heard.own.values()].flat()]
  const domainFacts: readonly ReplyFact[] = [...inquiry.domainFacts, ...keptOfDomain(said, inquiry.domainFacts)]
  const better: Inquiry = { ...inquiry, domainFacts }
  return { ...question, inquiry: better, greetingBy: question.deadlineAt }
}

function mayGoOn(
  { asked: { heard, settled }, outcome }: Conversed,
  done: number,
  sessions: readonly Subject[][],
): boolean {
  const before = sessions.slice(0, done).flat()
  const isWhole = before.every(({ wire }) => heard.named.has(wire))
  const facts = [...heard.shared, ...[...heard.own.values()].flat()]
  const brokeOff = facts.some((fact) => fact.kind !== 'reply' || fact.reply.code === 421)
  // Who asks us to come less often, or not at all, is not asked on at the old pace.
  const isWelcome = !outcome.pushedBack && outcome.refusal === null
  return settled && isWhole && !brokeOff && isWelcome && heard.refused < MOST_REFUSED - 1
}

function both(one: Conversed, other: Conversed): Conversed {
  const heard: Heard = together(one.asked.heard, other.asked.heard)
  const asked: Omit<Asked, 'settlements' | 'nextAt'> = { heard, settled: other.asked.settled }
  const [a, b] = [one.outcome, other.outcome]
  const outcome: Outcome = {
    address: b.address,
    reached: a.reached === true ? true : b.reached,
    pushedBack: a.pushedBack || b.pushedBack,
    refusal: b.refusal ?? a.refusal,
    refused: a.refused + b.refused,
    late: a.late + b.late,
    learned: [...a.learned, ...b.learned],
    manner: b.manner ?? a.manner,
  }
  return { asked, outcome }
}
