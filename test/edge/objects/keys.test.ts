// The keys of one account: which are good, until when, and how many there may be.
import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { Account } from '../../../edge/src/accounts/account.ts'
import { MAX_KEYS } from '../../../edge/src/accounts/key-book.ts'
import { OPERATORS } from '../../../edge/src/accounts/ids.ts'
import {
  account,
  admission,
  type Given,
  HOUR,
  newKey,
  newName,
  objects,
  outcome,
  pass,
  type PresentedKey,
  standingClock,
  replaceKey,
} from './given.ts'

standingClock()

async function ask({ stub }: Pick<Given, 'stub'>, key: PresentedKey): Promise<string> {
  return outcome(await stub.admit({ ...admission(key), wanted: null }))
}

describe('a key', () => {
  it('is good from the moment that it is in the book, and refused before', async () => {
    const given = await account()
    const { key, stored } = await newKey()
    expect(await ask(given, key)).toBe('unauthenticated')
    expect(await given.stub.addKey(stored)).toEqual(stored)
    expect(await ask(given, key)).toBe('let in')
  })

  it('is listed as it was stored, oldest first, and a repeat adds nothing', async () => {
    const given = await account()
    const own = await given.stub.keys()
    pass(1)
    const { stored } = await newKey({ kind: 'pk_live', name: 'shop', origins: ['https://shop.example'] })
    await given.stub.addKey(stored)
    expect(await given.stub.addKey({ ...stored, name: 'another name' })).toEqual(stored)
    expect(await given.stub.keys()).toEqual([...own, stored])
  })

  it('is refused from the moment that it is revoked, for ever, and the first revocation counts', async () => {
    const given = await account()
    const revokedAt = Date.now()
    expect(await given.stub.revoke(given.key.id)).toMatchObject({ id: given.key.id, revokedAt })
    expect(await ask(given, given.key)).toBe('unauthenticated')
    pass(HOUR)
    expect(await given.stub.revoke(given.key.id)).toMatchObject({ revokedAt })
  })

  it('stays revoked where the same key is added again', async () => {
    const given = await account()
    const { key, stored } = await newKey()
    await given.stub.addKey(stored)
    await given.stub.revoke(key.id)
    expect(await given.stub.addKey(stored)).toMatchObject({ revokedAt: Date.now() })
    expect(await ask(given, key)).toBe('unauthenticated')
  })

  it('that was made to end is refused at its end, and not before', async () => {
    const given = await account()
    const { key, stored } = await newKey({ expiresAt: Date.now() + HOUR })
    await given.stub.addKey(stored)
    pass(HOUR - 1)
    expect(await ask(given, key)).toBe('let in')
    pass(1)
    expect(await ask(given, key)).toBe('unauthenticated')
  })

  it('that was replaced goes on through the overlap, beside its successor, and no longer', async () => {
    const given = await account()
    const next = await newKey()
    expect(await given.stub.rotate(given.key.id, next.stored, Date.now() + HOUR)).toMatchObject({ id: next.key.id })
    pass(HOUR - 1)
    expect([await ask(given, given.key), await ask(given, next.key)]).toEqual(['let in', 'let in'])
    pass(1)
    expect([await ask(given, given.key), await ask(given, next.key)]).toEqual(['unauthenticated', 'let in'])
  })

  it('that was made to end is not kept good by an overlap', async () => {
    const given = await account()
    const { key, stored } = await newKey({ expiresAt: Date.now() + HOUR })
    await given.stub.addKey(stored)
    expect(await replaceKey(given, key.id, Date.now() + 2 * HOUR)).toMatchObject({ expiresAt: Date.now() + HOUR })
    pass(HOUR)
    expect(await ask(given, key)).toBe('unauthenticated')
  })

  it('is replaced once: neither again, nor when it has ended, and the same rotation again is the one that was made', async () => {
    const given = await account()
    const now = Date.now()
    const { stored } = await newKey()
    const first = await given.stub.rotate(given.key.id, stored, now + HOUR)
    expect(await given.stub.rotate(given.key.id, stored, now + 2 * HOUR)).toEqual(first)
    expect(await replaceKey(given, given.key.id, now + 2 * HOUR)).toBe('over')
    const ended = await newKey({ expiresAt: now + HOUR })
    await given.stub.addKey(ended.stored)
    pass(HOUR)
    expect(await replaceKey(given, ended.key.id, now + 3 * HOUR)).toBe('over')
    expect((await given.stub.keys()).find(({ id }) => id === given.key.id)).toMatchObject({ endsAt: now + HOUR })
  })

  it.each<[string, (key: PresentedKey, octets: Uint8Array) => PresentedKey]>([
    ['whose hash differs in its last bit', (key, octets) => ({ ...key, sha256: octets.with(31, octets[31]! ^ 1) })],
    ['whose hash is cut to what its id tells', (key, octets) => ({ ...key, sha256: octets.slice(0, 16) })],
    ['whose hash goes on', (key, octets) => ({ ...key, sha256: new Uint8Array([...octets, 0]) })],
    ['without a hash', (key) => ({ ...key, sha256: new Uint8Array(0) })],
    ['of another id', (key) => ({ ...key, id: `${key.id}x` })],
  ])('%s is refused', async (_what, forged) => {
    const given = await account()
    expect(await ask(given, forged(given.key, given.key.sha256))).toBe('unauthenticated')
    expect(await ask(given, given.key)).toBe('let in')
  })

  it('of another account is refused', async () => {
    const [given, other] = [await account(), await account()]
    expect(await ask(given, other.key)).toBe('unauthenticated')
  })

  it('that is not there can be neither revoked nor ended', async () => {
    const given = await account()
    expect([await given.stub.revoke('key_none'), await replaceKey(given, 'key_none', 1)]).toEqual([null, 'absent'])
    expect(await ask(given, given.key)).toBe('let in')
  })

  it('is refused where there is no such account', async () => {
    const { key } = await newKey()
    expect(await ask({ stub: objects.account(newName()) }, key)).toBe('unauthenticated')
  })
})

describe('the book', () => {
  it('holds a thousand keys, revoked ones included, and a repeat of one of them is no other key', async () => {
    const given = await account()
    const more = await Promise.all(Array.from({ length: MAX_KEYS - 1 }, () => newKey()))
    await runInDurableObject(given.stub, async (book: Account) => {
      for (const { stored } of more) expect(await book.addKey(stored)).toEqual(stored)
    })
    await given.stub.revoke(given.key.id)
    expect(await given.stub.addKey((await newKey()).stored)).toBeNull()
    expect(await given.stub.addKey(more[0]!.stored)).toEqual(more[0]!.stored)
    expect(await given.stub.keys()).toHaveLength(1_000)
  })
})

describe("an operator's key", () => {
  const operators = objects.account(OPERATORS)
  const enter = async (key: PresentedKey, operator: boolean) =>
    outcome(await operators.admit({ key, operator, policy: 'calls', wanted: null }))

  it('is good without being in the book: it may have been made by whoever has the secret', async () => {
    const { key } = await newKey()
    expect(await enter(key, true)).toBe('let in')
  })

  it('is refused once it is revoked, or over', async () => {
    const { key, stored } = await newKey({ kind: 'ak_live' })
    const soon = await newKey({ kind: 'ak_live', expiresAt: Date.now() + HOUR })
    await operators.addKey(stored)
    await operators.addKey(soon.stored)
    expect([await enter(key, true), await enter(soon.key, true)]).toEqual(['let in', 'let in'])
    await operators.revoke(key.id)
    pass(HOUR)
    expect([await enter(key, true), await enter(soon.key, true)]).toEqual(['unauthenticated', 'unauthenticated'])
  })

  it('is nothing where it is shown as any other', async () => {
    const { key } = await newKey()
    expect(await enter(key, false)).toBe('unauthenticated')
  })
})
