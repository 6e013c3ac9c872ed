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

describe('a question', () => {
  const flagsOf = (question: Question) => {
    const bytes = Buffer.from(new URL(getUrl('https://r.test/q', question)).searchParams.get('dns') ?? '', 'base64url')
    return bytes.readUInt16BE(2)
  }

  it('wants to know whether the resolver vouches for its answer, or asks it not to check', () => {
    expect(flagsOf({ name: 'a.test', type: 'MX' }) & 0x30).toBe(0x20)
    expect(flagsOf({ name: 'a.test', type: 'MX', checkingDisabled: true }) & 0x30).toBe(0x10)
  })
})
