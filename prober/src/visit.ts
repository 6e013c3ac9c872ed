// One visit at one address of an exchange: a conversation, or two where the first has shown how the host likes to be spoken to.
import type { Fault } from '@postern/shared/verdict/evidence.ts'
import { type Asked, type ExchangePorts, fruitless, type Question, UNREACHED } from './exchange.ts'
import { heardIn, outcomeOf, saidIn, type Scene, type Visit } from './hearing.ts'
import { retried } from './inquiry.ts'
import type { Conversation } from './net/converse.ts'
import type { Plan } from './smtp/plan.ts'
import { NOTHING_SHOWED, type Outcome } from './store/grants.ts'

export interface Attempt {
  readonly question: Question
  readonly plan: Plan
  readonly scene: Scene
  readonly visit: Visit
  /** What an earlier try within the same visit came to. */
  readonly earlier: Conversed | null
}

export interface Conversed {
  readonly asked: Omit<Asked, 'settlements'>
  readonly outcome: Outcome
}

/** Advertised PIPELINING that stalls, and an early word that was not welcome, are answered by asking once more without. */
export async function converse(attempt: Attempt, ports: ExchangePorts): Promise<Conversed> {
  const { question, plan, scene, visit, earlier } = attempt
  const conversation = await ports.dial(visit.address, plan, question)
  if ('fault' in conversation) return earlier ?? unreached(attempt, ports, conversation.fault)
  const stalled = conversation.ending === 'stalled' && plan.pipelining
  const outOfStep = conversation.ending === 'out_of_step'
  const seen = { ...visit, stalled: visit.stalled || stalled, outOfStep: visit.outOfStep || outOfStep }
  const concluded = conclude(conversation, { ...attempt, visit: seen }, ports)
  if ((!stalled && !outOfStep) || ports.now() >= question.deadlineAt) return concluded
  return converse(
    {
      // It greets, it has shown that: no other host's time is spent on waiting for it.
      question: { ...question, greetingBy: question.deadlineAt },
      plan: { ...plan, early: null, pipelining: plan.pipelining && !stalled },
      scene,
      visit: { ...seen, before: visit.before + saidIn(conversation), refusedBefore: concluded.outcome.refused },
      earlier: concluded,
    },
    ports,
  )
}

function conclude(
  conversation: Conversation,
  { scene, visit, earlier }: Attempt,
  ports: Pick<ExchangePorts, 'now'>,
): Conversed {
  const heard = heardIn(conversation, scene, ports.now())
  return {
    asked: {
      heard: earlier === null ? heard : retried(earlier.asked.heard, heard),
      // After an answer to RCPT, and after a final refusal of us, another exchange would only be asked the same again.
      settled: conversation.state.told.some(({ phase, reply }) => phase === 'rcpt' || reply.code >= 500),
    },
    outcome: outcomeOf(conversation, scene, visit),
  }
}

/** What the breaker hears: only a connection that never came about brings it nearer. */
function unreached({ question, visit: { address } }: Attempt, ports: ExchangePorts, fault: Fault): Conversed {
  const reached = UNREACHED.includes(fault) ? false : null
  return {
    asked: fruitless(question, ports, fault),
    outcome: { ...NOTHING_SHOWED, address, reached },
  }
}
