// What every route is given: who asks, under which request id, and the ports of this invocation.
import type { Directory } from '../accounts/directory.ts'
import type { Quota } from '../accounts/limits.ts'
import type { Tell } from '../accounts/events.ts'
import type { Objects } from '../accounts/objects.ts'
import type { Secrets } from '../accounts/secrets.ts'
import type { Later, Till } from '../accounts/till.ts'
import type { Asked } from '../accounts/visitor.ts'
import type { Batches } from '../batches/names.ts'
import type { Config } from '../config.ts'
import type { Caller } from '../http/authenticate.ts'
import type { OncePort } from '../http/idempotency.ts'
import type { NearOnces } from '../http/idempotency-near.ts'
import type { NearLimits } from '../http/near-limits.ts'
import type { Write } from '../probe/write.ts'
import type { AnswerPorts } from '../reports/answer.ts'
import type { HeadStarts } from '../reports/head-start.ts'
import type { Reports } from '../reports/reports.ts'
import type { Pending } from '../verify/pending.ts'
import type { VerifyPorts } from '../verify/verify.ts'
import type { Deliveries } from '../webhooks/deliveries.ts'

export interface Services {
  readonly config: Config
  readonly secrets: Secrets
  readonly objects: Objects
  readonly till: Till
  readonly onces: OncePort
  readonly nearOnces: NearOnces
  readonly limits: NearLimits
  /** Counts a visitor of the pages, named by HMAC. */
  readonly visitor: (name: string, asked: Asked) => Promise<{ allowed: boolean; quota: Quota }>
  /** Names of accounts, as KV lists them. */
  readonly directory: (cursor: string | undefined, limit: number) => Promise<Directory>
  readonly verify: Omit<VerifyPorts, 'mayAsk' | 'lanes' | 'memo' | 'account'> & {
    readonly memoOf: (partition: string) => VerifyPorts['memo']
    readonly lanesOf: (partition: string) => VerifyPorts['lanes']
  }
  /** Has lanes write or wipe what they hold. */
  readonly write: Write
  /** The object of an account's webhooks. */
  readonly webhooks: (account: string) => DurableObjectStub<Deliveries>
  /** The object of a verification that is finished later. */
  readonly pending: (account: string, id: string) => DurableObjectStub<Pending>
  /** The objects of lists, and where their uploads lie. */
  readonly batches: Batches
  /** Reports of domains: the object that keeps them, which accounts of a partition share, and what a new one is made with. */
  readonly reports: {
    readonly of: (partition: string, domain: string) => DurableObjectStub<Reports>
    readonly portsFor: (partition: string, domain: string) => Omit<AnswerPorts, 'reports'>
    readonly headStarts: HeadStarts
  }
  /** Has an account be told of something by webhook. */
  readonly tell: Tell
  readonly newId: (prefix: string) => string
  /** 160 random bits in base32: what a key is made from. */
  readonly newSeed: () => string
  readonly now: () => number
  readonly later: Later
}

export interface AppEnv {
  Variables: {
    requestId: string
    services: Services
    caller: Caller
    /** What a report of the domain in the path is made with, where it was begun before its route was reached. */
    report?: AnswerPorts
  }
}
