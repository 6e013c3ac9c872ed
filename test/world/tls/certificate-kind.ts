// What may be the matter with a server's certificate; `valid` and `expiring` are the two that a client takes.

/**
 * All but `self_signed` are by the world's own authority. `expiring` has three of its ninety days left; `other_name` is for
 * somebody else.
 */
export type CertificateKind = 'valid' | 'expiring' | 'expired' | 'other_name' | 'self_signed'

export function isTaken(kind: CertificateKind): boolean {
  return kind === 'valid' || kind === 'expiring'
}
