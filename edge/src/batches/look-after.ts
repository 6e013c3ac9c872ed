// The clock's look at every open batch: one whose alarm was forgotten goes on.
import type { Batches } from './names.ts'

interface Bindings {
  readonly SNAPSHOTS: KVNamespace
}

const PREFIX = 'open/'

/** Never rejects; one that does not answer is looked at next time. */
export async function lookAfter(
  { SNAPSHOTS }: Bindings,
  batches: Batches,
  warn: (what: string) => void,
): Promise<void> {
  let cursor: string | null = null
  do {
    const page: KVNamespaceListResult<unknown> = await SNAPSHOTS.list({ prefix: PREFIX, cursor })
    const touched = await Promise.allSettled(
      page.keys.map(async ({ name }) => {
        const [, account = '', id = ''] = name.split('/')
        await batches.object(account, id).touch()
      }),
    )
    const silent = touched.filter(({ status }) => status === 'rejected').length
    if (silent > 0) warn(`${silent} open batches did not answer`)
    cursor = page.list_complete ? null : page.cursor
  } while (cursor !== null)
}
