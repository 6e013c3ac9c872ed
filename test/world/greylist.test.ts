// Greylisting remembers source address, sender and recipient together, and reads the world's clock.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dial, dialForRcpt } from './scripted-client.ts'
import { startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  const frozen = Date.UTC(2026, 0, 1)
  world = await startWorld({ clock: () => frozen })
})
afterAll(() => world.close())

async function visit(recipient: string, source = '127.24.0.1'): Promise<string> {
  const client = await dialForRcpt(world, `mx.${recipient.split('@')[1]}`, source)
  const reply = await client.say(`RCPT TO:<${recipient}>`)
  await client.hangUp()
  return reply
}

test('the delay is named, shrinks as time passes, and ends', async () => {
  expect(await visit('jane.roe@greylist.test')).toBe('451 4.7.1 Greylisted, try again in 1 seconds')
  world.advance(999)
  expect(await visit('jane.roe@greylist.test')).toBe('451 4.7.1 Greylisted, try again in 1 seconds')
  world.advance(1)
  expect(await visit('jane.roe@greylist.test')).toBe('250 2.1.5 Recipient OK')

  expect(await visit('jane.roe@greylist-long.test')).toBe('451 4.7.1 Greylisted, try again in 300 seconds')
  world.advance(240_000)
  expect(await visit('jane.roe@greylist-long.test')).toBe('451 4.7.1 Greylisted, try again in 60 seconds')
  world.advance(60_000)
  expect(await visit('jane.roe@greylist-long.test')).toBe('250 2.1.5 Recipient OK')
})

test('the delay may go unnamed', async () => {
  expect(await visit('jane.roe@greylist-silent.test')).toBe('451 4.7.1 Greylisted for now')
  world.advance(120_000)
  expect(await visit('jane.roe@greylist-silent.test')).toBe('250 2.1.5 Recipient OK')
})

test('another address, another recipient and another sender start anew', async () => {
  expect(await visit('jane.roe@greylist-long.test', '127.24.0.2')).toMatch(/^451 /)
  expect(await visit('nina.falk@greylist-long.test')).toMatch(/^451 /)
  const client = await dial(world, 'mx.greylist-long.test')
  await client.reply()
  await client.sayAll('EHLO a1.probe.test', 'MAIL FROM:<other@probe.test>')
  expect(await client.say('RCPT TO:<jane.roe@greylist-long.test>')).toMatch(/^451 /)
  await client.hangUp()
  expect(await visit('jane.roe@greylist-long.test')).toMatch(/^250 /)
})

test('strangers are put off as well or refused at once, as the domain has it; postmaster never waits', async () => {
  expect(await visit('whoever@greylist.test')).toMatch(/^550 5\.1\.1 /)
  expect(await visit('whoever@greylist-long.test')).toMatch(/^451 /)
  expect(await visit('postmaster@greylist-long.test')).toMatch(/^250 /)
  world.advance(300_000)
  expect(await visit('whoever@greylist-long.test')).toMatch(/^550 5\.1\.1 /)
})

test('a reset forgets every visit', async () => {
  world.reset()
  expect(await visit('jane.roe@greylist.test')).toMatch(/^451 /)
})
