// The memory of addresses and domains against a real table: what is kept of whom, for how long, and under which keys.
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { CONTROL_MS, DAY_MS } from '@postern/shared/verdict/lifetimes.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine.ts'
import { fault, reply, testKeys, told } from '../facts.ts'
import { type OneAddress, oneAddress, type Subject } from './one-address.ts'

const NOW = Date.UTC(2026, 10, 21)
const keys = testKeys()
let engine: Engine
let evidence: OneAddress
let subjects = 0

beforeAll(async () => {
  engine = await startEngine()
  evidence = oneAddress(engine.dynamo(), keys)
})
afterAll(() => engine.stop())

/** A mailbox at a domain that no other test knows. */
function somebody(): Subject {
  subjects += 1
  return { wire: `jane@s${subjects}.test`, domain: `s${subjects}.test` }
}

const nothing = { domainFacts: [], attempts: [] }
const NOTHING = { mailbox: [], learnedAt: 0, domain: [], attempts: [] }

describe('recall', () => {
  it('of nothing is nothing, and says that memory works', async () => {
    expect(await evidence.recall(somebody(), NOW)).toEqual({ ...NOTHING, available: true })
  })

  it('gives back what was learned, word for word', async () => {
    const subject = somebody()
    const mailboxFacts = [fault('connect_refused', { observedAt: NOW - 5 }), reply('mailbox', 250, { observedAt: NOW })]
    const stranger = reply('stranger', 550, { observedAt: NOW })
    const attempts = [NOW - 7_000, NOW]
    expect(await evidence.learn({ ...subject, now: NOW, mailboxFacts, domainFacts: [stranger], attempts })).toBe(true)
    expect(await evidence.recall(subject, NOW + 1)).toEqual({
      available: true,
      mailbox: mailboxFacts,
      learnedAt: NOW,
      domain: [stranger],
      attempts,
    })
  })

  it('of a neighbour gives the domain and nothing of the mailbox', async () => {
    const subject = somebody()
    const domainFacts = [reply('stranger', 550, { observedAt: NOW })]
    await evidence.learn({ ...subject, ...nothing, now: NOW, mailboxFacts: [reply('mailbox', 250)], domainFacts })
    const neighbour = { ...subject, wire: `karl@${subject.domain}` }
    expect(await evidence.recall(neighbour, NOW)).toMatchObject({ mailbox: [], domain: domainFacts, attempts: [] })
  })

  it('tells addresses apart by every octet of the wire form', async () => {
    const subject = somebody()
    await evidence.learn({ ...subject, ...nothing, now: NOW, mailboxFacts: [reply('mailbox', 250)] })
    for (const wire of [`Jane@${subject.domain}`, `jane+tag@${subject.domain}`, `"jane"@${subject.domain}`]) {
      expect((await evidence.recall({ ...subject, wire }, NOW)).mailbox).toEqual([])
    }
  })

  it('keeps a mailbox 30 days, whether or not the table has swept', async () => {
    const subject = somebody()
    const mailboxFacts = [reply('mailbox', 250, { observedAt: NOW })]
    await evidence.learn({ ...subject, ...nothing, now: NOW, mailboxFacts })
    expect((await evidence.recall(subject, NOW + 30 * DAY_MS - 1)).mailbox).toEqual(mailboxFacts)
    expect((await evidence.recall(subject, NOW + 30 * DAY_MS)).mailbox).toEqual([])
  })

  it('forgets an attempt after a day', async () => {
    const subject = somebody()
    const attempts = [NOW - DAY_MS + 1_000, NOW]
    await evidence.learn({ ...subject, now: NOW, mailboxFacts: [fault('closed')], domainFacts: [], attempts })
    expect((await evidence.recall(subject, NOW + 999)).attempts).toEqual(attempts)
    expect((await evidence.recall(subject, NOW + 1_000)).attempts).toEqual([NOW])
  })

  it.each([
    ['no JSON', 'not json'],
    ['no facts', '[{"kind":"rumour"}]'],
    ['no text', 7],
  ])('takes stored facts that are %s for none', async (_what, facts) => {
    const subject = somebody()
    const { client } = engine.dynamo()
    await client.send(
      new PutCommand({ TableName: 'evidence', Item: { key: keys.address(subject.wire).current, facts } }),
    )
    const item = { key: keys.domain(subject.domain).current, 's#mx.test': facts }
    await client.send(new PutCommand({ TableName: 'evidence', Item: item }))
    expect(await evidence.recall(subject, NOW)).toEqual({ ...NOTHING, available: true })
  })
})

describe('a domain', () => {
  const at = (exchange: string, observedAt = NOW) => ({ exchange, observedAt })

  it('remembers strangers, acceptances of all and of somebody, each under its own name', async () => {
    const subject = somebody()
    const learn = (now: number, ...domainFacts: ReturnType<typeof reply>[]) =>
      evidence.learn({ ...subject, now, mailboxFacts: [fault('closed')], domainFacts, attempts: [] })
    await learn(NOW, reply('stranger', 250, at('mx1.a.test')), reply('other', 250, at('mx1.a.test')))
    await learn(NOW + 10, reply('stranger', 550, at('mx1.a.test', NOW + 10)))
    await learn(NOW + 20, reply('stranger', 550, at('mx2.a.test', NOW + 20)), reply('other', 550, at('mx2.a.test')))
    const { domain } = await evidence.recall(subject, NOW + 30)
    // The refusal is the stranger's last word at mx1; that everybody was accepted once is not forgotten (law 5).
    expect(domain.map(({ exchange, to, reply: { code } }) => `${exchange} ${to} ${code}`).sort()).toEqual([
      'mx1.a.test other 250',
      'mx1.a.test stranger 250',
      'mx1.a.test stranger 550',
      'mx2.a.test stranger 550',
    ])
    const item = (await engine.items('evidence')).find(({ key }) => key === keys.domain(subject.domain).current)
    expect(Object.keys(item ?? {}).sort()).toEqual([
      'c#mx1.a.test',
      'expiresAt',
      'key',
      's#mx1.a.test',
      's#mx2.a.test',
      'y#mx1.a.test',
    ])
  })

  it('is served a week longer than a 250 can be compared with it, and no longer', async () => {
    const subject = somebody()
    const domainFacts = [reply('stranger', 550, at('mx1.a.test', NOW)), reply('other', 250, at('mx1.a.test', NOW + 9))]
    await evidence.learn({ ...subject, now: NOW + 9, mailboxFacts: [fault('closed')], domainFacts, attempts: [] })
    expect((await evidence.recall(subject, NOW + 2 * CONTROL_MS - 1)).domain).toHaveLength(2)
    expect(told((await evidence.recall(subject, NOW + 2 * CONTROL_MS)).domain)).toEqual(['other:250'])
    expect((await evidence.recall(subject, NOW + 2 * CONTROL_MS + 9)).domain).toEqual([])
  })

  it('never takes an older answer for a newer one, and keeps what else came with it', async () => {
    const subject = somebody()
    const learn = (...domainFacts: ReturnType<typeof reply>[]) =>
      evidence.learn({ ...subject, now: NOW + 99, mailboxFacts: [fault('closed')], domainFacts, attempts: [] })
    await learn(reply('stranger', 250, at('mx1.a.test', NOW + 50)))
    expect(
      await learn(reply('stranger', 550, at('mx1.a.test', NOW)), reply('stranger', 550, at('mx2.a.test', NOW))),
    ).toBe(true)
    const { domain } = await evidence.recall(subject, NOW + 99)
    expect(new Set(domain.map(({ exchange, reply: { code } }) => `${exchange} ${code}`))).toEqual(
      new Set(['mx1.a.test 250', 'mx2.a.test 550']),
    )
  })

  it('takes the last of two answers of one kind from one exchange', async () => {
    const subject = somebody()
    const domainFacts = [reply('other', 250, at('mx1.a.test', NOW)), reply('other', 250, at('mx1.a.test', NOW + 1))]
    expect(
      await evidence.learn({ ...subject, now: NOW + 2, mailboxFacts: [fault('closed')], domainFacts, attempts: [] }),
    ).toBe(true)
    expect((await evidence.recall(subject, NOW + 2)).domain).toEqual([domainFacts[1]])
  })

  it.each([
    ['many dots', 'a.b.c.d.e.f.example.co.uk'],
    ['255 octets', `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(61)}.t`],
    ['a name like an attribute of ours', 'expiresAt'],
    ['a sign of ours inside', 's#c#y#'],
    ['blanks, quotes and a bracket', `mx "one" 'two' (three)`],
    ['a reserved word', 'key'],
    ['letters beyond ASCII', 'mx.bücher.test'],
  ])('keeps answers of exchanges whose names have %s', async (_what, exchange) => {
    const subject = somebody()
    const domainFacts = [reply('stranger', 250, at(exchange)), reply('other', 250, at(exchange))]
    expect(
      await evidence.learn({ ...subject, now: NOW, mailboxFacts: [fault('closed')], domainFacts, attempts: [] }),
    ).toBe(true)
    const { domain } = await evidence.recall(subject, NOW)
    expect(new Set(domain.map((fact) => `${fact.to} ${fact.exchange}`))).toEqual(
      new Set([`stranger ${exchange}`, `other ${exchange}`]),
    )
  })
})

describe('privacy', () => {
  it('no key in the table holds an address, a local part or a domain, in any spelling', async () => {
    const wire = 'remarkable.person+tag@remarkable-domain.test'
    const subject = { wire, domain: 'remarkable-domain.test' }
    const domainFacts = [reply('stranger', 550, { observedAt: NOW })]
    await evidence.learn({ ...subject, ...nothing, now: NOW, mailboxFacts: [reply('mailbox', 250)], domainFacts })
    const items = await engine.items('evidence')
    const stored = items.map(({ key }) => String(key))
    expect(stored).toContain(keys.address(wire).current)
    for (const key of stored) expect(key).toMatch(/^[ad]:k1:[\w-]{43}$/)
    const encodings = [wire, 'remarkable'].flatMap((text) => [
      text,
      Buffer.from(text).toString('hex'),
      Buffer.from(text).toString('base64url').slice(0, -2),
    ])
    expect(encodings.filter((text) => stored.some((key) => key.toLowerCase().includes(text.toLowerCase())))).toEqual([])
    // Nor does anything else that is kept name the mailbox.
    expect(JSON.stringify(items)).not.toContain('remarkable.person')
  })

  it('another key ring finds nothing', async () => {
    const subject = somebody()
    await evidence.learn({ ...subject, ...nothing, now: NOW, mailboxFacts: [reply('mailbox', 250)] })
    const other = oneAddress(engine.dynamo(), testKeys('a5'))
    expect((await other.recall(subject, NOW)).mailbox).toEqual([])
  })
})

it('a table that is not there is memory that does not work', async () => {
  const faults: string[] = []
  const lost = oneAddress(engine.dynamo(faults), keys, 'no-such-table')
  const subject = somebody()
  expect(await lost.recall(subject, NOW)).toEqual({ ...NOTHING, available: false })
  const domainFacts = [reply('stranger', 550)]
  expect(await lost.learn({ ...subject, ...nothing, now: NOW, mailboxFacts: [], domainFacts })).toBe(false)
  // Both writes of learning leave at once, and either may be answered first.
  expect(faults.toSorted()).toEqual(
    ['learn address', 'learn domain', 'recall'].map((what) => `${what}: ResourceNotFoundException`),
  )
})
