// Turns at one idempotency key where several wait, or where nobody knows how the first one ended.
import { env } from 'cloudflare:workers'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import type { Attempt, Turn } from '../../../edge/src/accounts/once.ts'
import { once, type OncePort } from '../../../edge/src/http/idempotency.ts'
import type { AppEnv } from '../../../edge/src/routes/context.ts'
import { openSecrets } from '../../../edge/src/accounts/secrets.ts'
import { MINUTE, newId, newName, pass, standingClock } from './given.ts'

standingClock()

function attempt(seed: string, wish: Partial<Attempt> = {}): Attempt {
  return { body: 'body', seed, leaseMs: MINUTE, ...wish }
}

const secrets = openSecrets({ current: '1', keys: { '1': '0f'.repeat(32) } })

const onces: OncePort = {
  begin: async (name, attempt) => env.ONCES.getByName(name).begin(attempt),
  end: (name, { lease, ending, answer }) => env.ONCES.getByName(name).end(lease, ending, answer),
}

describe('an idempotency key', () => {
  it('that was refused lets exactly one of those who waited be the first', async () => {
    const name = newId()
    await onces.begin(name, attempt('one'))
    const turns: Turn[] = []
    const waiting = ['two', 'three', 'four'].map((seed) => onces.begin(name, attempt(seed)))
    for (const one of waiting) void one.then((turn) => turns.push(turn))
    await onces.begin(name, attempt('x', { body: 'another' }))
    await onces.end(name, { lease: 1, ending: 'refused', answer: null })
    await Promise.race(waiting)
    // A round trip, so that whoever else was let in has been heard of.
    await onces.begin(name, attempt('x', { body: 'another' }))
    expect(turns.filter(({ role }) => role === 'first')).toHaveLength(1)
  })

  it('that was taken over is not given up by what the first one says too late', async () => {
    const name = newId()
    await onces.begin(name, attempt('one', { leaseMs: 20 }))
    pass(20)
    expect(await onces.begin(name, attempt('two'))).toEqual({ role: 'first', seed: 'one', lease: 2 })
    // The first one's, whose lease is over.
    await onces.end(name, { lease: 1, ending: 'refused', answer: null })
    const third = onces.begin(name, attempt('three'))
    const meanwhile = onces.begin(name, attempt('x', { body: 'another' }))
    expect(await Promise.race([third, meanwhile])).toEqual({ role: 'mismatch' })
  })

  it.each([['throws'], [500], [503]] as const)(
    'whose first ended in %s is tried again under the same seed',
    async (end) => {
      const account = newName()
      const seeds: string[] = []
      const app = new Hono<AppEnv>()
      app.onError((_, context) => context.text('fault', 500))
      app.post('*', (context) => {
        context.set('caller', { type: 'key', account, kind: 'sk_live' } as AppEnv['Variables']['caller'])
        context.set('services', { onces, secrets, later: () => {} } as unknown as AppEnv['Variables']['services'])
        const work = async (seed: string) => {
          seeds.push(seed)
          if (seeds.length > 1) return context.text('done')
          if (end === 'throws') throw new Error('the answer was lost, not the effect')
          return context.text('fault', end)
        }
        return once(context, {}, { seed: newId(), leaseMs: 10_000, work })
      })
      const post = () => app.request('/v1/credits', { method: 'POST', headers: { 'idempotency-key': 'k' } })
      await post()
      await post()
      expect(seeds).toEqual([seeds[0], seeds[0]])
    },
  )
})
