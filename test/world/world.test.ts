// The world as a whole: lanes get their names, another process can watch, what starts also ends, and the data is in order.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { domains } from './domains.ts'
import { reportRow, tableRow } from './table-row.ts'
import { dial, dialForRcpt, SENDER } from './scripted-client.ts'
import { get, lookUp, question } from './stub-resolver.ts'
import { worldTruth } from './truth.ts'
import { startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

describe('a lane', () => {
  test('has names that agree, SPF and a sender with an MX', async () => {
    const ehlo = 'a1.eu-central-1.probe.test'
    expect((await lookUp(world, ehlo, 'A')).rcode).toBe('NXDOMAIN')
    world.addLane({ ehlo, address: '127.24.0.1', sender: SENDER })
    world.addLane({ ehlo, address: '127.24.0.1', sender: SENDER })
    const data = async (name: string, type: string) =>
      (await lookUp(world, name, type)).answers.map((answer) => answer.data)
    expect(await data(ehlo, 'A')).toEqual(['127.24.0.1'])
    expect(await data('1.0.24.127.in-addr.arpa', 'PTR')).toEqual([ehlo])
    expect(String(await data(ehlo, 'TXT'))).toBe('v=spf1 ip4:127.24.0.1 -all')
    expect(await data(ehlo, 'MX')).toEqual([{ preference: 10, exchange: 'mx.probe.test' }])
  })

  test('may share its sender domain with others', async () => {
    for (const [ehlo, address] of [
      ['b1.probe.test', '127.24.1.1'],
      ['b2.probe.test', '127.24.1.2'],
    ] as const) {
      world.addLane({ ehlo, address, sender: 'probe@shared.probe.test' })
    }
    expect(String((await lookUp(world, 'shared.probe.test', 'TXT')).answers[0]?.data)).toBe(
      'v=spf1 ip4:127.24.1.1 ip4:127.24.1.2 -all',
    )
    expect(String((await lookUp(world, 'b1.probe.test', 'TXT')).answers[0]?.data)).toBe('v=spf1 ip4:127.24.1.1 -all')
    const client = await dialForRcpt(world, 'mx.probe.test')
    expect(await client.say('RCPT TO:<probe@shared.probe.test>')).toMatch(/^250 /)
    await client.hangUp()
  })
})

describe('what befalls a lane', () => {
  const lane = { ehlo: 'c1.probe.test', address: '127.24.2.1', sender: 'probe@c1.probe.test' }
  const entry = '1.2.24.127.dnsbl.test'
  const reverse = '1.2.24.127.in-addr.arpa'

  test('the block list has its test entry and nobody else (RFC 5782 §5)', async () => {
    world.addLane(lane)
    expect((await lookUp(world, '2.0.0.127.dnsbl.test', 'A')).answers.map(({ data }) => data)).toEqual(['127.0.0.2'])
    expect((await lookUp(world, '2.0.0.127.dnsbl.test', 'TXT')).answers).toHaveLength(1)
    for (const name of ['1.0.0.127.dnsbl.test', entry]) expect((await lookUp(world, name)).rcode).toBe('NXDOMAIN')
  })

  test('it can be listed, and is gone from the list as if it had never been there', async () => {
    world.list(lane.address)
    expect((await lookUp(world, entry)).answers.map(({ data }) => data)).toEqual(['127.0.0.2'])
    world.unlist(lane.address)
    expect((await lookUp(world, entry)).rcode).toBe('NXDOMAIN')
    expect((await lookUp(world, '2.0.0.127.dnsbl.test')).answers).toHaveLength(1)
  })

  test('it can lose its name, until it is added again', async () => {
    world.loseName(lane.address)
    expect((await lookUp(world, reverse, 'PTR')).rcode).toBe('NXDOMAIN')
    world.addLane(lane)
    expect((await lookUp(world, reverse, 'PTR')).answers.map(({ data }) => data)).toEqual([lane.ehlo])
  })

  test('its sender can be refused, or have nobody at home', async () => {
    const rcpt = async () => {
      const client = await dialForRcpt(world, 'mx.probe.test')
      const said = await client.say(`RCPT TO:<${lane.sender}>`)
      await client.hangUp()
      return said.slice(0, 3)
    }
    expect(await rcpt()).toBe('250')
    world.setSender(lane.sender, 'unknown')
    expect(await rcpt()).toBe('550')
    world.neverAtHome(lane.ehlo)
    expect((await lookUp(world, lane.ehlo, 'MX')).answers.map(({ data }) => data)).toEqual([
      { preference: 10, exchange: 'mx.dead.test' },
    ])
  })

  test('records can be put, several of a kind at once', async () => {
    world.putRecord('many.test. A 127.25.1.1', 'many.test. A 127.25.1.2')
    expect((await lookUp(world, 'many.test')).answers).toHaveLength(2)
    world.putRecord('many.test. A 127.25.1.3')
    expect((await lookUp(world, 'many.test')).answers.map(({ data }) => data)).toEqual(['127.25.1.3'])
  })
})

describe('the window for other processes', () => {
  const call = (path: string, method = 'GET') => fetch(new URL(`/world/${path}`, world.dohUrl), { method })

  test('200: what happened can be read, cleared, and the clock moved', async () => {
    await (await dialForRcpt(world, 'mx.strict.test')).hangUp()
    expect(await (await call('sessions')).json()).toEqual(world.sessions())
    expect(await (await call('violations')).json()).toEqual(world.violations())
    expect(await (await call('queries')).json()).toEqual(world.queries())
    expect((await call('reset', 'POST')).status).toBe(200)
    expect(await (await call('sessions')).json()).toEqual([])
    const before = await dialForRcpt(world, 'mx.greylist-long.test')
    expect(await before.say('RCPT TO:<jane.roe@greylist-long.test>')).toMatch(/^451 /)
    await before.hangUp()
    expect(await (await call('advance?ms=300000', 'POST')).json()).toEqual({ advanced: 300_000 })
    const after = await dialForRcpt(world, 'mx.greylist-long.test')
    expect(await after.say('RCPT TO:<jane.roe@greylist-long.test>')).toMatch(/^250 /)
    await after.hangUp()
  })

  test.each([
    ['advance?ms=1', 'GET', 405],
    ['sessions', 'POST', 405],
    ['advance', 'POST', 400],
    ['advance?ms=-1', 'POST', 400],
    ['advance?ms=soon', 'POST', 400],
    ['weather', 'GET', 404],
    ['sessions/1', 'GET', 404],
  ])('%s by %s is %i', async (path, method, status) => {
    expect((await call(path, method)).status).toBe(status)
  })
})

describe('the end', () => {
  test('close ends conversations, questions and delays, and lets the process go', async () => {
    const questions = ['dns-hang.test', 'dns-slow.test'].map((name) => question(name, 'MX').toString('base64url'))
    const code = `
      import { startWorld } from ${JSON.stringify(new URL('world.ts', import.meta.url).href)}
      import { connect } from 'node:net'
      const world = await startWorld()
      const open = ${JSON.stringify(questions)}.map((dns) => fetch(world.dohUrl + '?dns=' + dns).catch(() => 'cut'))
      const socket = connect({ host: '127.25.1.1', port: world.smtpPort })
      await new Promise((ready) => socket.once('data', ready))
      const gone = new Promise((done) => socket.once('close', done).resume())
      await world.close()
      await gone
      process.stdout.write((await Promise.all(open)).join(' ') + ' ' + world.sessions()[0].closedBy)
    `
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { timeout: 5_000 })
    expect((await run).stdout).toBe('cut cut world')
  })

  test('worlds do not meet: two at a time, and one after the other', async () => {
    const [one, other] = await Promise.all([startWorld(), startWorld()])
    expect(one.smtpPort).not.toBe(other.smtpPort)
    const client = await dial(one, 'mx.strict.test')
    await client.reply()
    await one.close()
    await client.untilClosed()
    expect(one.sessions()).toMatchObject([{ closedBy: 'world' }])
    expect(other.sessions()).toEqual([])
    await expect(get(one, question('strict.test', 'MX'))).rejects.toThrow()
    await other.close()
  })

  test('a start takes less than 300 ms', async () => {
    const started = performance.now()
    const third = await startWorld()
    expect(performance.now() - started).toBeLessThan(300)
    await third.close()
  })
})

describe('the data', () => {
  test('names at least 45 domains, once each, under .test', () => {
    const names = domains.map(({ domain }) => domain)
    expect(names.length).toBeGreaterThanOrEqual(45)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+\.test$/)
  })

  test('promises truths without contradiction', () => {
    const addresses = worldTruth().map(({ address }) => address)
    expect(new Set(addresses).size).toBe(addresses.length)
    expect(world.truth).toEqual(worldTruth())
    expect(worldTruth()).toContainEqual({
      address: 'jörg@bücher.test',
      status: 'deliverable',
      reason: 'mailbox_accepted',
      level: 'confirmed',
      waitMs: null,
    })
  })

  test('is what the tables in the README say', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
    const rows = readme.split('\n').filter((line) => line.startsWith('| `'))
    const asked = domains.filter(({ boxes }) => boxes !== undefined)
    const reported = domains.filter(({ findings }) => findings !== undefined)
    expect([...asked, ...reported].length).toBeGreaterThanOrEqual(domains.length)
    expect(rows).toEqual([...asked.map((row) => tableRow(row)), ...reported.map((row) => reportRow(row))])
  })
})
