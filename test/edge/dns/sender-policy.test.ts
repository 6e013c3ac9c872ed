// Who may send in a domain's name: what is published, what is not, and what nobody could tell.
import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { openMemo } from '../../../edge/src/dns/memo.ts'
import { lookUpSenderPolicy } from '../../../edge/src/dns/sender-policy.ts'
import { limitConnections } from '../../../edge/src/http/connections.ts'
import { type DohServer, type MannerOf, startDoh } from './doh-server.ts'
import { type Isolate, isolate, resolveWith } from './resolvers-under-test.ts'

const open: DohServer[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

interface Given {
  readonly manner?: MannerOf
  readonly within?: Isolate
}

async function policyOf(domain: string, zone: readonly string[], { manner, within = isolate() }: Given = {}) {
  const server = await startDoh('world', manner === undefined ? { zone } : { zone, manner })
  open.push(server)
  return lookUp(domain, server, within)
}

async function lookUp(domain: string, server: DohServer, within: Isolate) {
  const connect = limitConnections()
  const pause = (ms: number) => setTimeout(ms, undefined, { ref: false })
  const left: (() => Promise<unknown>)[] = []
  const fact = await lookUpSenderPolicy(domain, within.now() + 5_000, {
    resolve: resolveWith([server], { connect, within }),
    memo: (name) => openMemo(name, { ...within, scope: '', writtenFrom: 1, connect, sleep: pause }),
    open: new Map(),
    now: within.now,
    later: (work) => void left.push(work),
  })
  for (const work of left) await work()
  return { spf: fact.spf, dmarc: fact.dmarc, asked: server.asked.length }
}

describe('a domain’s sender policy', () => {
  it.each<[string, readonly string[], boolean, boolean]>([
    ['both', ['b TXT v=spf1 mx -all', '_dmarc.b TXT v=DMARC1; p=reject'], true, true],
    ['SPF alone', ['b TXT v=spf1 -all', 'b TXT other'], true, false],
    ['DMARC alone', ['b A 127.25.0.1', '_dmarc.b TXT v=DMARC1;p=none'], false, true],
    ['neither', ['b A 127.25.0.1'], false, false],
    [
      'two of each, which are none',
      ['b TXT v=spf1 -all', 'b TXT v=spf1 +all', '_dmarc.b TXT v=DMARC1;p=none', '_dmarc.b TXT v=DMARC1;p=reject'],
      false,
      false,
    ],
    ['what is written in small letters', ['b A 127.25.0.1', '_dmarc.b TXT v=dmarc1;p=none'], false, false],
    ['what has its tag in a capital', ['b TXT V=SPF1 -all', '_dmarc.b TXT V=DMARC1; p=none'], true, true],
    ['what only begins like it', ['b TXT v=spf10 -all', '_dmarc.b TXT v=DMARC10'], false, false],
  ])('publishes %s', async (...row) => {
    const [, zone, spf, dmarc] = row
    expect(await policyOf('b.test', zone)).toMatchObject({ spf, dmarc, asked: 2 })
  })

  it('is the organization’s where a host below it has none', async () => {
    const zone = ['mail.b TXT v=spf1 -all', '_dmarc.b TXT v=DMARC1; p=reject']
    expect(await policyOf('mail.b.test', zone)).toEqual({ spf: true, dmarc: true, asked: 3 })
  })

  it('is null where it could not be learned, and a yes outweighs that', async () => {
    const zone = ['mail.b TXT v=spf1 -all', '_dmarc.b TXT v=DMARC1; p=reject']
    const fails =
      (failing: string): MannerOf =>
      ({ name }) =>
        name === failing ? 'servfail' : 'honest'
    expect(await policyOf('mail.b.test', zone, { manner: fails('mail.b.test') })).toMatchObject({
      spf: null,
      dmarc: true,
    })
    expect(await policyOf('mail.b.test', zone, { manner: fails('_dmarc.mail.b.test') })).toMatchObject({ dmarc: true })
    expect(await policyOf('mail.b.test', zone, { manner: fails('_dmarc.b.test') })).toMatchObject({ dmarc: null })
  })

  it('is asked for once while it holds', async () => {
    const within = isolate()
    const first = await policyOf('b.test', ['b TXT v=spf1 -all', '_dmarc.b TXT v=DMARC1;p=none'], { within })
    expect(await lookUp('b.test', open[0]!, within)).toEqual(first)
  })
})
