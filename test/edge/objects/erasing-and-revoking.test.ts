// Accounts, keys and erasures over HTTP, in the Worker itself.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { OPERATORS } from '../../../edge/src/accounts/ids.ts'
import { type KeyKind, mintKey, readKey } from '../../../edge/src/accounts/key-text.ts'
import { hex, openSecrets, type SecretsConfig } from '../../../edge/src/accounts/secrets.ts'
import worker from '../../../edge/src/worker.ts'
import { account, newKey, objects } from './given.ts'

const secrets = openSecrets(JSON.parse(env.EDGE_SECRETS) as SecretsConfig)

function mint(kind: KeyKind, account: string): Promise<string> {
  return mintKey(secrets, { kind, account, origins: [] }, crypto.getRandomValues(new Uint8Array(20)))
}

/** Asks as whoever has the key, and waits for what goes on after the answer. */
async function ask(key: string, request: string, body?: unknown): Promise<{ status: number; body: { id?: string } }> {
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
async function holder(): Promise<string> {
  const { id, stub } = await account(10)
  const text = await mint('sk_live', id)
  const { keyId, sha256 } = (await readKey(secrets, text))!
  await stub.addKey((await newKey({ id: keyId, sha256: hex(sha256) })).stored)
  return text
}

describe('POST /v1/erasures', () => {
  it('erases a fast answer whose usage is still in the queue', async () => {
    const key = await holder()
    const { body } = await ask(key, 'POST /v1/verifications', { email: 'jane roe', mode: 'fast' })
    await ask(key, 'POST /v1/erasures', { email: 'jane roe' })
    expect((await ask(key, `GET /v1/verifications/${body.id}`)).status).toBe(410)
  })
})

describe('DELETE /v1/keys/{id}', () => {
  it("revokes an operator's key that was made by whoever has the secret, such as the first one", async () => {
    const [first, second] = [await mint('ak_live', OPERATORS), await mint('ak_live', OPERATORS)]
    expect((await ask(first, 'GET /v1/accounts')).status).toBe(200)
    const { keyId } = (await readKey(secrets, first))!
    await ask(second, `DELETE /v1/keys/${keyId}?account=${OPERATORS}`)
    expect((await ask(first, 'GET /v1/accounts')).status).toBe(401)
    const book = await objects.account(OPERATORS).keys()
    expect(book.find(({ id }) => id === keyId)?.revokedAt).not.toBeNull()
    expect((await ask(second, `DELETE /v1/keys/key_${'a'.repeat(26)}?account=${OPERATORS}`)).status).toBe(404)
  })
})
