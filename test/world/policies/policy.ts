// How a policy host of MTA-STS (RFC 8461 §3.3) answers; part of a data row.
import type { CertificateKind } from '../tls/certificate-kind.ts'

export interface Policy {
  /** Lines, each ended with CRLF. */
  readonly body?: readonly string[]
  /** 200 where it is not said. */
  readonly status?: number
  /** `text/plain` where it is not said. */
  readonly contentType?: string
  /** Says 301 and sends the client there. */
  readonly redirect?: string
  /** Begins to answer and goes no further. */
  readonly neverEnds?: true
  /** 70 KB long: more than anybody has to read (RFC 8461 §3.2). */
  readonly tooLarge?: true
  /** The name is there and nobody listens. */
  readonly unreachable?: true
  /** `valid` where it is not said. */
  readonly certificate?: CertificateKind
}
