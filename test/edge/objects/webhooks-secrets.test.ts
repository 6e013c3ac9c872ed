// Secrets of endpoints by name: which of them sign, how long after they were replaced, and what a repeat comes to.
import { describe, expect, it } from 'vitest'
import { DAY, HOUR, pass, standingClock } from './given.ts'
import { type Account, endpoint, event, newAccount, only, take, tell } from './webhooks-given.ts'

standingClock()

interface Wish {
  readonly id?: string | null
  readonly generation: string
  readonly overlapMs?: number
  readonly ring?: string
}

async function rotate({ stub }: Account, { id = null, generation, overlapMs = DAY, ring = '2' }: Wish) {
  return stub.rotate({ id, scope: 'live' }, { generation, ring, overlapMs })
}

/** Generations that sign a delivery to this endpoint, or to the URL of a request. */
async function signing(account: Account, id: string | null): Promise<string[]> {
  const one = event({ url: 'https://request.example/' })
  await tell(account, one)
  const page = await account.stub.deliveriesOf({ id, scope: 'live' }, { before: { at: Infinity, id: '' }, limit: 100 })
  const delivery = page!.deliveries.find(({ eventId }) => eventId === one.id)!
  return (await take(account, delivery.id))!.secrets.map(({ generation, ring }) => `${generation} of ${ring}`)
}

describe.each([
  ['an endpoint', async (account: Account) => (await endpoint(account)).id],
  ['the URLs of requests', async () => null],
])('the secret of %s', (_what, idIn) => {
  it('signs from the beginning', async () => {
    const account = newAccount()
    expect(await signing(account, await idIn(account))).toEqual(['first of 1'])
  })

  it('signs beside its successor until its end, and what it is made from stays what it was', async () => {
    const account = newAccount()
    const id = await idIn(account)
    await signing(account, id)
    const rotated = await rotate(account, { id, generation: 'second', overlapMs: HOUR })
    expect(rotated).toMatchObject({ secret: { generation: 'second', ring: '2' }, previousEndsAt: Date.now() + HOUR })
    expect(await signing(account, id)).toEqual(['second of 2', 'first of 1'])
    pass(HOUR)
    expect(await signing(account, id)).toEqual(['second of 2'])
  })

  it('ends at once without an overlap, with all before it', async () => {
    const account = newAccount()
    const id = await idIn(account)
    await rotate(account, { id, generation: 'second' })
    expect(await rotate(account, { id, generation: 'third', overlapMs: 0 })).toMatchObject({ previousEndsAt: null })
    expect(await signing(account, id)).toEqual(['third of 2'])
  })

  it('is replaced once by one rotation, however often it is asked for', async () => {
    const account = newAccount()
    const id = await idIn(account)
    const first = await rotate(account, { id, generation: 'second' })
    pass(HOUR)
    await rotate(account, { id, generation: 'third', overlapMs: 0 })
    pass(22 * HOUR)
    expect(await rotate(account, { id, generation: 'second', ring: '3' })).toEqual(first)
    expect(await signing(account, id)).toEqual(['third of 2'])
  })

  it('is one of five at most that sign: a sixth is refused and changes nothing', async () => {
    const account = newAccount()
    const id = await idIn(account)
    for (const generation of ['2', '3', '4', '5']) await rotate(account, { id, generation })
    expect(await rotate(account, { id, generation: '6' })).toBe('full')
    expect(await signing(account, id)).toHaveLength(5)
    expect(await rotate(account, { id, generation: '6', overlapMs: 0 })).not.toBe('full')
    expect(await signing(account, id)).toEqual(['6 of 2'])
  })
})

describe('an endpoint', () => {
  it('says until when a replaced secret signs, and nothing of secrets otherwise', async () => {
    const account = newAccount()
    const which = await endpoint(account)
    const before = await account.stub.endpoint(which)
    expect(before).toEqual({
      id: which.id,
      url: 'https://shop.example/',
      events: ['credits.low'],
      description: '',
      enabled: true,
      createdAt: Date.now(),
      previousEndsAt: null,
    })
    await rotate(account, { ...which, generation: 'second', overlapMs: HOUR })
    expect(await account.stub.endpoint(which)).toEqual({ ...before, previousEndsAt: Date.now() + HOUR })
    pass(HOUR)
    expect(await account.stub.endpoint(which)).toEqual(before)
  })

  it('has secrets of its own: others are not replaced with it', async () => {
    const account = newAccount()
    const [one, other] = [await endpoint(account), await endpoint(account)]
    await rotate(account, { ...one, generation: 'second', overlapMs: 0 })
    expect([await signing(account, one.id), await signing(account, other.id)]).toEqual([
      ['second of 2'],
      ['first of 1'],
    ])
    await tell(account, event({ scope: 'test', url: 'https://request.example/' }))
    await rotate(account, { generation: 'second', overlapMs: 0 })
    const { id } = await only(account, null, 'test')
    expect((await take(account, id))!.secrets).toMatchObject([{ endpoint: 'default test', generation: 'first' }])
  })

  it('that there is not has nothing to replace', async () => {
    const account = newAccount()
    const { id } = await endpoint(account, { scope: 'test' })
    expect(await rotate(account, { id, generation: 'second' })).toBe('absent')
    expect(await rotate(account, { id: 'whk_nothing', generation: 'second' })).toBe('absent')
  })
})
