// Whether mail gets to an exchange by an enforced MTA-STS policy, by what was seen of it: yes, no, and not known.
import { holdsPolicy } from '@postern/shared/report/tls-cases.ts'
import { describe, expect, it } from 'vitest'
import { connected, REFUSED, reply, secured, seen, TIMED_OUT, unmeasured, unseen, withTls } from './inspections.ts'

const [FOUR, OTHER] = ['192.0.2.1', '192.0.2.2']
const failed = (how: string) => withTls({ kind: 'handshake_failed', how, error: null, waitedMs: 10 })
const refused = (code: number) => withTls({ kind: 'refused', reply: reply(code, 'no'), tookMs: 10 })
const VALID = connected()
const EXPIRED = connected({ startTls: secured(['expired']) })

describe('an exchange', () => {
  it.each([
    ['has a valid certificate', [VALID], true],
    ['has one, and an address that nobody answers at', [VALID, REFUSED], true],
    ['has one at one address, and none at the other', [VALID, EXPIRED], null],
    ['has an expired certificate', [EXPIRED], false],
    ['has it, and an address that nobody answers at', [EXPIRED, TIMED_OUT], false],
    ['has no STARTTLS', [withTls({ kind: 'not_offered' })], false],
    ['refuses STARTTLS for good', [refused(502)], false],
    ['refuses it for now', [refused(454)], null],
    ['fails in the handshake', [failed('tls_error')], false],
    ['hangs up in the handshake', [failed('closed')], false],
    ['is too slow in it', [failed('timed_out')], null],
    ['answers nobody', [REFUSED, TIMED_OUT], null],
    ['was not measured', [unmeasured('no_ipv6')], null],
  ])('that %s', (_what, results, expected) => {
    const byAddress = Object.fromEntries(results.map((result, n) => [[FOUR, OTHER][n], result]))
    expect(holdsPolicy(seen('mx1.a.test', byAddress))).toBe(expected)
  })

  it('that no lane has seen is not known', () => {
    expect([holdsPolicy(null), holdsPolicy(unseen('mx1.a.test', 'lane_unfit'))]).toEqual([null, null])
  })
})
