// Opens one TCP connection to one address that is allowed to be dialled, with patience that grows while time is left.
import { connect as tcpConnect, type Socket } from 'node:net'
import { type Cidr } from '@postern/shared/dns/ip.ts'
import { globallyReachable } from '@postern/shared/dns/reachable.ts'
import type { Fault } from '@postern/shared/verdict/evidence.ts'

export interface Target {
  /** IP address in text form; names are resolved before and never here, so that the guard sees what is dialled. */
  readonly address: string
  readonly port: number
  /** Local address to bind, or null for the system's choice. */
  readonly localAddress: string | null
}

export interface Ways {
  readonly port: number
  /** Port of loopback targets. */
  readonly loopbackPort: number
  /** Bound for loopback targets only: elsewhere the lane's NAT decides. */
  readonly sourceAddress: string | null
}

/** What is reachable only through the opt-in is a loopback target. */
export function targetOf(address: string, { port, loopbackPort, sourceAddress }: Ways): Target {
  const isLoopback = !globallyReachable(address, [])
  return {
    address,
    port: isLoopback ? loopbackPort : port,
    localAddress: isLoopback && !address.includes(':') ? sourceAddress : null,
  }
}

export interface Dialling {
  readonly loopback: readonly Cidr[]
  /** Instant in milliseconds since the epoch. */
  readonly deadlineAt: number
  readonly now: () => number
}

export type Connected = { readonly socket: Socket } | { readonly fault: Fault }

// A lost SYN is sent again after 1 s and 3 s (RFC 6298 §2): each try waits just past the next retransmission.
const PATIENCE_MS: readonly number[] = [1_500, 2_500, 3_500]

// Whoever was waited for less than one retransmission was hardly asked: our lateness is no failure of theirs.
const FAIR_MS = 1_000

const FAULT_OF: Readonly<Record<string, Fault>> = {
  ECONNREFUSED: 'connect_refused',
  ECONNRESET: 'connect_refused',
  EHOSTUNREACH: 'connect_refused',
  ETIMEDOUT: 'connect_timeout',
}

/**
 * Tries again on time-outs only; a refusal or an unroutable network is an answer. `greeting_timeout` where the deadline
 * left too little time for a fair try.
 */
export async function connect(target: Target, dialling: Dialling): Promise<Connected> {
  if (!globallyReachable(target.address, dialling.loopback)) return { fault: 'not_reachable_address' }
  const startedAt = dialling.now()
  for (const patienceMs of PATIENCE_MS) {
    const leftMs = dialling.deadlineAt - dialling.now()
    if (leftMs <= 0) break
    const connected = await attempt(target, Math.min(patienceMs, leftMs))
    if (!('fault' in connected) || connected.fault !== 'connect_timeout') return connected
  }
  return { fault: dialling.now() - startedAt < FAIR_MS ? 'greeting_timeout' : 'connect_timeout' }
}

function attempt(target: Target, patienceMs: number): Promise<Connected> {
  return new Promise((resolve) => {
    const { address: host, port, localAddress } = target
    const socket = tcpConnect({ host, port, ...(localAddress === null ? {} : { localAddress }) })
    const fail = (fault: Fault) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ fault })
    }
    const timer = setTimeout(() => fail('connect_timeout'), patienceMs)
    const onError = (error: NodeJS.ErrnoException) => fail(FAULT_OF[error.code ?? ''] ?? 'connect_unroutable')
    socket.on('error', onError)
    // Whoever holds the socket may put it down and take it up again; a reset in between must not end the process.
    socket.on('error', () => undefined)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', onError)
      resolve({ socket: socket.setNoDelay(true) })
    })
  })
}
