// What is read from DNS messages: aliases, pins, and questions past the resolver's own checking.
import type { Question, RecordType } from '@postern/shared/dns/answer.ts'
import { getUrl, readAnswer } from '@postern/shared/dns/message.ts'
import packets from 'dns-packet'
import { describe, expect, it } from 'vitest'

type Record = Readonly<{ type: string; name: string; ttl?: number; data?: unknown }>

function answered<T extends RecordType>(question: Question<T>, answers: readonly Record[], rcode = 0) {
  const flags = packets.AUTHENTIC_DATA | rcode
  const message = { type: 'response', id: 0, flags, questions: [question], answers } as never
  return readAnswer(packets.encode(message), question)
}

const alias = (name: string, data: string): Record => ({ type: 'CNAME', name, ttl: 60, data })
const address = (name: string): Record => ({ type: 'A', name, ttl: 300, data: '192.0.2.1' })

describe('an alias', () => {
  it('is followed, and the answer says where it ended', () => {
    const answer = answered({ name: 'mx.a.test', type: 'A' }, [
      alias('mx.a.test', 'b.test'),
      alias('b.test', 'C.test'),
      address('c.test'),
    ])
    expect(answer).toEqual({ kind: 'records', data: ['192.0.2.1'], ttlS: 60, authentic: true, canonical: 'c.test' })
  })

  it('that leads nowhere says where that was', () => {
    const chain = [alias('mx.a.test', 'gone.test')]
    expect(answered({ name: 'mx.a.test', type: 'A' }, chain, 3)).toMatchObject({
      kind: 'nxdomain',
      canonical: 'gone.test',
    })
    expect(answered({ name: 'mx.a.test', type: 'A' }, chain)).toMatchObject({ kind: 'nodata', canonical: 'gone.test' })
  })

  it('that leads in a circle ends as a name without records', () => {
    const circle = [alias('mx.a.test', 'b.test'), alias('b.test', 'mx.a.test')]
    expect(answered({ name: 'mx.a.test', type: 'A' }, circle).kind).toBe('nodata')
  })

  it('is itself the answer to whoever asks for it', () => {
    const answer = answered({ name: 'mx.a.test', type: 'CNAME' }, [alias('mx.a.test', 'B.test')])
    expect(answer).toEqual({ kind: 'records', data: ['b.test'], ttlS: 60, authentic: true })
  })

  it('is not told of a name that is none', () => {
    expect(answered({ name: 'a.test', type: 'A' }, [address('a.test')])).not.toHaveProperty('canonical')
  })
})

describe('a pin', () => {
  it('is three numbers and its data in hexadecimal', () => {
    const data = { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from('00ff10', 'hex') }
    const answer = answered({ name: '_25._tcp.mx.a.test', type: 'TLSA' }, [
      { type: 'TLSA', name: '_25._tcp.mx.a.test', ttl: 60, data },
    ])
    expect(answer).toMatchObject({ data: [{ usage: 3, selector: 1, matching: 1, data: '00ff10' }] })
  })
})

/** As a zone signs them (RFC 4034 §3.1). */
const signature = (name: string, typeCovered: string, originalTTL: number): Record => {
  const signed = { algorithm: 13, labels: 2, expiration: 2, inception: 1, keyTag: 7, signersName: 'a.test' }
  const data = { typeCovered, originalTTL, ...signed, signature: Buffer.alloc(64, 1) }
  return { type: 'RRSIG', name, ttl: 60, data }
}

describe('an original TTL', () => {
  const mx = (name: string): Record => ({ type: 'MX', name, ttl: 60, data: { preference: 10, exchange: 'mx.a.test' } })
  const question = { name: 'a.test', type: 'MX', dnssecOk: true } as const
  const ttlOf = (answers: readonly Record[]) => {
    const answer = answered(question, answers)
    return answer.kind === 'records' ? [answer.ttlS, answer.originalTtlS] : answer
  }

  it.each<[string, readonly Record[], number | undefined]>([
    ['is what the signature has', [mx('a.test'), signature('a.test', 'MX', 3_600)], 3_600],
    ['is that of the name in whatever case', [mx('A.test'), signature('a.TEST', 'MX', 3_600)], 3_600],
    ['is not known without a signature', [mx('a.test')], undefined],
    ['is not that of another type', [mx('a.test'), signature('a.test', 'NS', 3_600)], undefined],
    ['is not that of another name', [mx('a.test'), signature('b.test', 'MX', 3_600)], undefined],
    [
      'is the least of several algorithms',
      [mx('a.test'), signature('a.test', 'MX', 3_600), signature('a.test', 'MX', 300)],
      300,
    ],
    ['is none that no TTL can be', [mx('a.test'), signature('a.test', 'MX', 2 ** 32 - 1)], undefined],
    [
      'is the least of a chain of aliases',
      [alias('a.test', 'b.test'), signature('a.test', 'CNAME', 900), mx('b.test'), signature('b.test', 'MX', 3_600)],
      900,
    ],
    [
      'is not known where a part of the chain is not signed',
      [alias('a.test', 'b.test'), mx('b.test'), signature('b.test', 'MX', 3_600)],
      undefined,
    ],
  ])('%s', (_what, answers, expected) => {
    expect(ttlOf(answers)).toEqual([60, expected])
  })

  it('stands among what a resolver sends beside it: proofs of what is not there, and a word on why', () => {
    const rrtypes = ['A', 'RRSIG', 'NSEC', 'TYPE65534']
    const nsec3 = {
      algorithm: 1,
      flags: 1,
      iterations: 0,
      salt: Buffer.alloc(0),
      nextDomain: Buffer.alloc(20),
      rrtypes,
    }
    const message = {
      type: 'response',
      id: 0,
      flags: packets.AUTHENTIC_DATA,
      questions: [question],
      answers: [],
      authorities: [
        { type: 'SOA', name: 'a.test', ttl: 60, data: { mname: 'ns.a.test', rname: 'h.a.test', minimum: 30 } },
        signature('a.test', 'SOA', 60),
        { type: 'NSEC', name: 'a.test', ttl: 60, data: { nextDomain: '\0.a.test', rrtypes } },
        { type: 'NSEC3', name: 'hash.a.test', ttl: 60, data: nsec3 },
        { type: 'NSEC3', name: 'ent.a.test', ttl: 60, data: { ...nsec3, rrtypes: [] } },
      ],
      additionals: [{ type: 'OPT', name: '.', flags: 1 << 15, options: [{ code: 15, data: Buffer.from('0003hi') }] }],
    } as never
    expect(readAnswer(packets.encode(message), question)).toEqual({ kind: 'nodata', ttlS: 30, authentic: true })
  })
})

describe('a question', () => {
  const messageOf = (question: Question) =>
    Buffer.from(new URL(getUrl('https://r.test/q', question)).searchParams.get('dns') ?? '', 'base64url')
  const flagsOf = (question: Question) => messageOf(question).readUInt16BE(2)

  it('wants signatures only where somebody says so', () => {
    const optOf = (question: Question) => packets.decode(messageOf(question)).additionals?.[0]
    expect(optOf({ name: 'a.test', type: 'MX', dnssecOk: true })).toMatchObject({ type: 'OPT', flag_do: true })
    expect(optOf({ name: 'a.test', type: 'MX' })).toBeUndefined()
  })

  it('wants to know whether the resolver vouches for its answer, or asks it not to check', () => {
    expect(flagsOf({ name: 'a.test', type: 'MX' }) & 0x30).toBe(0x20)
    expect(flagsOf({ name: 'a.test', type: 'MX', checkingDisabled: true }) & 0x30).toBe(0x10)
  })
})
