// One attempt at a real receiver: what it is sent and signed with, and how each of its manners ends.
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, it } from 'vitest'
import { openSecrets } from '../../../edge/src/accounts/secrets.ts'
import { limitConnections } from '../../../edge/src/http/connections.ts'
import { type Attempt, deliver, type DeliverPorts, notePark, type Taken } from '../../../edge/src/webhooks/deliver.ts'
import { send } from '../../../edge/src/webhooks/send.ts'
import { secretText } from '../../../edge/src/webhooks/sign.ts'
import { answering, type Manner, type Receiver, startReceiver } from './receiver.ts'

const opened: Receiver[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((receiver) => receiver.close()))
})

async function receiver(manner?: Manner): Promise<Receiver> {
  const started = await startReceiver(manner)
  opened.push(started)
  return started
}

const secrets = openSecrets({ current: '2', keys: { '1': '0f'.repeat(32), '2': 'f0'.repeat(32) } })
const ACCOUNT = 'acc_default_jane'
const FIRST = { endpoint: 'whk_1', generation: 'first', ring: '1' }
const SECOND = { endpoint: 'whk_1', generation: 'second', ring: '2' }
const PAYLOAD = JSON.stringify({ type: 'credits.low', timestamp: '2099-05-01T12:00:00.000Z', data: { ü: 'Größe' } })

function taken(url: string, wish: Partial<Taken> = {}): Taken {
  return { n: 1, eventId: 'evt_1', url, payload: PAYLOAD, secrets: [FIRST], ...wish }
}

/** The queue's batch as the platform gives it, and an object that has this to send. */
function postOffice(parcels: readonly (Taken | null | Error)[], wish: Partial<DeliverPorts> = {}) {
  const fates = parcels.map(() => 'open')
  const messages = parcels.map((_, at) => ({
    body: { account: ACCOUNT, delivery: String(at) },
    ack: () => {
      fates[at] = 'done'
    },
    retry: ({ delaySeconds }: { delaySeconds: number }) => {
      fates[at] = `in ${delaySeconds} s`
    },
  }))
  const attempts: Attempt[] = []
  const parked: string[] = []
  const warned: string[] = []
  const ports: DeliverPorts = {
    secrets,
    connect: limitConnections(),
    now: Date.now,
    loopback: [parseCidr('127.0.0.0/8')!],
    resolve: () => Promise.reject(new Error('no name is looked up here')),
    take: async ({ delivery }) => {
      const parcel = parcels[Number(delivery)]!
      if (parcel instanceof Error) throw parcel
      return parcel
    },
    attempted: async (_, attempt) => void attempts.push(attempt),
    parked: async ({ delivery }) => void parked.push(delivery),
    warn: (what) => void warned.push(what),
    ...wish,
  }
  return { messages, ports, fates, attempts, parked, warned }
}

async function attemptAt(url: string, wish: Partial<Taken> = {}): Promise<Attempt> {
  const { messages, ports, attempts, fates } = postOffice([taken(url, wish)])
  await deliver(messages, ports)
  expect(fates).toEqual(['done'])
  return attempts[0]!
}

describe('of an address of the sandbox that asks for it, an event', () => {
  const about = (email: string, why: string, type = 'verification.completed') =>
    JSON.stringify({ type, timestamp: '2099-05-01T12:00:00.000Z', data: { email, cost: { units: 0, why } } })

  it.each(['webhook_fails@d.test', 'jane+Webhook_Fails@d.test'])('is never accepted, nor sent: %s', async (email) => {
    const { url, received } = await receiver()
    const attempt = await attemptAt(url, { payload: about(email, 'sandbox') })
    expect(attempt.outcome).toEqual({ status: 500, why: 'status', restMs: null })
    expect(received).toEqual([])
  })

  it.each([
    ['of a live key', about('webhook_fails@d.test', 'confirmed')],
    ['about a domain of that name', about('jane@webhook_fails.test', 'sandbox')],
    ['about somebody who is called nearly so', about('webhook_fails2@d.test', 'sandbox')],
    ['about something else', about('webhook_fails@d.test', 'sandbox', 'batch.completed')],
  ])('is sent as any other: %s', async (_what, payload) => {
    const { url, received } = await receiver()
    expect((await attemptAt(url, { payload })).outcome.status).toBe(200)
    expect(received).toHaveLength(1)
  })
})

describe('a delivery', () => {
  it('is what the receiver verifies by Standard Webhooks, octet by octet', async () => {
    const { url, received } = await receiver()
    const attempt = await attemptAt(url)
    expect(attempt).toMatchObject({ n: 1, outcome: { status: 200, why: null } })
    expect(Math.abs(attempt.at - Date.now())).toBeLessThan(5_000)
    const [{ headers, body, path }] = received as [(typeof received)[0]]
    expect({ path, body }).toEqual({ path: '/hook', body: PAYLOAD })
    expect(headers).toMatchObject({ 'webhook-id': 'evt_1', 'content-type': 'application/json' })
    const secret = await secretText(secrets, { ...FIRST, account: ACCOUNT })
    expect(new Webhook(secret!).verify(body, headers)).toEqual(JSON.parse(PAYLOAD))
    expect(() => new Webhook(secret!).verify(`${body} `, headers)).toThrow('No matching signature')
  })

  it('is signed with each of its secrets, and with nobody else’s', async () => {
    const { url, received } = await receiver()
    await attemptAt(url, { secrets: [SECOND, FIRST] })
    const [{ headers, body }] = received as [(typeof received)[0]]
    expect(headers['webhook-signature']!.split(' ')).toHaveLength(2)
    const names = [FIRST, SECOND].map((secret) => ({ ...secret, account: ACCOUNT }))
    for (const name of names) {
      const verifier = new Webhook((await secretText(secrets, name))!)
      expect(verifier.verify(body, headers)).toEqual(JSON.parse(PAYLOAD))
    }
    const others = [
      { ...FIRST, account: 'acc_default_john' },
      { ...FIRST, account: ACCOUNT, endpoint: 'whk_2' },
      { ...FIRST, account: ACCOUNT, ring: '2' },
    ]
    for (const name of others) {
      const verifier = new Webhook((await secretText(secrets, name))!)
      expect(() => verifier.verify(body, headers)).toThrow('No matching signature')
    }
  })

  it('is signed with what is left where one of its secrets is lost, and not sent where all are', async () => {
    const { url, received } = await receiver()
    const LOST = { ...SECOND, ring: '9' }
    expect((await attemptAt(url, { secrets: [LOST, FIRST] })).outcome.why).toBeNull()
    expect((await attemptAt(url, { secrets: [LOST] })).outcome).toEqual({
      status: null,
      why: 'no_secret',
      restMs: null,
    })
    expect(received).toHaveLength(1)
  })
})

describe('a secret', () => {
  it('is 32 octets in base64 behind whsec_, the same whenever it is made', async () => {
    const name = { ...FIRST, account: ACCOUNT }
    const text = await secretText(secrets, name)
    expect(text).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(await secretText(openSecrets({ current: '1', keys: { '1': '0f'.repeat(32) } }), name)).toBe(text)
  })
})

describe('an attempt', () => {
  it.each([
    [200, {}, null, null],
    [204, {}, null, null],
    [301, { location: 'https://elsewhere.example/' }, 'redirect', null],
    [307, { location: '/again' }, 'redirect', null],
    [400, {}, 'status', null],
    [410, {}, 'status', null],
    [500, { 'retry-after': '7' }, 'status', null],
    [503, { 'retry-after': '7' }, 'status', 7_000],
    [429, { 'retry-after': '120' }, 'status', 120_000],
    [429, { 'retry-after': 'soon' }, 'status', null],
    [503, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 'status', 0],
  ])('answered %i %j ends as %s', async (...[status, headers, why, restMs]) => {
    const { url, received } = await receiver(answering(status, headers))
    expect((await attemptAt(url)).outcome).toEqual({ status, why, restMs })
    expect(received).toHaveLength(1)
  })

  it('heeds a date in Retry-After', async () => {
    const { url } = await receiver(answering(503, { 'retry-after': 'Fri, 01 May 2099 12:01:00 GMT' }))
    const outcome = await send({ url, headers: {}, payload: '{}' }, () => Date.parse('2099-05-01T12:00:00Z'))
    expect(outcome.restMs).toBe(60_000)
  })

  it('does not follow a redirect', async () => {
    const elsewhere = await receiver()
    const { url } = await receiver(answering(307, { location: elsewhere.url }))
    expect((await attemptAt(url)).outcome.why).toBe('redirect')
    expect(elsewhere.received).toEqual([])
  })

  it('ends with its time where the receiver is silent, and where it never ends its answer', async () => {
    const silent = await receiver(() => undefined)
    const endless = await receiver((response) => void response.writeHead(200).write('and'))
    const sent = [silent, endless].map(({ url }) => send({ url, headers: {}, payload: '{}' }, Date.now, 100))
    const timeout = { status: null, why: 'timeout', restMs: null }
    expect(await Promise.all(sent)).toEqual([timeout, timeout])
  })

  it('reads no more than 64 KB of an answer, and takes it for whole', async () => {
    const written = { octets: 0, closed: false }
    const { url } = await receiver((response) => {
      response.writeHead(200)
      response.once('close', () => (written.closed = true))
      const pour = (): void => {
        if (written.closed) return
        written.octets += 65_536
        if (response.write(Buffer.alloc(65_536))) setImmediate(pour)
        else response.once('drain', pour)
      }
      pour()
    })
    expect((await attemptAt(url)).outcome).toEqual({ status: 200, why: null, restMs: null })
    // Buffers between the two hold some megabytes at most.
    expect(written.octets).toBeLessThan(64 * 1_048_576)
  })

  it('at nobody is unreachable', async () => {
    const nobody = await receiver()
    await nobody.close()
    expect((await attemptAt(nobody.url)).outcome).toEqual({ status: null, why: 'unreachable', restMs: null })
  })

  it.each(['http://127.0.0.1:80/', 'http://10.0.0.1:8080/', 'https://169.254.169.254/', 'http://shop.example/'])(
    'at %s connects to nobody',
    async (url) => {
      expect((await attemptAt(url)).outcome).toEqual({ status: null, why: 'not_public', restMs: null })
    },
  )
})

describe('a batch', () => {
  it('is delivered side by side: a silent receiver keeps nobody waiting', async () => {
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    const slow = await receiver((response) => void released.then(() => response.end()))
    const quick = await receiver((response) => {
      response.end()
      release()
    })
    const { messages, ports, attempts } = postOffice([taken(slow.url), taken(quick.url, { n: 2 })])
    await deliver(messages, ports)
    expect(attempts.map(({ outcome }) => outcome.why)).toEqual([null, null])
  })

  it('leaves out what is not due, and sends the others', async () => {
    const { url, received } = await receiver()
    const { messages, ports, attempts, fates } = postOffice([null, taken(url), null])
    await deliver(messages, ports)
    expect(fates).toEqual(['done', 'done', 'done'])
    expect([attempts.length, received.length]).toEqual([1, 1])
  })

  it('brings back a message whose object does not answer, before the attempt or after it', async () => {
    const { url } = await receiver()
    const before = postOffice([new TypeError('is not there'), taken(url)])
    await deliver(before.messages, before.ports)
    expect(before.fates).toEqual(['in 30 s', 'done'])
    const after = postOffice([taken(url)], { attempted: () => Promise.reject(new TypeError('is not there')) })
    await deliver(after.messages, after.ports)
    expect(after.fates).toEqual(['in 30 s'])
    expect([...before.warned, ...after.warned]).toEqual(Array(2).fill('a delivery waits: TypeError'))
  })

  it('that the queue gave up is told to the object, which goes on by itself', async () => {
    const { messages, ports, parked, fates } = postOffice([null, null])
    await notePark(messages, ports)
    expect([parked, fates]).toEqual([
      ['0', '1'],
      ['done', 'done'],
    ])
  })
})
