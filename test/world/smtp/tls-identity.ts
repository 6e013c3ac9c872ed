// The world's TLS identity: a self-signed certificate and its key, made for these tests, published here, protecting nothing.
import { createHash, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'

/** Of every server in the world. */
export const SERVER_KEY = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTyc5w+zYCUByRCHQ
GpjUWvZ+daC8W/dO0/tHqUyoSJShRANCAARBLTzf+LOh6KoS0DSGCFcD/166TJCR
gGKCCCFynebmP/TgJWsslAPmSRWyIpWVSiWRB8l65h/e8N99BdigWZ4T
-----END PRIVATE KEY-----
`

const CERTIFICATE = `
-----BEGIN CERTIFICATE-----
MIIBcDCCARagAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9tYWlsLndv
cmxkLnRlc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBoxGDAW
BgNVBAMMD21haWwud29ybGQudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BEEtPN/4s6HoqhLQNIYIVwP/XrpMkJGAYoIIIXKd5uY/9OAlayyUA+ZJFbIilZVK
JZEHyXrmH97w330F2KBZnhOjSzBJMBoGA1UdEQQTMBGCD21haWwud29ybGQudGVz
dDAMBgNVHRMBAf8EAjAAMB0GA1UdDgQWBBRsL79DIIOzlFrQFinV8OitzhsRHjAK
BggqhkjOPQQDAgNIADBFAiByiJM4rLJewDGjRkg1mCXMzg+QBzi3S3vqfILZLoMG
TAIhANVVn8gp8xV/ukQk9h20YEj6Z+M4gOYybA+h2FIm78lF
-----END CERTIFICATE-----
`

export function tlsContext(): SecureContext {
  return createSecureContext({ key: SERVER_KEY, cert: CERTIFICATE })
}

/** Key and certificate in one text, for servers that read files. */
export function tlsPem(): string {
  return `${SERVER_KEY}${CERTIFICATE}`
}

/** The data of the TLSA record `3 1 1` that pins the certificate's public key (RFC 7671 §5.1), in hexadecimal. */
export function publicKeyDigest(algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  const key = new X509Certificate(CERTIFICATE).publicKey.export({ type: 'spki', format: 'der' })
  return createHash(algorithm).update(key).digest('hex')
}
