// Accounts, keys and erasures over HTTP, in the Worker itself.
import { describe, expect, it } from 'vitest'
import { OPERATORS } from '../../../edge/src/accounts/ids.ts'
import { readKey } from '../../../edge/src/accounts/key-text.ts'
import { ask, holder, mint, secrets } from './asking.ts'
import { objects } from './given.ts'

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
