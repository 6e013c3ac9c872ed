// One question over HTTPS: which resolver's answer counts, how it is asked, and how long that may take.
import { describe, expect, it } from 'vitest'
import { limitConnections } from '../../../edge/src/http/connections.ts'
import type { Manner } from './doh-server.ts'
import { resolveWith, serversWith } from './resolvers-under-test.ts'

const ZONE = ['b MX 10 mx.b.test.', 'mx.b A 127.25.0.1']
const MX = { name: 'b.test', type: 'MX' } as const
const first = (withinMs = 5_000) => ({ deadlineAt: Date.now() + withinMs, opinion: { kind: 'first' } }) as const
const second = (after: string, withinMs = 5_000) =>
  ({ deadlineAt: Date.now() + withinMs, opinion: { kind: 'second', after } }) as const
const found = { kind: 'records', data: [{ preference: 10, exchange: 'mx.b.test' }] }

describe('a first opinion', () => {
  it('is the first resolver’s, asked by GET; the second one is not troubled', async () => {
    const servers = await serversWith({ zone: ZONE }, { zone: ZONE })
    expect(await resolveWith(servers)(MX, first())).toMatchObject({ answer: found, source: 'one' })
    expect(servers.map(({ asked }) => asked)).toEqual([[{ ...MX, via: 'GET' }], []])
  })

  it.each<Manner>(['servfail', 'garbage', 'truncated', 'wrong_question', 'wrong_id', 'http_500', 'redirect'])(
    'is the second resolver’s where the first answers %s',
    async (manner) => {
      const servers = await serversWith({ zone: ZONE, manner }, { zone: ZONE })
      expect(await resolveWith(servers)(MX, first())).toMatchObject({ answer: found, source: 'two' })
    },
  )

  it('is the second resolver’s where nobody listens at the first', async () => {
    const servers = await serversWith(null, { zone: ZONE })
    expect(await resolveWith(servers)(MX, first())).toMatchObject({ answer: found, source: 'two' })
  })

  it.each<Manner>(['hang', 'endless', 'slow'])(
    'is the second resolver’s where the first is %s, even with little time: half of it is kept for the other',
    async (manner) => {
      const servers = await serversWith({ zone: ZONE, manner, slowMs: 2_000 }, { zone: ZONE })
      expect(await resolveWith(servers)(MX, first(600))).toMatchObject({ answer: found, source: 'two' })
    },
  )

  it('is that of a resolver which has nothing, without asking another one', async () => {
    const servers = await serversWith({ zone: ['b A 127.25.0.1'] }, { zone: ZONE })
    expect(await resolveWith(servers)(MX, first())).toMatchObject({ answer: { kind: 'nodata', ttlS: 60 } })
    expect(servers[1]?.asked).toEqual([])
  })

  it('with one resolver that fails is asked once more of it, past its cache', async () => {
    const servers = await serversWith({ zone: ZONE, manner: ({ via }) => (via === 'GET' ? 'servfail' : 'honest') })
    expect(await resolveWith(servers)(MX, first())).toMatchObject({ answer: found, source: 'one' })
    expect(servers[0]?.asked.map(({ via }) => via)).toEqual(['GET', 'POST'])
  })

  it('is asked only of the resolvers that a suffix claims the name for', async () => {
    const [own, other] = await serversWith({ zone: ZONE, manner: 'servfail' }, { zone: ZONE })
    const claimed = { ...own!, resolver: { ...own!.resolver, suffix: 'test' } }
    const resolve = resolveWith([claimed, other!])
    expect(await resolve(MX, first())).toMatchObject({ answer: { kind: 'failure', why: 'servfail' } })
    expect(other?.asked).toEqual([])
  })

  it('without a resolver for the name is unreachable', async () => {
    expect(await resolveWith([])(MX, first())).toMatchObject({
      answer: { kind: 'failure', why: 'unreachable' },
      source: 'none',
    })
  })
})

describe('where both fail', () => {
  it.each<[Manner, Manner, string]>([
    ['servfail', 'http_500', 'servfail'],
    ['http_500', 'garbage', 'malformed'],
    ['hang', 'wrong_question', 'timeout'],
    ['servfail', 'hang', 'servfail'],
    ['hang', 'servfail', 'servfail'],
    ['hang', 'hang', 'timeout'],
    ['endless', 'endless', 'timeout'],
  ])('%s, then %s: the failure is %s, within the time given', async (one, two, why) => {
    const servers = await serversWith({ manner: one }, { manner: two })
    const startedAt = performance.now()
    expect(await resolveWith(servers)(MX, first(300))).toMatchObject({ answer: { kind: 'failure', why } })
    expect(performance.now() - startedAt).toBeLessThan(300 + 150)
  })

  it('no time left at all: nobody is asked', async () => {
    const servers = await serversWith({ zone: ZONE }, { zone: ZONE })
    expect(await resolveWith(servers)(MX, first(0))).toMatchObject({ answer: { kind: 'failure', why: 'timeout' } })
    expect(servers.flatMap(({ asked }) => asked)).toEqual([])
  })

  it('a question that waited for its turn has only what is left by then', async () => {
    const servers = await serversWith({ manner: 'hang' })
    const resolve = resolveWith(servers, { connect: limitConnections(2) })
    const startedAt = performance.now()
    const asking = first(300)
    const answers = await Promise.all(Array.from({ length: 9 }, () => resolve(MX, asking)))
    expect(answers.map(({ answer }) => answer)).toEqual(
      Array.from({ length: 9 }, () => ({ kind: 'failure', why: 'timeout' })),
    )
    expect(performance.now() - startedAt).toBeLessThan(300 + 200)
  })
})

describe('a second opinion', () => {
  it('is another resolver’s', async () => {
    const servers = await serversWith({ zone: ZONE }, { zone: ZONE })
    expect(await resolveWith(servers)(MX, second('one'))).toMatchObject({ source: 'two' })
    expect(await resolveWith(servers)(MX, second('two'))).toMatchObject({ source: 'one' })
    expect(servers.flatMap(({ asked }) => asked.map(({ via }) => via))).toEqual(['GET', 'GET'])
  })

  it('of the same resolver, where the other one fails, is asked past its cache', async () => {
    const servers = await serversWith({ manner: 'servfail' }, { zone: ZONE })
    expect(await resolveWith(servers)(MX, second('two'))).toMatchObject({ answer: found, source: 'two', sole: false })
    expect(servers[1]?.asked).toEqual([{ ...MX, via: 'POST' }])
  })

  it('where there is one resolver only is asked past its cache at once', async () => {
    const servers = await serversWith({ zone: ZONE })
    expect(await resolveWith(servers)(MX, second('one'))).toMatchObject({ answer: found, source: 'one', sole: true })
    expect(servers[0]?.asked).toEqual([{ ...MX, via: 'POST' }])
  })
})

it('the AD bit of the answer is passed on', async () => {
  const [plain] = await serversWith({ zone: ZONE })
  const [signed] = await serversWith({ zone: ZONE, authentic: true })
  expect(await resolveWith([plain!])(MX, first())).toMatchObject({ answer: { authentic: false } })
  expect(await resolveWith([signed!])(MX, first())).toMatchObject({ answer: { authentic: true } })
})
