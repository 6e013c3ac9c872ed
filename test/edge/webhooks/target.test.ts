// Where webhooks may be sent: URLs that can be named, and names whose addresses are all public.
import { type Cidr, parseCidr } from '@postern/shared/dns/ip.ts'
import { describe, expect, it } from 'vitest'
import { targetProblem, targetRefusal } from '../../../edge/src/webhooks/target.ts'
import { createResolve } from '../../../edge/src/dns/doh.ts'
import { createStandings } from '../../../edge/src/dns/standing.ts'
import { limitConnections } from '../../../edge/src/http/connections.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DohServer, startDoh } from '../dns/doh-server.ts'

const DESK: readonly Cidr[] = ['127.0.0.0/8', '::1/128', '10.0.0.0/8'].map((text) => parseCidr(text)!)

describe('a URL', () => {
  it.each([
    'https://shop.example/postern',
    'https://shop.example:443/',
    'https://shop.example:8443/?a=b',
    'https://hooks.shop.example.:1024',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]:4443/',
  ])('%s can be named', (url) => {
    expect(targetProblem(url, [])).toBeNull()
  })

  it.each([
    ['http://shop.example/', 'is not https'],
    ['ftp://shop.example/', 'is not https'],
    ['shop.example/postern', 'is no URL'],
    ['', 'is no URL'],
    [`https://shop.example/${'x'.repeat(2_000)}`, 'is no URL'],
    ['https://jane@shop.example/', 'has credentials'],
    ['https://:secret@shop.example/', 'has credentials'],
    ['https://shop.example:80/', 'has a port below 1024'],
    ['https://shop.example:25/', 'has a port below 1024'],
    ['https://localhost/', 'has a host that is no public name'],
    ['https://localhost.:8443/', 'has a host that is no public name'],
    ['https://127.0.0.1/', 'is an address that is not globally reachable'],
    ['https://127.1/', 'is an address that is not globally reachable'],
    ['https://0x7f000001/', 'is an address that is not globally reachable'],
    ['https://2130706433/', 'is an address that is not globally reachable'],
    ['https://0177.0.0.1/', 'is an address that is not globally reachable'],
    ['https://10.1.2.3/', 'is an address that is not globally reachable'],
    ['https://169.254.169.254/latest', 'is an address that is not globally reachable'],
    ['https://[::1]/', 'is an address that is not globally reachable'],
    ['https://[::ffff:127.0.0.1]/', 'is an address that is not globally reachable'],
    ['https://[fd00::1]/', 'is an address that is not globally reachable'],
    ['http://127.0.0.1:8080/', 'is not https'],
  ])('%s cannot: it %s', (url, problem) => {
    expect(targetProblem(url, [])).toContain(problem)
  })
})

describe('a run on a desk', () => {
  it.each(['http://127.0.0.1:8080/hook', 'https://127.0.0.1:8080/', 'http://[::1]:8080/', 'http://127.1:8080/'])(
    'sends to %s',
    (url) => {
      expect(targetProblem(url, DESK)).toBeNull()
    },
  )

  it.each([
    ['http://127.0.0.1/', 'has a port below 1024'],
    ['http://127.0.0.1:25/', 'has a port below 1024'],
    ['http://8.8.8.8:8080/', 'is not https'],
    ['http://10.0.0.1:8080/', 'is not https'],
    ['http://localhost:8080/', 'is not https'],
    ['http://shop.example:8080/', 'is not https'],
    ['https://10.0.0.1/', 'is an address that is not globally reachable'],
  ])('does not send to %s: it %s', (url, problem) => {
    expect(targetProblem(url, DESK)).toContain(problem)
  })
})

describe('who is refused', () => {
  const WORLD = [parseCidr('127.24.0.0/16')!]

  it('is told to use https, and nothing of desks where there is none', () => {
    expect(targetProblem('http://shop.example/', [])).toBe('is not https: use an https URL')
    expect(targetProblem('https://127.0.0.1:8080/', [])).toMatch(/: use a public one$/)
  })

  it.each(['http://127.0.0.1:8080/', 'https://127.0.0.1:8080/', 'http://localhost:8080/', 'http://shop.example/'])(
    'on a desk is told how %s could be had there',
    (url) => {
      expect(targetProblem(url, WORLD)).toContain('http://127.0.0.1:PORT, by number')
      expect(targetProblem(url, WORLD)).toContain('npm start -- --allow-loopback-mx')
    },
  )
})

const ZONE = [
  'public A 8.8.8.8',
  'public AAAA 2606:4700::1111',
  'old A 8.8.8.8',
  'new AAAA 2606:4700::1111',
  'private A 10.0.0.1',
  'mixed A 8.8.8.8',
  'mixed AAAA fd00::1',
  'two A 8.8.8.8',
  'two A 127.0.0.1',
  'desk A 127.0.0.1',
  'half A 8.8.8.8',
  'empty TXT "nothing here"',
]

/** What is said of `https://<host>.test/`, as a resolver tells it. */
async function refusalOf(host: string, loopback: readonly Cidr[] = [], doh?: DohServer) {
  const server = doh ?? (await startDoh('doh', { zone: ZONE }))
  const ports = { standings: createStandings(Date.now), connect: limitConnections(), now: Date.now, sleep }
  const resolve = createResolve({ ...ports, resolvers: [server.resolver] })
  const refusal = await targetRefusal(`https://${host}.test/`, { resolve, loopback, now: Date.now })
  await server.close()
  return { refusal, asked: server.asked.length }
}

describe('a name', () => {
  it.each([
    ['public', null],
    ['old', null],
    ['new', null],
    ['private', 'not_public'],
    ['mixed', 'not_public'],
    ['two', 'not_public'],
    ['desk', 'not_public'],
    ['empty', 'dns'],
    ['nowhere', 'dns'],
  ])('"%s" is refused as %s', async (host, expected) => {
    expect((await refusalOf(host)).refusal).toBe(expected)
  })

  it('with a loopback address is sent to on a desk', async () => {
    expect((await refusalOf('desk', DESK)).refusal).toBeNull()
    expect((await refusalOf('private', DESK)).refusal).toBe('not_public')
  })

  it('of which one kind of address could not be looked up is left alone: that one might be private', async () => {
    const doh = await startDoh('doh', { zone: ZONE, manner: ({ type }) => (type === 'AAAA' ? 'refused' : 'honest') })
    expect((await refusalOf('half', [], doh)).refusal).toBe('dns')
  })

  it('is not looked up where the URL is no target at all', async () => {
    expect(await refusalOf('jane@public')).toEqual({ refusal: 'not_public', asked: 0 })
  })
})
