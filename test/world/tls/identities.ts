// What servers of the world present in a TLS handshake: made when a server is first asked for it.
import { createSecureContext, type SecureContext } from 'node:tls'
import { SERVER_KEY, tlsContext } from '../smtp/tls-identity.ts'
import { makeAuthority } from './authority.ts'
import type { CertificateKind } from './certificate-kind.ts'

export interface Presented {
  /**
   * `published` is the one certificate that all servers without one of their own share: self-signed, for `mail.world.test`.
   * With `none` every handshake fails.
   */
  readonly certificate: CertificateKind | 'published' | 'none'
  /** The newest that the server speaks. */
  readonly tlsVersion: 'TLSv1.3' | 'TLSv1.1'
}

export interface Identities {
  /** Of the world's authority, in PEM. */
  readonly root: string
  contextOf(host: string, presented: Presented): SecureContext
}

/** Nobody is offered less who does not ask for it: OpenSSL speaks the old versions at this level only. */
const OBSOLETE = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const

/** Clients read certificates by their own clocks, so that `now` is the machine's time and not the world's. */
export function makeIdentities(now: () => number): Identities {
  const authority = makeAuthority(SERVER_KEY, now)
  const contexts = new Map<string, SecureContext>()
  const make = (host: string, { certificate, tlsVersion }: Presented) => {
    if (certificate === 'published') return tlsContext()
    if (certificate === 'none') return createSecureContext()
    return createSecureContext({
      key: SERVER_KEY,
      cert: authority.certify(host, certificate),
      maxVersion: tlsVersion,
      ...(tlsVersion === 'TLSv1.1' && OBSOLETE),
    })
  }
  return {
    root: authority.root,
    contextOf(host, presented) {
      const key = `${host} ${presented.certificate} ${presented.tlsVersion}`
      const context = contexts.get(key) ?? make(host, presented)
      contexts.set(key, context)
      return context
    },
  }
}
