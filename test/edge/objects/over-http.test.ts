// Keys and ids over HTTP, in the Worker itself.
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { OPERATORS } from '../../../edge/src/accounts/ids.ts'
import { type KeyKind, mintKey, readKey } from '../../../edge/src/accounts/key-text.ts'
import { hex, openSecrets, type SecretsConfig } from '../../../edge/src/accounts/secrets.ts'
import worker from '../../../edge/src/worker.ts'
import { account, newKey, newName } from './given.ts'

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

describe('GET /v1/verifications/{id}', () => {
  it('answers 404 for an id whose time no ULID can have', async () => {
    expect((await ask(await holder(), 'GET /v1/verifications/ver_8ZZZZZZZZZZZZZZZZZZZZZZZZZ')).status).toBe(404)
  })
})

describe('POST /v1/keys', () => {
  it('makes no key for an account that was never made: nothing would ever be counted against it', async () => {
    const operator = await mint('ak_live', OPERATORS)
    const keyFor = async (account: string) =>
      (await ask(operator, 'POST /v1/keys', { kind: 'sk_live', account })).status
    expect([await keyFor(newName()), await keyFor((await account()).id)]).toEqual([422, 201])
  })
})
