// The clock's look at every open batch: one whose alarm was forgotten goes on, and of one that never came to be nothing is left.
import type { Batches } from './names.ts'
import { sweep } from './scrub.ts'

interface Bindings {
  readonly SNAPSHOTS: KVNamespace
}

interface Announced {
  readonly announcedAt?: number
}

const PREFIX = 'open/'
/** No upload takes as long: what is no batch by then never will be. */
const COMING_MS = 3_600_000

export interface LookPorts {
  readonly batches: Batches
  readonly warn: (what: string) => void
  /** The account's book knows it no more. */
  readonly forget: (account: string, id: string) => Promise<void>
  readonly now: () => number
}

/** Never rejects; one that does not answer is looked at next time. */
export async function lookAfter({ SNAPSHOTS }: Bindings, ports: LookPorts): Promise<void> {
  let cursor: string | null = null
  do {
    const page: KVNamespaceListResult<Announced> = await SNAPSHOTS.list<Announced>({ prefix: PREFIX, cursor })
    const touched = await Promise.allSettled(page.keys.map((key) => lookAt(key, SNAPSHOTS, ports)))
    const silent = touched.filter(({ status }) => status === 'rejected').length
    if (silent > 0) ports.warn(`${silent} open batches did not answer`)
    cursor = page.list_complete ? null : page.cursor
  } while (cursor !== null)
}

async function lookAt(
  { name, metadata }: KVNamespaceListKey<Announced>,
  SNAPSHOTS: KVNamespace,
  { batches, forget, now }: LookPorts,
): Promise<void> {
  const [, account = '', id = ''] = name.split('/')
  if (await batches.object(account, id).touch()) return
  if (now() - (metadata?.announcedAt ?? 0) < COMING_MS) return
  await sweep(batches.spool(account), { account, id }, null)
  await forget(account, id)
  await SNAPSHOTS.delete(name)
}
