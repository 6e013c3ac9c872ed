// What goes on while an account is asked whether its key may: for those who might, and for nobody else.
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../edge/src/accounts/till.ts'
import { allow } from '../../../edge/src/http/access.ts'
import type { AppEnv } from '../../../edge/src/routes/context.ts'

type Kind = 'sk_live' | 'pk_live' | 'ak_live'

/** An app whose till answers when it is told to. */
function app(kind: Kind, ended: Readonly<Record<string, number>> = {}) {
  const seen: Promise<Entry>[] = []
  let answer: (entry: Entry) => void = () => undefined
  const admit = (): Promise<Entry> => new Promise((resolve) => (answer = resolve))
  const hono = new Hono<AppEnv>()
  hono.use(async (context, next) => {
    const till = { peek: () => ({ ended }), admit }
    context.set('services', { till, now: () => 1 } as never)
    context.set('caller', { type: 'key', kind, account: 'acc_1', keyId: 'key_1' } as never)
    await next()
  })
  hono.use(
    allow(
      () => 'owner',
      (_context, entry) => void seen.push(entry),
    ),
  )
  hono.get('/', (context) => context.text('in'))
  return { response: hono.request('/'), seen, answer: (entry: Entry) => answer(entry) }
}

const REFUSED: Entry = { ok: false, why: 'unavailable' }

describe('meanwhile', () => {
  it('begins before the account has answered, and hears what it answers', async () => {
    const { response, seen, answer } = app('sk_live')
    await Promise.resolve()
    expect(seen.length).toBe(1)
    answer(REFUSED)
    expect([(await response).status, await seen[0]]).toEqual([503, REFUSED])
  })

  it.each<[string, Kind, Readonly<Record<string, number>>, number]>([
    ['a key of the wrong kind', 'pk_live', {}, 403],
    ['an operator', 'ak_live', {}, 403],
    ['a key that is known to have ended', 'sk_live', { key_1: 0 }, 401],
  ])('is not for %s', async (...[, kind, ended, status]) => {
    const { response, seen } = app(kind, ended)
    expect([(await response).status, seen.length]).toEqual([status, 0])
  })
})
