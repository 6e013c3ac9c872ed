// The copy in KV that the fast path reads: what it says after each change, and that it never falls behind for good.
import { env } from 'cloudflare:workers'
import { USUAL_SETTINGS } from '@postern/shared/contract/account.ts'
import { describe, expect, it } from 'vitest'
import { listDirectory } from '../../../edge/src/accounts/directory.ts'
import type { Snapshot } from '../../../edge/src/accounts/snapshot.ts'
import {
  account,
  copyOf,
  type Given,
  HOUR,
  newKey,
  newName,
  objects,
  pass,
  rebind,
  ring,
  settlement,
  standingClock,
  replaceKey,
} from './given.ts'

standingClock()

const configured = (given: Given, settings: Partial<typeof USUAL_SETTINGS>) =>
  given.stub.configure({ name: 'Jane', ...USUAL_SETTINGS, ...settings })

async function published({ stub }: Given): Promise<boolean> {
  const { version, published } = (await stub.describe())!.profile
  return published === version
}

describe('the copy of an account', () => {
  it('is there once the account is made, under its name', async () => {
    const id = newName()
    const stub = objects.account(id)
    await stub.create({ id, name: 'Jane Roe', settings: USUAL_SETTINGS })
    expect(await env.SNAPSHOTS.getWithMetadata(`account/${id}`, { type: 'json' })).toMatchObject({
      value: { tier: 'trial', standing: 'out', whenOut: 'refuse', refuseFlags: [], ended: {} },
      metadata: { name: 'Jane Roe', created_at: Date.now() },
    })
  })

  it.each<[string, (given: Given) => Promise<unknown>, (given: Given) => Partial<Snapshot>]>([
    ['the tier', (given) => configured(given, { tier: 'high' }), () => ({ tier: 'high' })],
    [
      'the flags that are refused',
      (given) => configured(given, { refuse_flags: ['role'] }),
      () => ({ refuseFlags: ['role'] }),
    ],
    [
      'what is done without credit',
      (given) => configured(given, { when_out_of_credits: 'free' }),
      () => ({ whenOut: 'free' }),
    ],
    ['that there is no limit', (given) => configured(given, { unlimited: true }), () => ({ standing: 'good' })],
    [
      'a purchase that changes the standing',
      ({ stub }) => stub.buy({ reference: 'second', units: 100, note: '', at: 0 }),
      () => ({ standing: 'good' }),
    ],
    ['a revocation', ({ stub, key }) => stub.revoke(key.id), ({ key }) => ({ ended: { [key.id]: Date.now() } })],
    [
      'the end of a key that was replaced',
      ({ stub, key }) => replaceKey({ stub }, key.id, Date.now() + HOUR),
      ({ key }) => ({ ended: { [key.id]: Date.now() + HOUR } }),
    ],
  ])('tells %s as soon as the change is answered', async (_what, change, told) => {
    const given = await account()
    const before = (await copyOf(given))!.version
    await change(given)
    expect(await copyOf(given)).toMatchObject(told(given))
    expect((await copyOf(given))!.version).toBeGreaterThan(before)
  })

  it('tells the end of a key that was made to end, and nothing of those that were not', async () => {
    const given = await account()
    const { stored } = await newKey({ expiresAt: Date.now() + HOUR })
    await given.stub.addKey(stored)
    expect((await copyOf(given))!.ended).toEqual({ [stored.id]: Date.now() + HOUR })
  })

  it('tells the earliest of the ends of a key and its revocation', async () => {
    const given = await account()
    const start = Date.now()
    const { key, stored } = await newKey({ expiresAt: start + 3 * HOUR })
    await given.stub.addKey(stored)
    await replaceKey(given, key.id, start + 4 * HOUR)
    expect((await copyOf(given))!.ended).toEqual({ [key.id]: start + 3 * HOUR })
    pass(HOUR)
    await given.stub.revoke(key.id)
    expect((await copyOf(given))!.ended).toEqual({ [key.id]: start + HOUR })
  })

  it('tells an end that was before the revocation', async () => {
    const given = await account()
    const end = Date.now() + HOUR
    await replaceKey(given, given.key.id, end)
    pass(2 * HOUR)
    await given.stub.revoke(given.key.id)
    expect((await copyOf(given))!.ended).toEqual({ [given.key.id]: end })
  })

  it('tells a standing that fell while an answer was counted, at the latest when the alarm has rung', async () => {
    const given = await account(1)
    await given.stub.settleMany([settlement()])
    await ring(given.stub)
    expect(await copyOf(given)).toMatchObject({ standing: 'out' })
  })

  it('is not written where nothing changed that the fast path has to know', async () => {
    const given = await account(100)
    const { version } = (await copyOf(given))!
    await env.SNAPSHOTS.put(`account/${given.id}`, 'as it was left')
    await given.stub.settleMany([settlement()])
    await given.stub.buy({ reference: 'second', units: 1, note: '', at: 0 })
    await ring(given.stub)
    expect(await env.SNAPSHOTS.get(`account/${given.id}`)).toBe('as it was left')
    expect((await given.stub.describe())!.profile.version).toBe(version)
  })

  it('is written anew now and then, for KV may have lost it', async () => {
    const given = await account(100)
    await ring(given.stub)
    await env.SNAPSHOTS.delete(`account/${given.id}`)
    pass(6 * HOUR)
    await ring(given.stub)
    expect(await copyOf(given)).toMatchObject({ standing: 'good' })
  })

  it('that could not be written fails nobody, and is written by the alarm, which is set before the attempt', async () => {
    const given = await account(100)
    await ring(given.stub)
    let setBefore: number | null = null
    await rebind(given.stub, (_, { storage }) => ({
      SNAPSHOTS: {
        put: async () => {
          setBefore = await storage.getAlarm()
          throw new Error('KV is not there')
        },
      },
    }))
    expect(await given.stub.revoke(given.key.id)).toMatchObject({ revokedAt: Date.now() })
    expect(setBefore).toBe(Date.now() + 1_000)
    expect(await published(given)).toBe(false)
    await rebind(given.stub)
    expect(await ring(given.stub)).toBe(true)
    expect((await copyOf(given))!.ended).toEqual({ [given.key.id]: Date.now() })
    expect(await published(given)).toBe(true)
  })

  it('is written one version after the other, each once, so that an older one never lands behind a newer one', async () => {
    const given = await account(100)
    await ring(given.stub)
    const written: number[] = []
    let underWay = 0
    let most = 0
    await rebind(given.stub, () => ({
      SNAPSHOTS: {
        put: async (_: string, text: string) => {
          underWay += 1
          most = Math.max(most, underWay)
          await scheduler.wait(1)
          written.push((JSON.parse(text) as Snapshot).version)
          underWay -= 1
        },
      },
    }))
    const { stub, key } = given
    await Promise.all([
      stub.revoke(key.id),
      configured(given, { tier: 'high' }),
      stub.buy({ reference: 'second', units: -100, note: '', at: 0 }),
      replaceKey(given, key.id, Date.now()),
    ])
    expect(most).toBe(1)
    expect(written).toEqual([...new Set(written)].toSorted((one, other) => one - other))
    expect(written.at(-1)).toBe((await stub.describe())!.profile.version)
  })

  it('is one of those that the directory lists, whose names are at most a hundred characters', async () => {
    const id = newName()
    await objects.account(id).create({ id, name: 'n'.repeat(100), settings: USUAL_SETTINGS })
    const { accounts, cursor } = await listDirectory(env.SNAPSHOTS, undefined, 1_000)
    expect(accounts.find((one) => one.id === id)).toEqual({ id, name: 'n'.repeat(100), createdAt: Date.now() })
    expect(cursor).toBeNull()
  })
})

describe('the directory', () => {
  it('gives each account once, page by page', async () => {
    const made = [await account(), await account(), await account()].map(({ id }) => id)
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await listDirectory(env.SNAPSHOTS, cursor, 2)
      expect(page.accounts.length).toBeLessThanOrEqual(2)
      found.push(...page.accounts.map(({ id }) => id))
      cursor = page.cursor ?? undefined
    } while (cursor !== undefined)
    expect(new Set(found).size).toBe(found.length)
    expect(found).toEqual(expect.arrayContaining(made))
  })
})

describe('an account', () => {
  it('that is made twice is the first one', async () => {
    const given = await account(10)
    const view = await given.stub.create({
      id: given.id,
      name: 'another',
      settings: { ...USUAL_SETTINGS, tier: 'high' },
    })
    expect(view.profile).toMatchObject({ name: 'Jane', settings: { tier: 'trial' }, bought: 10_000 })
  })

  it('that was never made is nothing, and stays nothing when it is asked', async () => {
    const stub = objects.account(newName())
    expect(await stub.describe()).toBeNull()
    await stub.admit({ key: (await newKey()).key, operator: false, policy: 'full', wanted: null })
    expect(await stub.describe()).toBeNull()
  })
})
