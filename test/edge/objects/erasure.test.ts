// What is erased stays erased: where it waits, where it lies, and while it is on the way between.
import { describe, expect, it } from 'vitest'
import { account, DAY, type Given, newId, objects, rebind, recordOf, ring, settlement, standingClock } from './given.ts'

standingClock()

const JANE = 'jane-current'

async function answer({ stub }: Given, address = JANE, id = newId()): Promise<string> {
  const record = recordOf(id, { address, record: JSON.stringify({ email: 'jane@strict.test' }) })
  await stub.settle({ settlement: settlement({ id, address: [address] }), record })
  return id
}

async function kindOf({ id: account }: Given, id: string): Promise<string> {
  return (await objects.recordsOf(account, 'live', id).find(id, Date.now())).kind
}

describe('an erasure', () => {
  it('takes address and content from a record that waits, which arrives as gone', async () => {
    const given = await account(10)
    const id = await answer(given)
    expect(await given.stub.erase([JANE])).toBe(1)
    expect(await given.stub.waitingById(id)).toMatchObject({ address: '', record: '' })
    await ring(given.stub)
    expect(await kindOf(given, id)).toBe('gone')
    expect(await given.stub.waiting()).toEqual([])
  })

  it('takes them from a record that lies in the object of its day', async () => {
    const given = await account(10)
    const id = await answer(given)
    await ring(given.stub)
    expect(await given.stub.erase([JANE])).toBe(0)
    expect(await objects.recordsOf(given.id, 'live', id).erase([JANE])).toBe(1)
    expect(await kindOf(given, id)).toBe('gone')
  })

  it('takes them from a record that is just being moved', async () => {
    const given = await account(10)
    const id = await answer(given)
    // Erased after the alarm has read the record, and before it arrives: the arriving one does not know of it.
    await rebind(given.stub, (instance) => ({
      RECORDS: {
        getByName: (name: string) => ({
          keep: async (rows: never) => {
            await instance.erase([JANE])
            await objects.records(given.id, 'live', name.split('/')[2]!).keep(rows)
          },
        }),
      },
    }))
    await ring(given.stub)
    expect(await kindOf(given, id)).toBe('gone')
    expect(await given.stub.waiting()).toEqual([])
  })

  it('is of the address that is named, under every secret in use, and of no other', async () => {
    const given = await account(10)
    const [old, current, other] = [await answer(given, 'jane-old'), await answer(given), await answer(given, 'joe')]
    expect(await given.stub.erase([JANE, 'jane-old'])).toBe(2)
    await ring(given.stub)
    const kinds = await Promise.all([old, current, other].map((id) => kindOf(given, id)))
    expect(kinds).toEqual(['gone', 'gone', 'found'])
  })

  it('finds nothing a second time', async () => {
    const given = await account(10)
    await answer(given)
    expect([await given.stub.erase([JANE]), await given.stub.erase([JANE])]).toEqual([1, 0])
  })

  it('forgets that the address was paid for: the next question is paid for again', async () => {
    const given = await account(10)
    await answer(given)
    await given.stub.erase([JANE])
    const [cost] = await given.stub.settleMany([settlement({ address: [JANE] })])
    expect(cost!.why).toBe('confirmed')
  })

  it('changes nothing of what was counted', async () => {
    const given = await account(10)
    const id = await answer(given)
    await given.stub.erase([JANE])
    await given.stub.settleMany([settlement({ id, address: [JANE] })])
    expect(await given.stub.usage('2099-05-01', '2099-05-01')).toMatchObject([{ count: 1, units: 1 }])
    expect((await given.stub.describe())!.balance.spent).toBe(1)
  })

  it('is not undone by the charge that comes again with its record, waiting or moved', async () => {
    const given = await account(10)
    const id = await answer(given)
    await given.stub.erase([JANE])
    await answer(given, JANE, id)
    expect(await given.stub.waitingById(id)).toMatchObject({ record: '' })
    await ring(given.stub)
    await answer(given, JANE, id)
    await ring(given.stub)
    expect(await kindOf(given, id)).toBe('gone')
  })

  it('does not take what has no address for what was named', async () => {
    const given = await account(10)
    const id = newId()
    await given.stub.settle({ settlement: settlement({ id }), record: recordOf(id) })
    await ring(given.stub)
    expect(await objects.recordsOf(given.id, 'live', id).erase([''])).toBe(0)
    expect(await kindOf(given, id)).toBe('found')
  })

  it('reaches each day on its own', async () => {
    const given = await account(10)
    const [today, yesterday] = [await answer(given), await answer(given, JANE, newId(Date.now() - DAY))]
    await ring(given.stub)
    await objects.recordsOf(given.id, 'live', yesterday).erase([JANE])
    expect([await kindOf(given, today), await kindOf(given, yesterday)]).toEqual(['found', 'gone'])
  })
})
