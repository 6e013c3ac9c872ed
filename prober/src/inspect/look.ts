// Looks at one address: a connection, and over it an inspection of SMTP or a bare TLS handshake, all within one deadline.
import type { SecureContext } from 'node:tls'
import type { HttpsResult, SmtpResult } from '@postern/shared/contract/inspection.ts'
import type { Cidr } from '@postern/shared/dns/ip.ts'
import type { Fault } from '@postern/shared/verdict/evidence.ts'
import { connect, targetOf, type Ways } from '../net/connect.ts'
import { leave } from '../net/leave.ts'
import { secure, trusting } from './secure.ts'
import { look } from './session.ts'

export interface LookOptions {
  readonly loopback: readonly Cidr[]
  readonly smtpPort: number
  readonly httpsPort: number
  /** Ports of loopback targets. */
  readonly loopbackSmtpPort: number
  readonly loopbackHttpsPort: number
  /** Bound for loopback targets only: elsewhere the lane's NAT decides. */
  readonly sourceAddress: string | null
  /** Said in EHLO. */
  readonly ehloName: string
  /** Certificates in PEM that are trusted besides the public roots; none in the cloud. */
  readonly extraRoots: readonly string[]
  readonly now: () => number
}

/** One address of a host. `deadlineAt` in milliseconds since the epoch. */
export interface Sight {
  readonly address: string
  readonly host: string
  readonly deadlineAt: number
}

/** Never rejects: whatever a server does is a result. */
export interface Looks {
  smtp(sight: Sight): Promise<SmtpResult>
  https(sight: Sight): Promise<HttpsResult>
}

export function createLooks(options: LookOptions): Looks {
  const context = trusting(options.extraRoots)
  const { smtpPort, httpsPort, loopbackSmtpPort, loopbackHttpsPort } = options
  return {
    smtp: async (sight) => {
      const reached = await reach(options, sight, { port: smtpPort, loopbackPort: loopbackSmtpPort })
      return 'result' in reached ? reached.result : lookAtSmtp(options, { sight, context, reached })
    },
    https: async (sight) => {
      const reached = await reach(options, sight, { port: httpsPort, loopbackPort: loopbackHttpsPort })
      return 'result' in reached ? reached.result : lookAtHttps(options, { sight, context, reached })
    },
  }
}

type Reached = Extract<Awaited<ReturnType<typeof reach>>, { connectMs: number }>

interface Visit {
  readonly sight: Sight
  readonly context: SecureContext
  readonly reached: Reached
}

async function lookAtSmtp({ ehloName, now }: LookOptions, { sight, context, reached }: Visit): Promise<SmtpResult> {
  const { host: exchange, deadlineAt } = sight
  const seen = await look(reached.socket, { exchange, ehloName, context, deadlineAt, now })
  return { kind: 'connected', connectMs: reached.connectMs, ...seen }
}

/** No octet of HTTP is said: the certificate is all that is wanted. */
async function lookAtHttps({ now }: LookOptions, { sight, context, reached }: Visit): Promise<HttpsResult> {
  const { host, deadlineAt } = sight
  const { result, socket } = await secure(reached.socket, { host, context, deadlineAt, now })
  if (socket !== null) leave(socket)
  return { kind: 'connected', connectMs: reached.connectMs, handshake: result }
}

async function reach(options: LookOptions, sight: Sight, ports: Omit<Ways, 'sourceAddress'>) {
  const { loopback, sourceAddress, now } = options
  const startedAt = now()
  const connected = await connect(targetOf(sight.address, { ...ports, sourceAddress }), {
    loopback,
    deadlineAt: sight.deadlineAt,
    now,
  })
  const tookMs = Math.max(0, now() - startedAt)
  return 'fault' in connected
    ? { result: unconnected(connected.fault, tookMs) }
    : { socket: connected.socket, connectMs: tookMs }
}

/** Refusal and silence are the host's; whatever else keeps us from connecting may be ours, and says nothing of it. */
function unconnected(fault: Fault, tookMs: number): Extract<SmtpResult, { kind: 'unmeasured' | 'not_connected' }> {
  if (fault === 'connect_refused' || fault === 'connect_timeout') return { kind: 'not_connected', fault, tookMs }
  if (fault === 'not_reachable_address') return { kind: 'unmeasured', why: fault, retryAt: null }
  // A connection that was not given a fair try (`greeting_timeout`) had too little time left.
  const why = fault === 'connect_unroutable' ? fault : 'deadline'
  return { kind: 'unmeasured', why, retryAt: null }
}
