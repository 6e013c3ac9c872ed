// Residency: an account belongs to one partition; its questions leave by that partition's lanes, and what is learned stays there.
import type { Verification } from '@postern/shared/contract/verification.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Opened, openAccount } from './accounts.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack(['--lanes', '2x1', '--partition', 'eu=eu-central-1'])
})
afterAll(() => stack.stop())

async function ask({ key }: Opened, email: string): Promise<Verification> {
  return (await call<Verification>(stack, key, { path: '/v1/verifications', body: { email } })).body
}

describe('a partition', () => {
  it('is part of the account’s name, and has its own lanes and evidence', async () => {
    const [here, there] = await Promise.all([
      openAccount(stack, { units: 10 }),
      openAccount(stack, { units: 10, partition: 'eu' }),
    ])
    expect([here.id, there.id].map((id) => id.split('_')[1])).toEqual(['default', 'eu'])
    const email = 'jane.roe@strict.test'
    const first = await ask(there, email)
    expect(first).toMatchObject({ status: 'deliverable', lane: 'eu-central-1-a', checks: { smtp: { state: 'asked' } } })
    const other = await ask(here, email)
    expect(other).toMatchObject({ status: 'deliverable', lane: 'us-east-1-a', checks: { smtp: { state: 'asked' } } })
    const again = await ask(there, email)
    expect(again).toMatchObject({ lane: 'eu-central-1-a', checks: { smtp: { state: 'cached' } } })
  })

  it('is asked from its own addresses only', async () => {
    const { id, key } = await openAccount(stack, { units: 50, partition: 'eu' })
    await fetch(`${stack.worldUrl()}/world/reset`, { method: 'POST' })
    const domains = ['multiline.test', 'callback.test', 'implicit.test', 'starttls.test', 'moved.test']
    const answers = await Promise.all(domains.map((domain) => ask({ id, key }, `jane.roe@${domain}`)))
    expect(new Set(answers.map(({ lane }) => lane))).toEqual(new Set(['eu-central-1-a']))
    const sessions = await stack.sessions()
    // Servers of the world call one another back, from addresses of theirs.
    const ours = sessions.map(({ source }) => source).filter((source) => source.startsWith('127.24.'))
    expect(ours.length).toBeGreaterThanOrEqual(domains.length)
    expect(new Set(ours)).toEqual(new Set([stack.lanes[0]?.address]))
  })

  it('that nobody configured gets no accounts', async () => {
    const body = { name: 'far away', partition: 'mars' }
    const refused = await call<{ errors: object[] }>(stack, stack.keys.ak, { path: '/v1/accounts', body })
    expect(refused.status).toBe(422)
    expect(refused.body.errors).toMatchObject([{ pointer: '/partition' }])
  })
})
