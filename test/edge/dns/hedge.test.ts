// One resolver overtakes the other: when it may, whose answer counts, what becomes of the loser, and whom nobody asks any more.
import { describe, expect, it, vi } from 'vitest'
import { limitConnections } from '../../../edge/src/http/connections.ts'
import type { DohParts, Manner, MannerOf } from './doh-server.ts'
import { isolate, resolveWith, serversWith } from './resolvers-under-test.ts'

const ZONE = ['b MX 10 mx.b.test.', 'mx.b A 127.25.0.1']
const MX = { name: 'b.test', type: 'MX' } as const
const found = { kind: 'records', data: [{ preference: 10, exchange: 'mx.b.test' }] }
const honest: DohParts = { zone: ZONE }
const hanging: DohParts = { zone: ZONE, manner: 'hang' }
const asking = (withinMs = 5_000) => ({ deadlineAt: Date.now() + withinMs, opinion: { kind: 'first' } }) as const
/** The moment to overtake has come as soon as the question is out, or never comes. */
const atOnce = async () => undefined
const never = () => new Promise<never>(() => undefined)

describe('a silent resolver', () => {
  it('is overtaken after its own time: the other’s answer counts, and it is let go', async () => {
    const servers = await serversWith(hanging, honest)
    const waits: number[] = []
    const sleep = async (ms: number) => void waits.push(ms)
    const startedAt = performance.now()
    expect(await resolveWith(servers, { sleep })(MX, asking())).toMatchObject({ answer: found, source: 'two' })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(waits).toEqual([120])
    await vi.waitFor(() => expect(servers[0]!.open()).toBe(0))
  })

  it('gives its connection back: four questions with four connections are all overtaken', async () => {
    const servers = await serversWith(hanging, honest)
    const names = ['a.test', 'b.test', 'c.test', 'd.test']
    // One slot more than questions: each overtaking frees two.
    const resolve = resolveWith(servers, { sleep: atOnce, connect: limitConnections(5) })
    const startedAt = performance.now()
    const answers = await Promise.all(names.map((name) => resolve({ name, type: 'MX' }, asking())))
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(answers.map(({ source }) => source)).toEqual(['two', 'two', 'two', 'two'])
  })

  it('that answers first all the same is believed, and the other let go', async () => {
    const servers = await serversWith({ ...honest, manner: 'slow', slowMs: 50 }, hanging)
    expect(await resolveWith(servers, { sleep: atOnce })(MX, asking())).toMatchObject({ answer: found, source: 'one' })
    await vi.waitFor(() => expect(servers[1]!.open()).toBe(0))
  })

  it('is waited for where the one that overtook it failed', async () => {
    const servers = await serversWith({ ...honest, manner: 'slow', slowMs: 50 }, { manner: 'servfail' })
    expect(await resolveWith(servers, { sleep: atOnce })(MX, asking())).toMatchObject({ answer: found, source: 'one' })
  })

  it('is not overtaken by itself', async () => {
    const [server] = await serversWith({ ...honest, manner: 'slow', slowMs: 50 })
    await resolveWith([server!], { sleep: atOnce })(MX, asking())
    expect(server!.asked).toHaveLength(1)
  })

  it('is not overtaken by the resolver whose word is in doubt', async () => {
    const servers = await serversWith(honest, { ...honest, manner: 'slow', slowMs: 50 })
    const second = { deadlineAt: Date.now() + 5_000, opinion: { kind: 'second', after: 'one' } } as const
    expect(await resolveWith(servers, { sleep: atOnce })(MX, second)).toMatchObject({ source: 'two' })
    expect(servers[0]!.asked).toEqual([])
  })

  it('is not overtaken where the budget is spent', async () => {
    const within = isolate()
    while (within.standings.hedge());
    const servers = await serversWith({ ...honest, manner: 'slow', slowMs: 50 }, honest)
    expect(await resolveWith(servers, { sleep: atOnce, within })(MX, asking())).toMatchObject({ source: 'one' })
    expect(servers[1]!.asked).toEqual([])
  })

  it('is overtaken again with the tenth question that was asked meanwhile', async () => {
    const within = isolate()
    while (within.standings.hedge());
    const slow: MannerOf = ({ name }) => (name === 'b.test' ? 'slow' : 'honest')
    const servers = await serversWith({ ...honest, manner: slow, slowMs: 50 }, honest)
    const resolve = resolveWith(servers, { sleep: atOnce, within })
    for (let at = 0; at < 9; at += 1) await resolve({ name: `n${at}.test`, type: 'MX' }, asking())
    expect(servers[1]!.asked).toEqual([])
    expect(await resolve(MX, asking())).toMatchObject({ source: 'two' })
  })

  it('that failed before it was overtaken is not asked in the other one’s stead', async () => {
    const servers = await serversWith({ manner: 'servfail' }, { ...honest, manner: 'slow', slowMs: 200 })
    const sleep = () => new Promise((done) => setTimeout(done, 100))
    expect(await resolveWith(servers, { sleep })(MX, asking())).toMatchObject({ source: 'two' })
    expect(servers[0]!.asked).toHaveLength(1)
  })

  it('is asked once more where there is time left, and nobody more than three times', async () => {
    const [server] = await serversWith(hanging)
    const answering = resolveWith([server!])(MX, asking(2_000))
    expect(await answering).toMatchObject({ answer: { kind: 'failure', why: 'timeout' } })
    expect(server!.asked.map(({ via }) => via)).toEqual(['GET', 'POST'])
  })
})

describe('a resolver at fault', () => {
  it.each<Manner>(['servfail', 'refused', 'garbage', 'wrong_id', 'http_500'])(
    '(%s) hands on at once, long before it would be overtaken',
    async (manner) => {
      const servers = await serversWith({ ...honest, manner }, honest)
      expect(await resolveWith(servers, { sleep: never })(MX, asking())).toMatchObject({ source: 'two' })
    },
  )

  it.each<[Manner, boolean]>([
    ['garbage', true],
    ['wrong_question', true],
    ['http_500', true],
    ['redirect', true],
    ['servfail', false],
    ['refused', false],
    ['nxdomain', false],
  ])('that says %s to five questions is left alone: %s', async (manner, leftAlone) => {
    const servers = await serversWith({ ...honest, manner }, honest)
    const resolve = resolveWith(servers)
    for (let question = 0; question < 6; question += 1) await resolve(MX, asking())
    expect(servers[0]!.asked).toHaveLength(leftAlone ? 5 : 6)
  })

  it('where nobody listens is left alone as well', async () => {
    const within = isolate()
    const servers = await serversWith(null, honest)
    for (let question = 0; question < 5; question += 1) await resolveWith(servers, { within })(MX, asking())
    expect(within.standings.of('one').available()).toBe(false)
  })

  it('that was overtaken ten times is left alone, and tried again with one question when its time has come', async () => {
    let now = Date.now()
    const within = isolate(() => now)
    const servers = await serversWith(hanging, honest)
    // Ten questions were out when each had been silent for half a second.
    const sleep = async () => {
      now += 500
      // Long enough for the question to arrive before it is given up.
      await new Promise((done) => setTimeout(done, 30))
    }
    const resolve = resolveWith(servers, { within, sleep })
    for (let question = 0; question < 12; question += 1) await resolve(MX, { ...asking(), deadlineAt: now + 5_000 })
    expect(servers[0]!.asked).toHaveLength(10)
    now += 2_000
    const two = [
      resolve(MX, { ...asking(), deadlineAt: now + 5_000 }),
      resolve(MX, { ...asking(), deadlineAt: now + 5_000 }),
    ]
    await Promise.all(two)
    expect(servers[0]!.asked).toHaveLength(11)
  })

  it('that timed out where the other answered is left alone too, though nobody might overtake it', async () => {
    const within = isolate()
    while (within.standings.hedge());
    for (let at = 0; at < 4; at += 1) within.standings.of('one').failed(null)
    for (let at = 0; at < 1; at += 1) within.standings.of('one').overtaken(500)
    const servers = await serversWith(hanging, honest)
    expect(await resolveWith(servers, { within })(MX, asking(400))).toMatchObject({ source: 'two' })
    expect(within.standings.of('one').available()).toBe(false)
  })

  it('is blamed once for what it answers wrongly, however long that takes', async () => {
    let now = Date.now()
    const within = isolate(() => now)
    const servers = await serversWith({ manner: 'garbage' }, honest)
    const sleep = async () => void (now += 500)
    for (let at = 0; at < 6; at += 1) {
      await resolveWith(servers, { within, sleep })(MX, { ...asking(), deadlineAt: now + 5_000 })
    }
    expect(servers[0]!.asked).toHaveLength(5)
  })

  it('is not blamed for a name about which both are silent', async () => {
    const within = isolate()
    const servers = await serversWith(hanging, hanging)
    const resolve = resolveWith(servers, { within, sleep: atOnce })
    await Promise.all(Array.from({ length: 12 }, () => resolve(MX, asking(400))))
    expect(['one', 'two'].map((name) => within.standings.of(name).available())).toEqual([true, true])
  })

  it('that asks to be left alone for 30 seconds is, for as long', async () => {
    let now = Date.now()
    const within = isolate(() => now)
    const servers = await serversWith({ ...honest, manner: 'busy' }, honest)
    const ask = () => resolveWith(servers, { within })(MX, { ...asking(), deadlineAt: now + 5_000 })
    await ask()
    now += 29_000
    await ask()
    expect(servers[0]!.asked).toHaveLength(1)
    now += 1_000
    await ask()
    expect(servers[0]!.asked).toHaveLength(2)
  })

  it('is asked all the same where nobody else is left', async () => {
    const within = isolate()
    for (const name of ['one', 'two']) within.standings.of(name).failed(30_000)
    const servers = await serversWith(honest, honest)
    expect(await resolveWith(servers, { within })(MX, asking())).toMatchObject({ answer: found, source: 'one' })
  })
})

it('the age of a cached answer is taken off its TTL', async () => {
  const [fresh] = await serversWith({ ...honest, ttlS: 100 })
  const [aged] = await serversWith({ ...honest, ttlS: 100, ageS: 30 })
  const [over] = await serversWith({ ...honest, ttlS: 100, ageS: 300 })
  const ttls = [fresh, aged, over].map(async (server) => (await resolveWith([server!])(MX, asking())).answer)
  expect(await Promise.all(ttls)).toMatchObject([{ ttlS: 100 }, { ttlS: 70 }, { ttlS: 0 }])
})
