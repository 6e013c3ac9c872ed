// One TLS handshake as a client that refuses no certificate, and the record of what was presented; for SMTP and HTTPS.
import type { Socket } from 'node:net'
import { connect, createSecureContext, rootCertificates, type SecureContext, type TLSSocket } from 'node:tls'
import type { HandshakeFailed, Secured } from '@postern/shared/contract/inspection.ts'
import { readTls } from './certificate.ts'
import { codeOf } from './said.ts'

/** Old protocols and ciphers are spoken too: to say that a server knows nothing better, one has to get through to it. */
const OBSOLETE_TOO = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const

/** `extraRoots` in PEM are trusted besides the public roots. */
export function trusting(extraRoots: readonly string[]): SecureContext {
  if (extraRoots.length === 0) return createSecureContext(OBSOLETE_TOO)
  return createSecureContext({ ...OBSOLETE_TOO, ca: [...rootCertificates, ...extraRoots] })
}

export interface Securing {
  /** Whose certificate is expected; said as SNI where it is a name (RFC 6066 §3). */
  readonly host: string
  readonly context: SecureContext
  /** Instant in milliseconds since the epoch. */
  readonly deadlineAt: number
  readonly now: () => number
}

export interface Handshake {
  readonly result: HandshakeFailed | Secured
  /** Null where the handshake failed; the connection is destroyed then. */
  readonly socket: TLSSocket | null
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i
const ADDRESS = /^[0-9.]+$/

/** Never rejects. The certificate is looked at and never a reason to end (RFC 7435 §3). */
export function secure(socket: Socket, { host, context, deadlineAt, now }: Securing): Promise<Handshake> {
  return new Promise((resolve) => {
    const startedAt = now()
    const secured = connect({
      socket,
      ...(HOST_NAME.test(host) && !ADDRESS.test(host) ? { servername: host } : {}),
      secureContext: context,
      rejectUnauthorized: false,
      // Names are compared with what the record says, by rules of our own.
      checkServerIdentity: () => undefined,
    })
    const fail = (how: HandshakeFailed['how'], error: string | null) => {
      clearTimeout(timer)
      secured.destroy()
      resolve({
        result: { kind: 'handshake_failed', how, error, waitedMs: Math.max(0, now() - startedAt) },
        socket: null,
      })
    }
    const timer = setTimeout(() => fail('timed_out', null), Math.max(0, deadlineAt - now()))
    secured.on('error', (error: NodeJS.ErrnoException) => {
      const code = codeOf(error.code)
      fail(code?.startsWith('ERR_') === true || code === 'EPROTO' ? 'tls_error' : 'closed', code)
    })
    secured.on('close', () => fail('closed', null))
    secured.once('secureConnect', () => {
      clearTimeout(timer)
      const at = now()
      const tls = readTls(secured, host, at)
      resolve({ result: { kind: 'secured', handshakeMs: Math.max(0, at - startedAt), tls }, socket: secured })
    })
  })
}
