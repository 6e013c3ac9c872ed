// Every mailbox of the world with a known truth, asked over HTTP in full mode: what we say, and by which evidence.
import type { Verification } from '@postern/shared/contract/verification.ts'
import { verification } from '@postern/shared/contract/verification.ts'
import { worldTruth } from '../world/truth.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Stack, startStack } from './stack.ts'

/** More at once would measure the machine instead of the answers. */
const AT_ONCE = 4
/** Silence is told from a slow machine only where there is time to come home. */
const LEAST_WAIT_MS = 3_000
const truths = worldTruth()
const said = new Map<string, Verification>()
let stack: Stack
let readyMs: number

beforeAll(async () => {
  const startedAt = Date.now()
  stack = await startStack()
  readyMs = Date.now() - startedAt
  const queue = [...Map.groupBy(truths, ({ address }) => address.split('@').at(-1)!).values()]
  const worker = async (): Promise<void> => {
    for (let own = queue.shift(); own !== undefined; own = queue.shift()) {
      for (const { address, waitMs } of own) {
        said.set(
          address,
          await stack.verify(address, {
            mode: 'full',
            wait_ms: Math.max(waitMs ?? 4_000, LEAST_WAIT_MS),
            evidence: 'full',
          }),
        )
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}, 90_000)
afterAll(() => stack.stop())

it('the stack is ready within 10 s', () => {
  expect(readyMs).toBeLessThan(10_000)
})

describe('200 in full mode', () => {
  it.each(truths.map((truth) => [truth.address, truth] as const))('%s', (address, truth) => {
    const { status, reason, level, advice, score } = said.get(address)!
    expect({ status, reason }).toEqual({ status: truth.status, reason: truth.reason })
    if (truth.level !== null) expect(level).toBe(truth.level)
    if (status === 'undeliverable')
      expect([advice, score]).toEqual(level === 'confirmed' ? ['reject', 0] : ['confirm', 5])
    if (status === 'unknown') expect(advice).toBe('accept')
  })

  it('every answer is as the contract says', () => {
    for (const answer of said.values()) expect(verification.safeParse(answer).error).toBeUndefined()
  })

  it('no confirmed no that the world does not confirm', () => {
    const truthOf = new Map(truths.map((truth) => [truth.address, truth]))
    const wrong = [...said].filter(
      ([address, { status, level }]) =>
        status === 'undeliverable' && level === 'confirmed' && truthOf.get(address)?.status !== 'undeliverable',
    )
    expect(wrong.map(([address]) => address)).toEqual([])
  })

  it('no confirmed yes without a refused stranger in its evidence', () => {
    const yes = [...said.values()].filter(({ status, level }) => status === 'deliverable' && level === 'confirmed')
    expect(yes.length).toBeGreaterThan(10)
    for (const { evidence, checks } of yes) {
      expect(evidence.some(({ phase, code }) => phase === 'rcpt:stranger' && code! >= 500)).toBe(true)
      expect(checks.smtp).toMatchObject({ accepts: true, strangers: 'refuses_strangers' })
    }
  })

  it('what is not known says so: an unknown has no accepts, and says whether asking again helps', () => {
    for (const answer of [...said.values()].filter(({ status }) => status === 'unknown')) {
      expect(answer.checks.smtp.accepts).toBe(null)
      expect(answer.final).toBe(!answer.retryable)
      expect(answer.cost).toMatchObject({ units: 0, charged: false })
    }
  })

  it('the ready line names the same truths', () => {
    const line = stack.world.map(({ address, status, reason }) => [address, status, reason])
    expect(line).toEqual(truths.map(({ address, status, reason }) => [address, status, reason]))
  })

  it('we behaved: no DATA, nothing before a greeting, no unasked pipelining, one connection at a time', async () => {
    const violations = (await (await fetch(`${stack.worldUrl()}/world/violations`)).json()) as unknown[]
    expect(violations).toEqual([])
  })

  it('a second request is answered from memory, without a dial', async () => {
    await fetch(`${stack.worldUrl()}/world/reset`, { method: 'POST' })
    for (const address of ['jane.roe@strict.test', 'nina.falk@multiline.test', 'jane.roe@catchall.test']) {
      const again = await stack.verify(address, { mode: 'full', max_age: 0 })
      expect(again).toMatchObject({ status: said.get(address)!.status, reason: said.get(address)!.reason })
      expect(again.checks.smtp.state).toBe('cached')
      expect(again.retry_at).not.toBe(null)
    }
    expect(await stack.sessions()).toEqual([])
  })
})
