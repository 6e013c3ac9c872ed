// Asking the Worker itself over HTTP, with keys that its own secret signed.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { type KeyKind, mintKey, readKey } from '../../../edge/src/accounts/key-text.ts'
import { hex, openSecrets, type SecretsConfig } from '../../../edge/src/accounts/secrets.ts'
import worker from '../../../edge/src/worker.ts'
import { account, newKey } from './given.ts'

export const secrets = openSecrets(JSON.parse(env.EDGE_SECRETS) as SecretsConfig)

export function mint(kind: KeyKind, account: string): Promise<string> {
  return mintKey(secrets, { kind, account, origins: [] }, crypto.getRandomValues(new Uint8Array(20)))
}

/** Asks as whoever has the key, and waits for what goes on after the answer. */
export async function ask(
  key: string,
  request: string,
  body?: unknown,
): Promise<{ status: number; body: { id?: string } }> {
  const [method = '', path = ''] = request.split(' ')
  const context = createExecutionContext()
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const response = await worker.fetch(new Request(`https://edge.test${path}`, init), env, context)
  const answer = { status: response.status, body: await response.json<{ id?: string }>() }
  await waitOnExecutionContext(context)
  return answer
}

/** A key of a new account, in its book. */
export async function holder(): Promise<string> {
  const { id, stub } = await account(10)
  const text = await mint('sk_live', id)
  const { keyId, sha256 } = (await readKey(secrets, text))!
  await stub.addKey((await newKey({ id: keyId, sha256: hex(sha256) })).stored)
  return text
}
