// Puts connection and conversation together: which port, which source address, one deadline for both.
import type { Cidr } from '@postern/shared/dns/ip.ts'
import type { Dial } from '../exchange.ts'
import { connect, targetOf, type Ways } from './connect.ts'
import { converse } from './converse.ts'

export interface DialOptions extends Ways {
  readonly loopback: readonly Cidr[]
  readonly now: () => number
}

export function createDial(options: DialOptions): Dial {
  return async (address, plan, { deadlineAt, greetingBy }) => {
    const { loopback, now } = options
    const connected = await connect(targetOf(address, options), { loopback, deadlineAt: greetingBy, now })
    return 'fault' in connected ? connected : converse(connected.socket, plan, { deadlineAt, greetingBy, now })
  }
}
