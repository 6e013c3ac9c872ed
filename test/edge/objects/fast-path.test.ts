// The fast path awaits nothing far: with accounts, queue, copies and limits that never answer, the answer comes all the same.
import { describe, expect, it } from 'vitest'
import type { Account } from '../../../edge/src/accounts/account.ts'
import { accountId } from '../../../edge/src/accounts/ids.ts'
import type { Objects } from '../../../edge/src/accounts/objects.ts'
import { createPaidNearby } from '../../../edge/src/accounts/paid.ts'
import type { Records } from '../../../edge/src/accounts/records.ts'
import { openSecrets } from '../../../edge/src/accounts/secrets.ts'
import { type Snapshot, snapshotOf } from '../../../edge/src/accounts/snapshot.ts'
import { createSnapshots } from '../../../edge/src/accounts/snapshots.ts'
import { openTill } from '../../../edge/src/accounts/till.ts'
import { createNearLimits, type NearLimit } from '../../../edge/src/http/near-limits.ts'
import type { Services } from '../../../edge/src/routes/context.ts'
import { answerFast } from '../../../edge/src/verify/answer-fast.ts'
import type { AskedByKey } from '../../../edge/src/verify/counted.ts'
import { routeTo, START } from '../facts.ts'
import { requestFor } from '../lanes-that-answer.ts'

const ACCOUNT = accountId('default', new Uint8Array(16).fill(7))
const never = (): Promise<never> => new Promise(() => undefined)

interface World {
  readonly services: Services
  /** Far calls in the order in which they began. */
  readonly far: string[]
  /** Lets what was put off until after the answer begin. */
  readonly afterwards: () => void
}

/** Everything far is silent; `copy` is what this isolate knew of the account before, or null. */
function silent(copy: Snapshot | null): World {
  const far: string[] = []
  const later: (() => Promise<unknown>)[] = []
  const silence = (name: string) => () => {
    far.push(name)
    return never()
  }
  const account = { admit: silence('admit'), settle: silence('settle'), settleMany: silence('settle') }
  const objects = {
    account: () => account as unknown as DurableObjectStub<Account>,
    recordsOf: () => ({ keep: silence('record') }) as unknown as DurableObjectStub<Records>,
  } as unknown as Objects
  const put = (work: () => Promise<unknown>): void => void later.push(work)
  const limit: NearLimit = { limit: silence('limit') }
  const names = ['KEY_TRIAL', 'KEY_STANDARD', 'KEY_HIGH', 'IP_TRIAL', 'IP_STANDARD', 'IP_HIGH'] as const
  const bindings = Object.fromEntries(names.map((name) => [name, limit])) as Record<(typeof names)[number], NearLimit>
  const now = () => START
  const snapshots = copy === null ? createSnapshots({ get: silence('copy') } as never, now) : { peek: () => copy }
  const usage = { send: silence('queue') }
  const services = {
    now,
    later: put,
    secrets: openSecrets({ current: '1', keys: { '1': '0f'.repeat(32) } }),
    till: openTill({ objects, usage, snapshots, paid: createPaidNearby(now), later: put, now, warn: () => undefined }),
    limits: createNearLimits(bindings, now),
    verify: {
      now,
      sleep: never,
      lanesOf: () => [],
      memoOf: () => ({ recall: async () => null, note: () => undefined, forget: async () => undefined }),
      epoch: 1,
      ask: never,
      lookUpRoute: async () => ({ facts: [routeTo()], also: null }),
      ageOf: () => ({ known: () => null, learn: never }),
      later: put,
      allowSpecialUse: ['test'],
    },
  } as unknown as Services
  return { services, far, afterwards: () => later.splice(0).forEach((work) => void work()) }
}

function asked(email: string, id = 'ver_first'): AskedByKey {
  const request = { ...requestFor({ email }), id, mode: 'fast' as const, maxAgeS: 86_400 }
  const caller = {
    type: 'key',
    kind: 'sk_live',
    account: ACCOUNT,
    keyId: 'key_1',
    sha256: new Uint8Array(32),
    origins: [],
  } as const
  return { caller, request, wanted: { email, mode: 'fast' }, startedAt: START, ip: '192.0.2.7', entered: null }
}

const settings = {
  tier: 'standard',
  unlimited: false,
  when_out_of_credits: 'refuse',
  refuse_flags: [],
  flag_only: [],
  low_credits_at: null,
} as const

function copyWith(standing: Snapshot['standing'], ended: Record<string, number> = {}): Snapshot {
  const account = {
    id: ACCOUNT,
    name: 'x',
    settings: { ...settings, refuse_flags: [], flag_only: [] },
    standing,
    version: 1,
  }
  return snapshotOf({ ...account, createdAt: START, bought: 0, spent: 0, published: 1 }, ended, [])
}

describe('fast mode', () => {
  it.each([
    ['never heard of the account', null],
    ['knows that all is well', copyWith('good')],
  ])('answers while everything far is silent, where the isolate %s', async (_what, copy) => {
    const { services, far, afterwards } = silent(copy)
    const answered = await answerFast(asked('jane.roe@strict.test'), services)
    expect(answered).toMatchObject({ ok: true, verification: { reason: 'not_probed', cost: { units: 0.1 } } })
    // A copy that is missing is asked for beside the look-ups; nothing else begins before the answer is out.
    expect(far.filter((name) => name !== 'copy')).toEqual([])
    afterwards()
    expect(far.filter((name) => name !== 'copy').toSorted()).toEqual(['limit', 'queue', 'record'])
  })

  it('answers a repeat as free without asking anybody, and the same request again at the same price', async () => {
    const { services } = silent(copyWith('good'))
    const first = await answerFast(asked('jane.roe@strict.test'), services)
    const same = await answerFast(asked('jane.roe@strict.test'), services)
    const repeat = await answerFast(asked('jane.roe@strict.test', 'ver_second'), services)
    const whys = [first, same, repeat].map((one) => one.ok && one.verification.cost.why)
    expect(whys).toEqual(['fast', 'fast', 'repeat'])
  })

  it('refuses a key that the copy knows to have ended, before anything is looked up', async () => {
    const { services, far } = silent(copyWith('good', { key_1: START - 1 }))
    expect(await answerFast(asked('jane.roe@strict.test'), services)).toEqual({ ok: false, why: 'unauthenticated' })
    expect(far).toEqual([])
  })

  it.each(['strict', 'out'] as const)(
    'asks the account itself where it stands %s, beside the look-ups',
    async (standing) => {
      const { services, far } = silent(copyWith(standing))
      const answer = answerFast(asked('jane.roe@strict.test'), services)
      const soon = new Promise((resolve) => setTimeout(resolve, 50, 'still waiting'))
      expect(await Promise.race([answer, soon])).toBe('still waiting')
      expect(far).toEqual(['admit'])
    },
  )

  it('is limited by its own count at once, and by the platform’s word afterwards', async () => {
    const { services } = silent({ ...copyWith('good'), tier: 'trial' })
    const answers = []
    for (let at = 0; at < 25; at += 1) answers.push(await answerFast(asked(`person${at}@strict.test`), services))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(20)
    expect(answers.at(-1)).toMatchObject({ ok: false, why: 'too-fast', waitS: 10 })
  })
})
