// SPF beyond its suites: limits that are counted, loops and bombs that end, and texts that shake nobody.
import { checkHost } from '@postern/shared/report/spf.ts'
import { parseSpf } from '@postern/shared/report/spf-record.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluated, type Zone } from './zone.ts'

const zone = (records: Readonly<Record<string, string>>): Zone =>
  new Map(Object.entries(records).map(([name, text]) => [name, new Map([['TXT', [text]]])]))

const check = (records: Readonly<Record<string, string>>, ip = '192.0.2.1') =>
  evaluated(
    checkHost({ ip, local: 'jane', domain: 'a.test', helo: 'mx.a.test', receiver: 'us.test', now: 0 }),
    zone(records),
  )

describe('a record', () => {
  it('that includes itself ends, and is an error', () => {
    const { result, questions } = check({ 'a.test': 'v=spf1 include:a.test -all' })
    expect(result).toMatchObject({ result: 'permerror', lookups: 11 })
    expect(questions.length).toBeLessThanOrEqual(11)
  })

  it('whose redirects go in a circle ends, and is an error', () => {
    const { result } = check({ 'a.test': 'v=spf1 redirect=b.test', 'b.test': 'v=spf1 redirect=a.test' })
    expect(result.result).toBe('permerror')
  })

  it('that branches without end costs no more than its limit', () => {
    const bomb = `v=spf1 ${Array.from({ length: 40 }, (_, n) => `include:${n}.b.test`).join(' ')} -all`
    const records = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`${n}.b.test`, bomb]))
    const { result, questions } = check({ 'a.test': bomb, ...records })
    expect(result.result).toBe('permerror')
    expect(questions.length).toBeLessThanOrEqual(12)
  })

  it('that leads to nothing a third time is an error', () => {
    expect(check({ 'a.test': 'v=spf1 a:x.test a:y.test ip4:192.0.2.1 -all' }).result).toMatchObject({
      result: 'pass',
      voids: 2,
    })
    expect(check({ 'a.test': 'v=spf1 a:x.test a:y.test a:z.test ip4:192.0.2.1 -all' }).result.result).toBe('permerror')
  })

  it('counts ten terms, and not an eleventh', () => {
    const terms = (count: number) => Array.from({ length: count }, (_, n) => `include:i${n}.test`).join(' ')
    const included = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`i${n}.test`, 'v=spf1 ?all']))
    expect(check({ 'a.test': `v=spf1 ${terms(10)} -all`, ...included }).result).toMatchObject({
      result: 'fail',
      lookups: 10,
    })
    expect(check({ 'a.test': `v=spf1 ${terms(11)} -all`, ...included }).result.result).toBe('permerror')
  })

  it('counts a look-up of its own for a name that is made of the sender’s', () => {
    const terms = (count: number) => Array.from({ length: count }, () => 'a:%{p}.b.test').join(' ')
    const sender = new Map([['PTR', ['a.test']]])
    const of = (text: string, more: Zone = new Map()) =>
      evaluated(
        checkHost({ ip: '192.0.2.1', local: 'j', domain: 'a.test', helo: 'a.test', receiver: 'us.test', now: 0 }),
        new Map([
          ...zone({ 'a.test': text }),
          ['1.2.0.192.in-addr.arpa', sender],
          ['unknown.b.test', new Map([['A', ['192.0.2.9']]])],
          ...more,
        ]),
      ).result
    expect(of(`v=spf1 ${terms(5)} -all`)).toMatchObject({ result: 'fail', lookups: 10 })
    expect(of(`v=spf1 ${terms(6)} -all`).result).toBe('permerror')
    // Where the address has no name, that is a void look-up.
    expect(check({ 'a.test': 'v=spf1 a:%{p}.b.test a:x.test -all' }).result.result).toBe('permerror')
  })

  it('sees an IPv4 address in IPv6 form as one, however it is written', () => {
    for (const ip of ['::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:c000:201'])
      expect(check({ 'a.test': 'v=spf1 ip4:192.0.2.1 -all' }, ip).result.result).toBe('pass')
  })

  it('of any text is read or refused, and takes no time', () => {
    const any = fc.string({ unit: 'binary', maxLength: 400 }).map((text) => `v=spf1 ${text}`)
    fc.assert(
      fc.property(any, (text) => {
        expect(parseSpf(text)).toHaveProperty('ok')
        expect(['pass', 'fail', 'softfail', 'neutral', 'permerror']).toContain(check({ 'a.test': text }).result.result)
      }),
      { numRuns: 2_000 },
    )
    const startedAt = performance.now()
    for (const filling of ['%{', 'a:', 'a/', '%{d}', 'include:', 'a:%{d1r.}/']) {
      parseSpf(`v=spf1 a:${filling.repeat(30_000)}`)
      check({ 'a.test': `v=spf1 a:${filling.repeat(20_000)}.test` })
    }
    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })
})
