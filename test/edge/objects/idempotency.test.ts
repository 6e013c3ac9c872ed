// `Idempotency-Key` over the real objects: one effect and one seed for each account, key and body.
import { env } from 'cloudflare:workers'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { once, type OncePort } from '../../../edge/src/http/idempotency.ts'
import type { AppEnv } from '../../../edge/src/routes/context.ts'
import { openSecrets } from '../../../edge/src/accounts/secrets.ts'
import { newName, standingClock } from './given.ts'

standingClock()

interface Work {
  readonly seed: string
  readonly again: boolean
}

const secrets = openSecrets({ current: '1', keys: { '1': '0f'.repeat(32) } })

const onces: OncePort = {
  begin: async (name, attempt) => env.ONCES.getByName(name).begin(attempt),
  end: (name, { lease, ending, answer }) => env.ONCES.getByName(name).end(lease, ending, answer),
}

/** An app whose only route notes its work and answers as it is told to. */
function appOf(account: string, answers: readonly (number | 'throws')[] = [], keep = false) {
  const done: Work[] = []
  const open = [...answers]
  let seeds = 0
  const app = new Hono<AppEnv>()
  app.onError((_, context) => context.text('fault', 500))
  app.post('*', async (context) => {
    context.set('caller', { type: 'key', account, kind: 'sk_live' } as AppEnv['Variables']['caller'])
    context.set('services', { onces, secrets, later: () => {} } as unknown as AppEnv['Variables']['services'])
    seeds += 1
    return once(context, await context.req.json(), {
      seed: `seed ${seeds}`,
      leaseMs: 10_000,
      keep,
      work: async (seed, again) => {
        done.push({ seed, again })
        const status = open.shift() ?? 200
        if (status === 'throws') throw new Error('is cut off')
        return context.text(seed, status as 200)
      },
    })
  })
  const post = async (body: unknown, key?: string, path = '/v1/keys') => {
    const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) }
    const response = await app.request(path, { method: 'POST', body: JSON.stringify(body), headers })
    return { status: response.status, text: await response.text() }
  }
  return { post, done }
}

describe('a request', () => {
  it('without the header is done each time', async () => {
    const { post, done } = appOf(newName())
    await post({ a: 1 })
    await post({ a: 1 })
    expect(done).toEqual([
      { seed: 'seed 1', again: false },
      { seed: 'seed 2', again: false },
    ])
  })

  it('that comes again under its key is answered from the seed of the first, and knows that it is a repeat', async () => {
    const { post, done } = appOf(newName())
    expect(await post({ a: 1 }, 'k')).toEqual({ status: 200, text: 'seed 1' })
    expect(await post({ a: 1 }, 'k')).toEqual({ status: 200, text: 'seed 1' })
    expect(done).toEqual([
      { seed: 'seed 1', again: false },
      { seed: 'seed 1', again: true },
    ])
  })

  it('whose answer is kept is done once, and its repeats are told that answer', async () => {
    const { post, done } = appOf(newName(), [201], true)
    const first = await post({ a: 1 }, 'k')
    expect(first).toEqual({ status: 201, text: 'seed 1' })
    expect([await post({ a: 1 }, 'k'), await post({ a: 1 }, 'k')]).toEqual([first, first])
    expect(done).toHaveLength(1)
  })

  it('that comes many times at once has one seed', async () => {
    const { post, done } = appOf(newName())
    const answers = await Promise.all(Array.from({ length: 5 }, () => post({ a: 1 }, 'k')))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(done.filter(({ again }) => !again)).toHaveLength(1)
  })

  it.each<[string, unknown, string]>([
    ['another body', { a: 2 }, '/v1/keys'],
    ['another path', { a: 1 }, '/v1/credits'],
  ])('with %s under the same key is refused and not done', async (_what, body, path) => {
    const { post, done } = appOf(newName())
    await post({ a: 1 }, 'k')
    expect((await post(body, 'k', path)).status).toBe(422)
    expect(done).toHaveLength(1)
  })

  it('of another account, or under another key, is another one', async () => {
    const { post, done } = appOf(newName())
    const other = appOf(newName())
    await post({ a: 1 }, 'k')
    await post({ a: 2 }, 'K')
    await other.post({ a: 3 }, 'k')
    expect([...done, ...other.done].map(({ again }) => again)).toEqual([false, false, false])
  })

  it('that was refused may be sent again under its key, in another wording too', async () => {
    const { post, done } = appOf(newName(), [402])
    expect((await post({ a: 1 }, 'k')).status).toBe(402)
    expect((await post({ a: 2 }, 'k')).status).toBe(200)
    expect(done).toHaveLength(2)
  })

  it.each([
    ['a single character', '!', true],
    ['spaces between', 'invoice 7', true],
    ['255 characters', 'k'.repeat(255), true],
    ['256 characters', 'k'.repeat(256), false],
    ['nothing', '', false],
    ['a tab', 'a\tb', false],
  ])('may have a key of %s (%o): %s', async (_what, key, expected) => {
    const { post, done } = appOf(newName())
    const { status } = await post({ a: 1 }, key)
    expect([status, done.length]).toEqual(expected ? [200, 1] : [422, 0])
  })
})
