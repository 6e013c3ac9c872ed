// One evening at the edge: the story of an address told with ports that a test has arranged, and what came of it.
import type { Fact, SenderPolicyFact } from '@postern/shared/verdict/evidence.ts'
import type { Age } from '../../edge/src/age/age.ts'
import type { Routed, RouteWanted } from '../../edge/src/dns/route.ts'
import type { Verified, VerifyRequest } from '../../edge/src/verify/verified.ts'
import { verify } from '../../edge/src/verify/verify.ts'
import type { Remembered } from '../../edge/src/probe/memo.ts'
import { replyTo, routeTo, START } from './facts.ts'
import { inTurn, reported, requestFor, type Said, storyWith } from './lanes-that-answer.ts'

export const yes = reported('asked', [replyTo('mailbox', 'accepted'), replyTo('stranger', 'unknown')])

export interface Evening {
  readonly verified: Verified
  /** What the memo was told. */
  readonly noted: readonly Remembered[]
  readonly lookedUp: readonly RouteWanted[]
  readonly asked: number
  /** Domains whose registries were asked for their age. */
  readonly learned: readonly string[]
  /** Domains whose sender policies were looked up. */
  readonly ranked: readonly string[]
  /** Work that was left for after the answer. */
  readonly left: number
}

export interface Given {
  readonly route?: readonly Fact[]
  readonly said?: Said
  readonly allowSpecialUse?: readonly string[]
  readonly request?: Partial<VerifyRequest>
  readonly admitted?: boolean
  readonly also?: Routed['also']
  /** What is remembered of the domain's age. */
  readonly registeredAt?: number
  readonly remembered?: Remembered
}

export async function evening(email: string, given: Given = {}): Promise<Evening> {
  const { route = [routeTo()], said = yes, allowSpecialUse = ['test'], request = {} } = given
  const story = storyWith(inTurn(said))
  const lookedUp: RouteWanted[] = []
  const lookUpRoute = async (wanted: RouteWanted) => {
    lookedUp.push(wanted)
    await story.ports.sleep(30)
    return { facts: [...route], also: given.also ?? null }
  }
  const learned: string[] = []
  const later: unknown[] = []
  const ageOf = (domain: string): Age => ({
    known: () =>
      given.registeredAt === undefined
        ? null
        : { kind: 'domain_age', registeredAt: given.registeredAt, observedAt: START, source: 'RDAP' },
    learn: async () => void learned.push(domain),
  })
  const ranked: string[] = []
  const lookUpSenderPolicy = async (domain: string): Promise<SenderPolicyFact> => {
    ranked.push(domain)
    return { kind: 'sender_policy', spf: true, dmarc: true, observedAt: START, source: 'world' }
  }
  const noted: Remembered[] = []
  const ports = {
    ...story.ports,
    memo: {
      recall: async () => given.remembered ?? null,
      note: (_wire: string, one: Remembered) => void noted.push(one),
      forget: async () => undefined,
    },
    lookUpRoute,
    lookUpSenderPolicy,
    ageOf,
    later: (work: unknown) => void later.push(work),
    allowSpecialUse,
    mayAsk: async () => given.admitted ?? true,
  }
  const verified = await verify({ ...requestFor({ email }), ...request }, ports)
  return { noted, verified, lookedUp, asked: story.asked.length, learned, ranked, left: later.length }
}
