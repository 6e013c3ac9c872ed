// Puts connection and conversation together: which port, which source address, one deadline for both.
import { type Cidr, globallyReachable } from '@postern/shared/dns/reachable.ts'
import type { Dial } from '../exchange.ts'
import { connect } from './connect.ts'
import { converse } from './converse.ts'

export interface DialOptions {
  readonly loopback: readonly Cidr[]
  readonly port: number
  readonly loopbackPort: number
  /** Bound for loopback targets only: elsewhere the lane's NAT decides. */
  readonly sourceAddress: string | null
  readonly now: () => number
}

export function createDial(options: DialOptions): Dial {
  return async (address, plan, { deadlineAt, greetingBy }) => {
    const { loopback, now } = options
    // What is reachable only through the opt-in is a loopback target.
    const isLoopback = !globallyReachable(address, [])
    const target = {
      address,
      port: isLoopback ? options.loopbackPort : options.port,
      localAddress: isLoopback && !address.includes(':') ? options.sourceAddress : null,
    }
    const connected = await connect(target, { loopback, deadlineAt: greetingBy, now })
    return 'fault' in connected ? connected : converse(connected.socket, plan, { deadlineAt, greetingBy, now })
  }
}
