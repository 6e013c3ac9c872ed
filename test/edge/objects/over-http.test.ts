// Keys and ids over HTTP, in the Worker itself.
import { describe, expect, it } from 'vitest'
import { OPERATORS } from '../../../edge/src/accounts/ids.ts'
import { ask, holder, mint } from './asking.ts'
import { account, newName } from './given.ts'

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
