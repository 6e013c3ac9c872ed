// Resolvers that are slow, wrong or dead: every request ends in time with the right reason, and silence is never a no.
import { verification } from '@postern/shared/contract/verification.ts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { DohParts, Manner } from '../edge/dns/doh-server.ts'
import { type Edge, type Pair, startEdgeWith } from './two-resolvers.ts'

/** DNS may take three seconds of a request; the rest is the machine's. */
const BUDGET_MS = 3_000 + 1_500
const FAULTS: readonly Manner[] = [
  'slow',
  'servfail',
  'refused',
  'truncated',
  'garbage',
  'wrong_id',
  'wrong_question',
  'http_500',
  'hang',
  'endless',
  'redirect',
  'busy',
]
const suffixOf = (manner: Manner | 'dead', which: 'first' | 'both'): string => `${manner.replace('_', '-')}-${which}`

/** The same mail domain below every suffix, and nothing else: all other names do not exist. */
const zoneOf = (suffix: string): string[] => [
  `mail.${suffix} MX 10 mx.${suffix}.test.`,
  `mx.${suffix} A 127.25.0.1`,
  `dangling.${suffix} MX 10 gone.${suffix}.test.`,
]
function withFaults(manner: Manner | 'dead', which: 'first' | 'both'): [string, Pair] {
  const suffix = suffixOf(manner, which)
  const honest: DohParts = { zone: zoneOf(suffix) }
  // Slower than anybody waits for.
  const faulty = manner === 'dead' ? null : { ...honest, manner, slowMs: 9_000 }
  return [suffix, [faulty, which === 'both' ? faulty : honest]]
}

let edge: Edge
beforeAll(async () => {
  const all = [...FAULTS, 'dead' as const].flatMap((manner) => [
    withFaults(manner, 'first'),
    withFaults(manner, 'both'),
  ])
  const honest: DohParts = { zone: zoneOf('honest') }
  const split: Pair = [{ manner: 'nxdomain' }, { zone: zoneOf('split') }]
  edge = await startEdgeWith({ ...Object.fromEntries(all), honest: [honest, honest], split })
})
afterAll(() => edge.stop())

async function timed(email: string, mode: 'fast' | 'full' = 'fast') {
  const startedAt = performance.now()
  const answer = await edge.verify(email, mode)
  return { answer, tookMs: performance.now() - startedAt }
}

describe('200 where the first resolver is at fault', () => {
  it.concurrent.each([...FAULTS, 'dead' as const])(
    '%s: the other one’s answer counts, and denies nothing by itself',
    async (manner) => {
      const suffix = suffixOf(manner, 'first')
      const there = await timed(`jane@mail.${suffix}.test`)
      expect(there.answer).toMatchObject({ status: 'unknown', reason: 'not_probed' })
      expect(there.answer.checks.mail_route).toMatchObject({ kind: 'mx', resolver: `two.${suffix}` })
      expect(there.tookMs).toBeLessThan(BUDGET_MS)
      const absent = await timed(`jane@absent.${suffix}.test`)
      // Whatever the other one says past its own cache: nobody has confirmed it.
      expect(absent.answer).toMatchObject({
        status: 'unknown',
        reason: 'dns_failure',
        advice: 'accept',
        retryable: true,
      })
      expect(absent.tookMs).toBeLessThan(BUDGET_MS)
    },
  )
})

describe('200 where both resolvers are at fault', () => {
  const timeouts: readonly (Manner | 'dead')[] = ['slow', 'hang', 'endless']
  it.concurrent.each([...FAULTS, 'dead' as const])(
    '%s: nothing is known, nothing is denied, in time',
    async (manner) => {
      const reason = timeouts.includes(manner) ? 'dns_timeout' : 'dns_failure'
      const suffix = suffixOf(manner, 'both')
      const asked = ['mail', 'absent', 'dangling'].map((name) => timed(`jane@${name}.${suffix}.test`))
      for (const { answer, tookMs } of await Promise.all(asked)) {
        expect(answer).toMatchObject({ status: 'unknown', reason, advice: 'accept', retryable: true, final: false })
        expect(answer.cost).toMatchObject({ charged: false })
        expect(verification.safeParse(answer).error).toBeUndefined()
        expect(tookMs).toBeLessThan(BUDGET_MS)
      }
    },
  )

  it('a mailbox is not asked for in full mode either', async () => {
    const { answer } = await timed(`jane@other.${suffixOf('servfail', 'both')}.test`, 'full')
    expect(answer).toMatchObject({ status: 'unknown', reason: 'dns_failure' })
  })
})

describe('200 where both are well', () => {
  const asked = (): number => edge.servers['honest']!.reduce((sum, server) => sum + server.asked.length, 0)

  it('a repeat asks nobody, and says of when it knows', async () => {
    const first = await edge.verify('jane@mail.honest.test')
    // Exchanges are looked up when the answer has left.
    await vi.waitFor(() => expect(asked()).toBe(6))
    await vi.waitFor(async () => {
      const again = await edge.verify('karl@mail.honest.test')
      expect(again.checks.mail_route.exchanges).toMatchObject([{ target: 'reachable' }])
      const route = (answer: typeof again) => answer.evidence.find(({ rule }) => rule === 'dns.mx')
      expect(route(again)!.at).toBe(route(first)!.at)
    })
    expect(asked()).toBe(6)
  })

  it('what is learned beside a fast answer decides the next one', async () => {
    expect(await edge.verify('jane@dangling.honest.test')).toMatchObject({ status: 'unknown', reason: 'not_probed' })
    await vi.waitFor(async () => {
      const next = await edge.verify('jane@dangling.honest.test')
      expect(next).toMatchObject({ status: 'undeliverable', reason: 'no_mail_host', level: 'confirmed' })
    })
  })

  it('a no of one that the other denies is none', async () => {
    const { answer } = await timed('jane@mail.split.test')
    expect(answer).toMatchObject({ status: 'unknown', reason: 'not_probed' })
    expect(answer.checks.mail_route).toMatchObject({ kind: 'mx', resolver: 'two.split' })
  })
})
