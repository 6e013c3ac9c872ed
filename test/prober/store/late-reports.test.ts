// Late reports against a real table: what was learned last stays, and clocks that ran ahead bar nobody.
import { DAY_MS } from '@postern/shared/verdict/lifetimes.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine.ts'
import { reply, testKeys } from '../facts.ts'
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

describe('a clock that ran ahead', () => {
  const WEEK_MS = 7 * DAY_MS
  it('bars nobody: what it wrote gives way, and is not believed', async () => {
    const subject = somebody()
    const ahead = NOW + WEEK_MS
    const written = (now: number, code: 250 | 550) => ({
      ...subject,
      now,
      mailboxFacts: [reply('mailbox', code, { observedAt: now })],
      domainFacts: [reply('stranger', code, { observedAt: now })],
      attempts: [now],
    })
    await evidence.learn(written(ahead, 250))
    expect(await evidence.recall(subject, NOW)).toMatchObject({ domain: [], attempts: [] })

    expect(await evidence.learn(written(NOW, 550))).toBe(true)
    const { mailbox, domain, attempts } = await evidence.recall(subject, NOW)
    expect([...mailbox, ...domain].map(({ observedAt }) => observedAt)).toEqual([NOW, NOW])
    expect(attempts).toEqual([NOW])
  })

  it('by less than a minute is one of many, and keeps what it wrote', async () => {
    const subject = somebody()
    const newer = [reply('mailbox', 550, { observedAt: NOW + 59_000 })]
    await evidence.learn({ ...subject, ...nothing, now: NOW + 59_000, mailboxFacts: newer })
    await evidence.learn({ ...subject, ...nothing, now: NOW, mailboxFacts: [reply('mailbox', 250)] })
    expect((await evidence.recall(subject, NOW)).mailbox).toEqual(newer)
  })
})

describe('a late report', () => {
  it('never overwrites what was learned after it', async () => {
    const subject = somebody()
    const newer = [reply('mailbox', 550, { observedAt: NOW + 10 })]
    await evidence.learn({ ...subject, ...nothing, now: NOW + 10, mailboxFacts: newer })
    const late = [reply('mailbox', 250, { observedAt: NOW })]
    expect(await evidence.learn({ ...subject, ...nothing, now: NOW, mailboxFacts: late })).toBe(true)
    expect((await evidence.recall(subject, NOW + 20)).mailbox).toEqual(newer)
  })

  it('of 20 that are written at once, the newest stays', async () => {
    const subject = somebody()
    const instants = Array.from({ length: 20 }, (_, n) => NOW + ((n * 7) % 20))
    await Promise.all(
      instants.map((now) =>
        evidence.learn({
          ...subject,
          now,
          mailboxFacts: [reply('mailbox', 250, { observedAt: now })],
          domainFacts: [reply('stranger', 550, { observedAt: now })],
          attempts: [],
        }),
      ),
    )
    const { mailbox, domain } = await evidence.recall(subject, NOW + 20)
    expect([...mailbox, ...domain].map(({ observedAt }) => observedAt)).toEqual([NOW + 19, NOW + 19])
  })
})
