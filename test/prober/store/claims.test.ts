// Claims and late reports against a real table: one job asks at a time, and what was learned last stays.
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { createEvidence, type Evidence, type Subject } from '@postern/prober/store/evidence.ts'
import { DAY_MS } from '@postern/shared/verdict/lifetimes.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../engine.ts'
import { reply, testKeys } from '../facts.ts'

const NOW = Date.UTC(2026, 10, 21)
const keys = testKeys()
let engine: Engine
let evidence: Evidence
let subjects = 0

beforeAll(async () => {
  engine = await startEngine()
  evidence = createEvidence(engine.dynamo(), keys, 'evidence')
})
afterAll(() => engine.stop())

/** A mailbox at a domain that no other test knows. */
function somebody(): Subject {
  subjects += 1
  return { wire: `jane@s${subjects}.test`, domain: `s${subjects}.test` }
}

const nothing = { domainFacts: [], attempts: [] }

describe('a claim', () => {
  const until = NOW + 4_000

  it('is won by one of 20 jobs, and the others hear when it ends', async () => {
    const subject = somebody()
    const jobs = Array.from({ length: 20 }, (_, n) => `job-${n}-of-twenty`)
    const claimed = await Promise.all(
      jobs.map((jobId, n) => evidence.claim({ ...subject, jobId, now: NOW, until: until + n })),
    )
    const winner = claimed.findIndex(({ kind }) => kind === 'claimed')
    expect(winner).toBeGreaterThanOrEqual(0)
    const expected = jobs.map((_, n) => (n === winner ? { kind: 'claimed' } : { kind: 'held', until: until + winner }))
    expect(claimed).toEqual(expected)
  })

  it('may be made again by its own job, which moves its end', async () => {
    const subject = somebody()
    await evidence.claim({ ...subject, jobId: 'job-one-x', now: NOW, until })
    const again = { ...subject, jobId: 'job-one-x', now: NOW + 1_000, until: until + 1_000 }
    expect(await evidence.claim(again)).toEqual({ kind: 'claimed' })
    expect(await evidence.claim({ ...again, jobId: 'job-two-x' })).toEqual({ kind: 'held', until: until + 1_000 })
  })

  it('is not made by who has not seen what was learned meanwhile: the answer is there to be recalled', async () => {
    const subject = somebody()
    const before = (await evidence.recall(subject, NOW)).learnedAt
    expect(before).toBeNull()
    await evidence.learn({ ...subject, ...nothing, now: NOW, mailboxFacts: [reply('mailbox', 250)] })
    const claim = { ...subject, jobId: 'job-two-x', now: NOW + 5, until }
    expect(await evidence.claim({ ...claim, seen: before })).toEqual({ kind: 'held', until: NOW + 5 })
    const { learnedAt } = await evidence.recall(subject, NOW + 5)
    expect(learnedAt).toBe(NOW)
    expect(await evidence.claim({ ...claim, seen: NOW - 1 })).toEqual({ kind: 'held', until: NOW + 5 })
    expect(await evidence.claim({ ...claim, seen: learnedAt })).toEqual({ kind: 'claimed' })
  })

  it('is taken over once it has ended, not before', async () => {
    const subject = somebody()
    await evidence.claim({ ...subject, jobId: 'job-one-x', now: NOW, until })
    const other = { ...subject, jobId: 'job-two-x', until: until + 4_000 }
    expect(await evidence.claim({ ...other, now: until - 1 })).toEqual({ kind: 'held', until })
    expect(await evidence.claim({ ...other, now: until })).toEqual({ kind: 'claimed' })
  })

  it('ends when its job learns or lets go; another job cannot let go of it', async () => {
    const [learning, leaving] = [somebody(), somebody()]
    for (const subject of [learning, leaving]) {
      await evidence.claim({ ...subject, jobId: 'job-one-x', now: NOW, until })
      expect(await evidence.release(subject, 'job-two-x')).toBe(true)
      expect(await evidence.claim({ ...subject, jobId: 'job-two-x', now: NOW, until })).toEqual({ kind: 'held', until })
    }
    await evidence.learn({ ...learning, ...nothing, now: NOW, mailboxFacts: [reply('mailbox', 250)] })
    await evidence.release(leaving, 'job-one-x')
    for (const subject of [learning, leaving]) {
      expect(await evidence.claim({ ...subject, jobId: 'job-two-x', now: NOW, until })).toEqual({ kind: 'claimed' })
    }
  })

  it('does not touch what is known, nor how long it is kept', async () => {
    const subject = somebody()
    const mailboxFacts = [reply('mailbox', 250, { observedAt: NOW })]
    await evidence.learn({ ...subject, now: NOW, mailboxFacts, domainFacts: [], attempts: [NOW] })
    await evidence.claim({ ...subject, jobId: 'job-one-x', now: NOW + DAY_MS / 2, until: NOW + DAY_MS })
    expect(await evidence.recall(subject, NOW + 1)).toMatchObject({ mailbox: mailboxFacts, attempts: [NOW] })
    expect((await evidence.recall(subject, NOW + 30 * DAY_MS)).mailbox).toEqual([])
  })
})

describe('a clock that ran ahead', () => {
  const WEEK_MS = 7 * DAY_MS
  it('bars nobody: what it claimed and wrote gives way, and is not believed', async () => {
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
    await evidence.claim({ ...subject, jobId: 'job-one-x', now: ahead, until: ahead + 4_000 })
    expect(await evidence.recall(subject, NOW)).toMatchObject({ domain: [], attempts: [] })

    const claim = { ...subject, jobId: 'job-two-x', now: NOW, until: NOW + 4_000 }
    expect(await evidence.claim(claim)).toEqual({ kind: 'claimed' })
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

it('a sweep between claim and report costs the claim only', async () => {
  const subject = somebody()
  await evidence.claim({ ...subject, jobId: 'job-one-x', now: NOW, until: NOW + 9 })
  const swept = new UpdateCommand({
    TableName: 'evidence',
    Key: { key: keys.address(subject.wire) },
    UpdateExpression: 'REMOVE claimJob, claimUntil, expiresAt',
  })
  await engine.dynamo().client.send(swept)
  const mailboxFacts = [reply('mailbox', 250)]
  expect(await evidence.learn({ ...subject, ...nothing, now: NOW, mailboxFacts })).toBe(true)
  expect((await evidence.recall(subject, NOW)).mailbox).toEqual(mailboxFacts)
})
