// One turn of a batch at the edge itself: rows whose names did not resolve, looked at again by the ladder.
import { nextVisit } from '@postern/shared/verdict/ladder.ts'
import { inTurn } from './check.ts'
import type { Later } from './group-book.ts'
import { EDGE, type Group, type Member } from './groups.ts'
import { packed, type Taste } from './judge.ts'
import type { RepeatedAnswer } from './repeats.ts'
import { answerOf, domainOf, nextFor, type SurveyPorts, surveyOf } from './survey-row.ts'
import type { Given } from './turn.ts'

export interface Looked {
  readonly answers: readonly RepeatedAnswer[]
  readonly later: ReadonlyMap<number, Later>
  readonly rests: readonly []
}

interface Looking {
  readonly ports: SurveyPorts
  readonly taste: Taste
  readonly roll: number
}

/** What has become known is answered, or goes on to the lane that it is for. */
export async function lookAgain(given: Given, looking: Looking): Promise<Looked> {
  const rows = given.groups.flatMap((group) => group.members.map((member) => ({ group, member })))
  const looked = await inTurn(rows, ({ group, member }) => lookAt(given, { group, member }, looking))
  return {
    answers: looked.flatMap(({ answer }) => (answer === null ? [] : [answer])),
    later: new Map(looked.flatMap(({ row, later }) => (later === null ? [] : [[row, later] as const]))),
    rests: [],
  }
}

interface Row {
  readonly group: Group
  readonly member: Member
}

interface Next {
  readonly row: number
  readonly answer: RepeatedAnswer | null
  readonly later: Later | null
}

async function lookAt({ state }: Given, { group, member }: Row, { ports, taste, roll }: Looking): Promise<Next> {
  const { row, email } = member
  const verified = await surveyOf(state, { row, email }, ports)
  const now = ports.now()
  const next = nextFor(state, { row, email, verified }, { taste, lanes: ports.lanes })
  if (next.kind === 'answer') return { row, answer: next.answer, later: null }
  const { lane, ...destination } = next.at
  if (lane !== EDGE) {
    return { row, answer: null, later: { member: { ...member, dueAt: now, visits: 0 }, lane, destination } }
  }
  const { verdict, facts } = verified
  const visits = member.visits + 1
  const dueAt = nextVisit({ verdict, facts, visits, since: group.since, now, roll })
  if (dueAt === null) return { row, answer: answerOf(state, { row, email, verified }, taste), later: null }
  const last = packed({ facts, domain: domainOf(verified), now }, verdict, taste)
  return { row, answer: null, later: { member: { ...member, dueAt, visits, last } } }
}
