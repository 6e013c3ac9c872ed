// One account's long list beside another's short one, and beside somebody who waits: neither has to wait for it.
import type { BatchBody } from '@postern/shared/contract/batch.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ended, send } from '../bench/batch/client.ts'
import { type MailSide, startMail } from '../bench/batch/mail.ts'
import { zipfList } from '../bench/batch/zipf-list.ts'
import { call, openAccount } from './accounts.ts'
import { startStack, type Stack } from './stack.ts'

let mail: MailSide
let stack: Stack
beforeAll(async () => {
  mail = await startMail()
  const own = ['--doh', mail.dohUrl, '--smtp-port', String(mail.smtpPort), '--allow-loopback-mx']
  stack = await startStack([...own, '--lanes', '1x1', '--hurry', '30'])
})
afterAll(async () => {
  await stack.stop()
  mail.stop()
})

describe('while a list of thousands is asked about', () => {
  it('ten rows of another account are done in seconds, and who waits is answered', async () => {
    const long = { url: stack.url, key: stack.keys.sk_live }
    const list = zipfList({ addresses: 3_000, domains: 120, goneEvery: 100 })
    const { id } = await send(long, `email\n${list.map(({ email }) => email).join('\n')}\n`)
    const look = async () => (await call<BatchBody>(stack, long.key, { path: `/v1/batches/${id}` })).body
    await expect.poll(async () => (await look()).done, { timeout: 40_000 }).toBeGreaterThan(0)

    const { key } = await openAccount(stack, { units: 100 })
    const short = { url: stack.url, key }
    const startedAt = Date.now()
    const ten = Array.from({ length: 10 }, (_, n) => `jane${n}@d${150 + n}.batch.test`)
    const batch = await send(short, ten.join('\n'))
    const answer = await stack.verify('jane1@d170.batch.test')
    expect(answer).toMatchObject({ status: 'deliverable', reason: 'mailbox_accepted' })
    expect(await ended(short, batch.id, { withinMs: 20_000 })).toMatchObject({ by_reason: { mailbox_accepted: 10 } })
    expect(Date.now() - startedAt).toBeLessThan(8_000)
    expect((await look()).finished_at).toBeNull()
    // Three thousand rows are read and looked up before the first is asked about.
  }, 90_000)
})
