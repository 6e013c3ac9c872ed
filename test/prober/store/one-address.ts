// Evidence of one address at a time, in the words of the tests of the stores.
import { createEvidence } from '@postern/prober/store/evidence.ts'
import type { Dynamo } from '@postern/prober/store/dynamo.ts'
import type { Keys } from '@postern/prober/store/keys.ts'
import type { ProbeFact, ReplyFact } from '@postern/shared/verdict/evidence.ts'

export interface Subject {
  readonly wire: string
  readonly domain: string
}

export interface LearnedOne extends Subject {
  readonly now: number
  readonly since?: number
  readonly mailboxFacts: readonly ProbeFact[]
  readonly domainFacts: readonly ReplyFact[]
  readonly attempts: readonly number[]
}

export interface OneAddress {
  recall(
    subject: Subject,
    now: number,
  ): Promise<{
    readonly available: boolean
    readonly mailbox: readonly ProbeFact[]
    readonly learnedAt: number
    readonly domain: readonly ReplyFact[]
    readonly attempts: readonly number[]
  }>
  learn(learned: LearnedOne): Promise<boolean>
}

export function oneAddress(dynamo: Dynamo, keys: Keys, table = 'evidence'): OneAddress {
  const evidence = createEvidence(dynamo, keys, table)
  return {
    recall: async ({ wire, domain }, now) => {
      const recalled = await evidence.recall({ domain, wires: [wire], account: null }, now)
      const { facts, learnedAt, attempts } = recalled.addresses[0]!
      return { available: recalled.available, mailbox: facts, learnedAt, domain: recalled.domain.facts, attempts }
    },
    learn: ({ wire, domain, now, since = now, mailboxFacts, domainFacts, attempts }) =>
      evidence.learn({
        domain,
        since,
        now,
        addresses: [{ wire, facts: mailboxFacts, attempts }],
        domainFacts,
        refused: null,
        settlements: [],
      }),
  }
}
