// All accounts of this service, as the names of their copies in KV tell.
import { snapshotKey } from './snapshot.ts'

export interface Directory {
  readonly accounts: readonly { readonly id: string; readonly name: string; readonly createdAt: number | null }[]
  readonly cursor: string | null
}

interface Metadata {
  readonly name?: string
  readonly created_at?: number
}

export async function listDirectory(kv: KVNamespace, cursor: string | undefined, limit: number): Promise<Directory> {
  const prefix = snapshotKey('')
  const page = await kv.list<Metadata>({ prefix, limit, ...(cursor === undefined ? {} : { cursor }) })
  const accounts = page.keys.map(({ name, metadata }) => ({
    id: name.slice(prefix.length),
    name: metadata?.name ?? '',
    createdAt: metadata?.created_at ?? null,
  }))
  return { accounts, cursor: page.list_complete ? null : page.cursor }
}
