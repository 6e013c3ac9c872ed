// Exchanges as lanes report them, read by the contract: what findings are given is what is said on the wire.
import { exchangeInspection } from '@postern/shared/contract/inspection.ts'
import type { SeenHost } from '@postern/shared/report/seen.ts'

export const LOOKED_AT = Date.UTC(2026, 10, 20)
/** As evidence has it. */
export const LOOKED_AT_TEXT = '2026-11-20T00:00:00.000Z'
const DAY_MS = 86_400_000

type Wish = Readonly<Record<string, unknown>>

export const digest = (of: string, octets = 32): string => of.padEnd(2 * octets, '0')

/** The digests of `name` begin with its letters: certificates with `c`, keys with `d`. */
export function certificate(name: string, wish: Wish = {}) {
  return {
    subject: `CN=${name}`,
    issuer: 'CN=somebody',
    dnsNames: [],
    dnsNamesFound: 0,
    notBeforeAt: LOOKED_AT - 30 * DAY_MS,
    notAfterAt: LOOKED_AT + 60 * DAY_MS,
    certSha256: digest(`c${name}`),
    certSha512: digest(`c${name}`, 64),
    spkiSha256: digest(`d${name}`),
    spkiSha512: digest(`d${name}`, 64),
    key: null,
    signedByNext: null,
    ...wish,
  }
}

export const LEAF = certificate('1', { dnsNames: ['mx1.a.test'], dnsNamesFound: 1, signedByNext: true })
const VALID = { verdict: 'valid', faults: [], error: null, matches: true }

/** `faults` of the certificate, the worst first. */
export function secured(faults: readonly string[] = [], wish: Wish = {}) {
  const pkix =
    faults.length === 0 ? VALID : { ...VALID, verdict: faults[0], faults, matches: !faults.includes('mismatch') }
  const tls = { version: 'TLSv1.3', cipher: null, chain: [LEAF, certificate('2')], chainFound: 2, pkix, ...wish }
  return { kind: 'secured', handshakeMs: 30, tls }
}

export const reply = (code: number, text: string) => ({ code, enhanced: null, lines: [text] })

export function greeted(code: number, text: string, tookMs = 40) {
  const name = code === 220 ? (text.split(' ')[0] ?? null) : null
  return { kind: 'reply', reply: reply(code, text), name: name === '' ? null : name, tookMs }
}

const EHLO = { kind: 'accepted', name: 'mx1.a.test', extensions: ['STARTTLS'], tookMs: 20 }

/** Sound in all but what is wished. */
export const connected = (wish: Wish = {}) => ({
  kind: 'connected',
  connectMs: 21,
  greeting: greeted(220, 'mx1.a.test ESMTP'),
  ehlo: EHLO,
  startTls: secured(),
  ehloInside: EHLO,
  ...wish,
})

export const withTls = (startTls: unknown) => connected({ startTls, ehloInside: null })

/** The conversation went no further than the greeting. */
export const withGreeting = (greeting: unknown) => connected({ greeting, ehlo: null, startTls: null, ehloInside: null })

export const REFUSED = { kind: 'not_connected', fault: 'connect_refused', tookMs: 12 }
export const TIMED_OUT = { kind: 'not_connected', fault: 'connect_timeout', tookMs: 10_000 }
export const unmeasured = (why: string) => ({ kind: 'unmeasured', why, retryAt: null })

/** Results by address. */
export function seen(exchange: string, results: Readonly<Record<string, unknown>>, wish: Wish = {}): SeenHost {
  const addresses = Object.entries(results).map(([address, result]) => ({
    address,
    family: address.includes(':') ? 6 : 4,
    observedAt: LOOKED_AT,
    result,
  }))
  return exchangeInspection.parse({
    kind: 'inspected',
    exchange,
    observedAt: LOOKED_AT,
    resolution: { a: 'records', aaaa: 'nodata' },
    fromMemory: false,
    addresses,
    addressesFound: addresses.length,
    ...wish,
  })
}

export function unseen(exchange: string, why: string): SeenHost {
  return exchangeInspection.parse({ ...unmeasured(why), exchange, observedAt: LOOKED_AT, resolution: null })
}
