// What rows about domain reports are put together from: the records of a domain that does all right, and policies.
import type { Policy } from '../policies/policy.ts'

/** Of keys that were forgotten when they were made: nobody can sign with them. By their length in bits. */
const DKIM_KEYS = {
  2048: [
    'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAkQKU362FuqBpc7Lfdt+CP+JOa1HVu4hcaMc9g17j9JjrzH9TDDR/YIaX',
    'I2jTRI0B4JN1Sg/N7ju7nY57qjLO09gc/ZxgOS2UN8H3h63qQEZ9If0D3J6Gd8IZdJ4mhNTq45iue54CKxi7PxFFgb5VPD561/Ze',
    'a5jaUwn54g2eFViD5glxNSWE1TzQYK/F5aPMVfH28QGRDKDCyY4YNjCQjyhiYfoFvr4tDwy9Q3+Crgy1AH4iYhdN4VF1WZDIuMYt',
    '4Mb6izqvU6fn5bazUDGnVr7+iCKmLd+ZgEl3ItJB4g5JdjR4eBwQH/5RuzKSFJMzyvOmDZi6WVrxW4WJpg0n7QIDAQAB',
  ].join(''),
  1024: [
    'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDe5+lsXw53MIc2Z1qcvMppq4S9j1K3tW8K+KDNlTPWBfGqaDjHNtxDdydxM3k9',
    '35JJC6WWrDgEpeY0Cn/hM2WhKRpvcJEyg32RP0SadsT7uSYdGbS0CHhTMmZ+AfQ0pQGngAqeUzhkfdESj5dBqIuctSbok4b5nivL',
    'YeyLLl/T/wIDAQAB',
  ].join(''),
  512: [
    'MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALy+jEdJHVB+ovkstzsT7Z8R/fn88TKcp48SvsfjeUqi+TvJ4R8ggIWJMY4TY8yw3Sx2',
    '+jO+UuWEUZqNR9iNfCMCAwEAAQ==',
  ].join(''),
} as const

export function dkimKey(bits: keyof typeof DKIM_KEYS, flags = ''): string {
  return `v=DKIM1; k=rsa; ${flags}p=${DKIM_KEYS[bits]}`
}

/** Null leaves a record out; several of a kind are several records. DKIM keys are those of the selector `main`. */
export interface Texts {
  readonly spf?: string | readonly string[] | null
  readonly dmarc?: string | readonly string[] | null
  readonly dkim?: string | null
  readonly tlsRpt?: string | readonly string[] | null
  readonly sts?: string | readonly string[] | null
}

/** Zone text of a domain whose records are in order, but for the changes; without MTA-STS. */
export function texts(domain: string, changes: Texts = {}): string[] {
  const all = {
    spf: 'v=spf1 -all',
    dmarc: `v=DMARC1; p=reject; rua=mailto:dmarc@${domain}`,
    dkim: dkimKey(2048),
    tlsRpt: `v=TLSRPTv1; rua=mailto:tls-reports@${domain}`,
    sts: null,
    ...changes,
  }
  return [
    ...lines('@', all.spf),
    ...lines('_dmarc', all.dmarc),
    ...lines('main._domainkey', all.dkim),
    ...lines('_smtp._tls', all.tlsRpt),
    ...lines('_mta-sts', all.sts),
  ]
}

function lines(name: string, said: string | readonly string[] | null): string[] {
  return [said ?? []].flat().map((text) => `${name} TXT ${text}`)
}

export const STS_RECORD = 'v=STSv1; id=20260101T000000;'

/** A policy that names all exchanges of the domain, kept for two weeks. */
export function policyBody(
  domain: string,
  { mode = 'enforce', maxAgeS = 1_209_600, mx = [`*.${domain}`] } = {},
): string[] {
  return ['version: STSv1', `mode: ${mode}`, ...mx.map((pattern) => `mx: ${pattern}`), `max_age: ${maxAgeS}`]
}

export function policy(domain: string, changes: Policy = {}): Policy {
  return { body: policyBody(domain), ...changes }
}
