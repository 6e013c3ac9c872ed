// IPv4 addresses in the notation of IPv6 (RFC 4291 §2.5.5.2).
import { expect, it } from 'vitest'
import { subscriber } from '../../../edge/src/http/near-limits.ts'

it.each(['::ffff:192.0.2.1', '::FFFF:192.0.2.1', '::ffff:c000:201', '0:0:0:0:0:ffff:192.0.2.1'])(
  'a subscriber with the address %s is the one with its IPv4 address, not everybody',
  (address) => {
    expect(subscriber(address)).toBe('192.0.2.1')
  },
)
