// The object of a batch that somebody names: of their own account and kind of key, or nobody's.
import type { Context } from 'hono'
import { instantOf } from '../accounts/ids.ts'
import { scopeOf } from '../http/authenticate.ts'
import type { AppEnv } from '../routes/context.ts'
import type { Batch } from './batch.ts'

/** What routes and queues reach batches by. */
export interface Batches {
  /** Named by account and id: another account's is not found under this one's name. */
  object(account: string, id: string): DurableObjectStub<Batch>
  /** Before its upload: what is left in the store is found where the batch never comes to be. Never rejects. */
  announce(account: string, id: string, announcedAt: number): Promise<void>
  /** It never came to be. Never rejects. */
  withdraw(account: string, id: string): Promise<void>
  /** Null where the account's partition has none. */
  spool(account: string): R2Bucket | null
}

export async function batchOf(context: Context<AppEnv>, id: string): Promise<DurableObjectStub<Batch> | null> {
  const caller = context.get('caller')
  if (caller.type !== 'key' || instantOf('bat', id) === null) return null
  const object = context.get('services').batches.object(caller.account, id)
  const plan = await object.plan()
  return plan?.scope === scopeOf(caller) ? object : null
}
