// The age of a domain over real sockets: asked once, remembered, and never the reason why somebody waits or is refused.
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { ageOf } from '../../../edge/src/age/age.ts'
import { type Answer, placeAt, portsFor, type Registry, startRegistry } from './registry-under-test.ts'

const DAY_MS = 86_400_000
const REGISTERED = Date.UTC(2026, 10, 18)
const open: Registry[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((registry) => registry.close()))
})

async function registry(answer: Answer): Promise<Registry> {
  const started = await startRegistry(answer)
  open.push(started)
  return started
}

const tell = (response: ServerResponse, ldhName = 'strict.test') =>
  response.setHeader('content-type', 'application/rdap+json').end(
    JSON.stringify({
      objectClassName: 'domain',
      ldhName,
      events: [{ eventAction: 'registration', eventDate: new Date(REGISTERED).toISOString() }],
    }),
  )

const clock = () => ({ now: Date.UTC(2026, 10, 21) })

describe('a domain’s age', () => {
  it('is learned from its registry, about the registrable domain, and known from then on', async () => {
    const { url, asked } = await registry((_, response) => void tell(response))
    const ports = portsFor({ servers: { test: url } }, clock())
    const age = ageOf('mail.strict.test', ports)
    expect(age.known()).toBeNull()
    await age.learn()
    expect(age.known()).toEqual({
      kind: 'domain_age',
      registeredAt: REGISTERED,
      observedAt: ports.now(),
      source: 'RDAP',
    })
    await ageOf('strict.test', ports).learn()
    expect(ageOf('strict.test', ports).known()).not.toBeNull()
    expect(asked).toEqual(['/domain/strict.test'])
  })

  it('is found nearby by an isolate that never asked', async () => {
    const { url, asked } = await registry((_, response) => void tell(response))
    const time = clock()
    const cache = placeAt(time)
    await ageOf('strict.test', portsFor({ servers: { test: url } }, time, cache)).learn()
    const other = ageOf('strict.test', portsFor({ servers: { test: url } }, time, cache))
    await other.learn()
    expect(other.known()).toMatchObject({ registeredAt: REGISTERED })
    expect(asked).toHaveLength(1)
  })

  it('is asked for again after a month', async () => {
    const { url, asked } = await registry((_, response) => void tell(response))
    const time = clock()
    const ports = portsFor({ servers: { test: url } }, time)
    await ageOf('strict.test', ports).learn()
    time.now += 30 * DAY_MS
    expect(ageOf('strict.test', ports).known()).toBeNull()
    await ageOf('strict.test', ports).learn()
    expect(asked).toHaveLength(2)
  })

  it.each<[string, Answer]>([
    ['knows no such name', (_, response) => void response.writeHead(404).end()],
    ['is broken', (_, response) => void response.writeHead(500).end()],
    ['has enough of us', (_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end()],
    ['tells no JSON', (_, response) => void response.end('<html>')],
    ['tells of another name', (_, response) => void tell(response, 'lax.test')],
    ['hangs up', (_, response) => void response.destroy()],
    ['sends us round in circles', (request, response) => void response.writeHead(302, { location: request.url }).end()],
    [
      'sends us to plain HTTP elsewhere',
      (_, response) => void response.writeHead(302, { location: 'http://127.0.0.2:1/' }).end(),
    ],
    ['sends us nowhere', (_, response) => void response.writeHead(302).end()],
    ['never ends', (_, response) => flood(response)],
  ])('is not known where the registry %s, and it is left alone meanwhile', async (_what, answer) => {
    const { url, asked } = await registry(answer)
    const time = clock()
    const ports = portsFor({ servers: { test: url } }, time)
    const age = ageOf('strict.test', ports)
    await age.learn()
    expect(age.known()).toBeNull()
    const before = asked.length
    time.now += 9 * 60_000
    await ageOf('strict.test', ports).learn()
    expect(asked.length).toBe(before)
  })

  it('of other domains waits too where a registry has enough of us', async () => {
    const { url, asked } = await registry(
      (_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
    )
    const time = clock()
    const ports = portsFor({ servers: { test: url } }, time)
    await ageOf('strict.test', ports).learn()
    time.now += 3_599_000
    await ageOf('lax.test', ports).learn()
    expect(asked).toHaveLength(1)
    time.now += 2_000
    await ageOf('lax.test', ports).learn()
    expect(asked).toHaveLength(2)
  })

  it('follows no redirect to plain HTTP elsewhere, whoever answers there', async () => {
    const elsewhere = await registry((_, response) => void tell(response))
    const { url } = await registry((_, response) => void response.writeHead(302, { location: elsewhere.url }).end())
    const age = ageOf('strict.test', portsFor({ servers: { test: url } }, clock()))
    await age.learn()
    expect([age.known(), elsewhere.asked]).toEqual([null, []])
  })

  it('is asked for again after a day, however long a registry wants to be left alone', async () => {
    const { url, asked } = await registry(
      (_, response) => void response.writeHead(429, { 'retry-after': '999999' }).end(),
    )
    const time = clock()
    const ports = portsFor({ servers: { test: url } }, time)
    await ageOf('strict.test', ports).learn()
    time.now += DAY_MS
    await ageOf('strict.test', ports).learn()
    expect(asked).toHaveLength(2)
  })

  it('follows a redirect of the same registry', async () => {
    const { url, asked } = await registry((request, response) =>
      request.url === '/domain/strict.test'
        ? void response.writeHead(307, { location: '/moved' }).end()
        : void tell(response),
    )
    const age = ageOf('strict.test', portsFor({ servers: { test: url } }, clock()))
    await age.learn()
    expect(age.known()).toMatchObject({ registeredAt: REGISTERED })
    expect(asked).toEqual(['/domain/strict.test', '/moved'])
  })

  it('is asked of nobody where no registry is known, nor for a name without registrable domain', async () => {
    const ports = portsFor({}, clock())
    await ageOf('strict.test', ports).learn()
    await ageOf('test', ports).learn()
    expect(ageOf('strict.test', ports).known()).toBeNull()
    expect([...ports.memory.known.keys()]).toEqual([])
  })

  it('is kept for 2,000 domains and no more', async () => {
    const { url } = await registry((_, response) => void response.writeHead(404).end())
    const time = clock()
    const ports = portsFor({ servers: { test: url } }, time)
    for (let at = 0; at < 2_005; at += 1) {
      await ageOf(`d${at}.test`, ports).learn()
      time.now += 1_000
    }
    expect(ports.memory.known.size).toBe(2_000)
    expect(ports.memory.known.has('d2004.test')).toBe(true)
  })

  it('is asked of one registry once a second, and about one domain once at a time', async () => {
    const { url, asked } = await registry((_, response) => void tell(response))
    const time = clock()
    const ports = portsFor({ servers: { test: url } }, time)
    await Promise.all([ageOf('strict.test', ports).learn(), ageOf('strict.test', ports).learn()])
    await ageOf('lax.test', ports).learn()
    expect(asked).toEqual(['/domain/strict.test'])
    time.now += 1_000
    await ageOf('lax.test', ports).learn()
    expect(asked).toHaveLength(2)
  })
})

describe('the IANA’s list', () => {
  const list = (url: string) => ({ services: [[['example'], [url.replace('http:', 'https:')]]] })

  it('is fetched once a week, shared nearby', async () => {
    const iana = await registry((_, response) => void response.end(JSON.stringify(list('http://127.0.0.1:1/'))))
    const time = clock()
    const cache = placeAt(time)
    const ports = portsFor({ bootstrap: iana.url }, time, cache)
    await ageOf('strict.example', ports).learn()
    await ageOf('other.example', ports).learn()
    await ageOf('third.example', portsFor({ bootstrap: iana.url }, time, cache)).learn()
    expect(ports.memory.servers.get('example')).toBe('https://127.0.0.1:1/')
    expect(iana.asked).toHaveLength(1)
    time.now += 7 * DAY_MS
    await ageOf('fourth.example', ports).learn()
    expect(iana.asked).toHaveLength(2)
  })

  it('is not needed for what is configured', async () => {
    const iana = await registry((_, response) => void response.end(JSON.stringify(list('http://127.0.0.1:1/'))))
    const own = await registry((_, response) => void tell(response, 'strict.example'))
    await ageOf('strict.example', portsFor({ bootstrap: iana.url, servers: { example: own.url } }, clock())).learn()
    expect([iana.asked.length, own.asked.length]).toEqual([0, 1])
  })

  it('that cannot be had is tried again a day later, and what came along serves', async () => {
    const iana = await registry((_, response) => void response.writeHead(503).end())
    const time = clock()
    const ports = portsFor({ bootstrap: iana.url }, time)
    await ageOf('strict.test', ports).learn()
    time.now += DAY_MS - 1
    await ageOf('lax.test', ports).learn()
    expect(iana.asked).toHaveLength(1)
    time.now += 1
    await ageOf('third.test', ports).learn()
    expect(iana.asked).toHaveLength(2)
  })
})

function flood(response: ServerResponse): void {
  const chunk = 'x'.repeat(64 * 1024)
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}
