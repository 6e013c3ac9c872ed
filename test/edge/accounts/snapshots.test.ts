// The copies of accounts that an isolate remembers: never waited for, renewed when they are old, never set back.
import { describe, expect, it } from 'vitest'
import { readSnapshot, type Snapshot } from '../../../edge/src/accounts/snapshot.ts'
import { createSnapshots } from '../../../edge/src/accounts/snapshots.ts'

function copy(version: number, wish: Partial<Snapshot> = {}): Snapshot {
  const flags = { refuseFlags: [], flagOnly: [], patterns: [] }
  return { tier: 'trial', standing: 'good', whenOut: 'refuse', ...flags, ended: {}, version, ...wish }
}

/** A table whose answers a test gives when it likes, and a clock that it sets. */
function remembered() {
  const asked: { key: string; answer: (value: unknown) => void; fail: () => void }[] = []
  const clock = { now: 1_800_000_000_000 }
  const get = (key: string) =>
    new Promise((resolve, reject) => {
      asked.push({ key, answer: resolve, fail: () => reject(new Error('KV is not there')) })
    })
  const snapshots = createSnapshots({ get } as never, () => clock.now)
  const left: Promise<unknown>[] = []
  const peek = (account = 'acc_a') =>
    snapshots.peek(account, (work) => {
      left.push(work().catch(() => null))
    })
  /** Answers the oldest question that is open. */
  const answer = async (value: unknown): Promise<void> => {
    asked.shift()?.answer(value)
    await Promise.all(left.splice(0, 1))
  }
  const fail = async (): Promise<void> => {
    asked.shift()?.fail()
    await Promise.all(left.splice(0, 1))
  }
  return { peek, answer, fail, asked, clock }
}

describe('the last known copy', () => {
  it('is nothing before KV has answered, and is not waited for', async () => {
    const { peek, answer, asked } = remembered()
    expect([peek(), peek()]).toEqual([null, null])
    expect(asked.map(({ key }) => key)).toEqual(['account/acc_a'])
    await answer(copy(1))
    expect(peek()).toEqual(copy(1))
  })

  it('is asked for again when it is older than five seconds, and used meanwhile', async () => {
    const { peek, answer, asked, clock } = remembered()
    peek()
    await answer(copy(1))
    clock.now += 5_000
    expect([peek(), asked.length]).toEqual([copy(1), 0])
    clock.now += 1
    expect([peek(), peek(), asked.length]).toEqual([copy(1), copy(1), 1])
    await answer(copy(2, { standing: 'out' }))
    expect(peek()).toEqual(copy(2, { standing: 'out' }))
  })

  it('is asked for again too where the clock jumped back', async () => {
    const { peek, answer, asked, clock } = remembered()
    peek()
    await answer(copy(1))
    clock.now -= 3_600_000
    peek()
    expect(asked).toHaveLength(1)
  })

  it.each<[string, unknown]>([
    ['an older version', copy(2)],
    ['nothing', null],
    ['something else', { tier: 'emperor' }],
    ['a copy without its version', { ...copy(3), version: undefined }],
  ])('stays where KV then has %s', async (_what, value) => {
    const { peek, answer, clock } = remembered()
    peek()
    await answer(copy(3, { ended: { key_1: 5 } }))
    clock.now += 6_000
    peek()
    await answer(value)
    expect(peek()).toEqual(copy(3, { ended: { key_1: 5 } }))
  })

  it('is the newest whatever the order in which two answers come', async () => {
    const { peek, answer, asked, clock } = remembered()
    peek()
    clock.now += 6_000
    peek()
    const [first] = asked.splice(0, 1)
    await Promise.resolve(asked[0]!.answer(copy(2)))
    first!.answer(copy(1))
    asked.length = 0
    await answer(null)
    await answer(null)
    expect(peek()).toEqual(copy(2))
  })

  it('stays where KV fails, and is asked for again after five seconds, not before', async () => {
    const { peek, answer, fail, asked, clock } = remembered()
    peek()
    await answer(copy(1))
    clock.now += 6_000
    peek()
    await fail()
    expect([peek(), asked.length]).toEqual([copy(1), 0])
    clock.now += 6_000
    expect([peek(), asked.length]).toEqual([copy(1), 1])
  })

  it('of one account is not that of another', async () => {
    const { peek, answer } = remembered()
    peek('acc_a')
    await answer(copy(1))
    expect(peek('acc_b')).toBeNull()
    await answer(copy(7))
    expect([peek('acc_a'), peek('acc_b')]).toEqual([copy(1), copy(7)])
  })

  it('is forgotten after two thousand others that were renewed since, the oldest first', async () => {
    const { peek, answer, clock } = remembered()
    const renew = async (at: number) => {
      peek(`acc_${at}`)
      await answer(copy(at + 1))
    }
    for (let at = 0; at < 2_000; at += 1) await renew(at)
    clock.now += 6_000
    await renew(0)
    await renew(2_000)
    expect([peek('acc_0'), peek('acc_1'), peek('acc_2'), peek('acc_2000')]).toEqual([
      copy(1),
      null,
      copy(3),
      copy(2_001),
    ])
  })
})

describe('a copy', () => {
  it('is read as it was written', () => {
    const written = copy(9, { tier: 'high', standing: 'strict', refuseFlags: ['role'], ended: { key_1: 1 } })
    expect(readSnapshot(JSON.parse(JSON.stringify(written)))).toEqual(written)
  })

  it.each([null, '', 'good', 1, [], {}, { ...copy(1), standing: 'great' }, { ...copy(1), ended: { key_1: 'soon' } }])(
    'is nothing where it is %o',
    (value) => {
      expect(readSnapshot(value)).toBeNull()
    },
  )
})
