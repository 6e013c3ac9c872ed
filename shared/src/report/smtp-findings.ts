// What exchanges give to think of as they look from outside: findings of connections, greetings and TLS, of what was measured.
import { parseAddress } from '../dns/ip.ts'
import { type Case, gathered } from './cases.ts'
import { type Finding, finding, type Severity } from './finding.ts'
import {
  addressesOf,
  type Connected,
  connectedOf,
  type NotConnected,
  notConnectedOf,
  type SeenAddress,
  seenAt,
  type SeenHost,
} from './seen.ts'
import { tlsCases } from './tls-cases.ts'

export interface SmtpGiven {
  readonly domain: string
  readonly hosts: readonly SeenHost[]
  /** Hosts that an MTA-STS policy in mode enforce names, in lower case. */
  readonly enforced: ReadonlySet<string>
  /** Hosts whose key is pinned, and fits, so that certificates count for nobody but an enforced policy; in lower case. */
  readonly pinned: ReadonlySet<string>
  /** Reverse names by address; one that is absent was not learned. */
  readonly reverse: ReadonlyMap<string, readonly string[]>
}

const SLOW_MS = 5_000

export function smtpFindings({ domain, hosts, enforced, pinned, reverse }: SmtpGiven): Finding[] {
  const severity: Severity = hosts.every(isDown) ? 'critical' : 'high'
  return hosts.flatMap((host) => {
    const name = plain(host.exchange)
    const cases = connectedOf(host).flatMap((one) => [
      ...greetingCases(one, { host: name, reverse: reverse.get(one.address)?.map(plain) ?? null }),
      ...tlsCases(one, { isEnforced: enforced.has(name), isPinned: pinned.has(name) }),
    ])
    return [...connectFindings(domain, host, severity), ...gathered(domain, host.exchange, cases)]
  })
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '')

/** Each of its addresses was tried, and none of them took a connection. */
function isDown(host: SeenHost): boolean {
  return host.kind === 'inspected' && notConnectedOf(host).length === host.addressesFound
}

type Down = SeenAddress<NotConnected>

function connectFindings(domain: string, host: SeenHost, severity: Severity): Finding[] {
  const down = notConnectedOf(host)
  const up = connectedOf(host)
  const { exchange } = host
  if (down.length === 0) return []
  const evidence = (of: readonly Down[]) => ({ addresses: of.map(shown) })
  if (up.length === 0)
    return [finding(faultOf(down), { domain, subject: exchange, severity, evidence: evidence(down) })]
  const all = addressesOf(host).filter(({ family }) => family === 6)
  const sixes = down.filter(({ family }) => family === 6)
  // An IPv6 address that was not tried may be the one that answers.
  const isV6Down = sixes.length > 0 && sixes.length === all.length
  const single = isV6Down ? down.filter(({ family }) => family === 4) : down
  return [
    ...(isV6Down ? [finding('SMTP_V6_ONLY_DOWN', { domain, subject: exchange, evidence: evidence(sixes) })] : []),
    ...single.map((one) => {
      const subject = `${exchange} (${one.address})`
      return finding(faultOf([one]), { domain, subject, severity: 'medium', evidence: evidence([one]) })
    }),
  ]
}

function faultOf(down: readonly Down[]): 'SMTP_CONNECT_REFUSED' | 'SMTP_CONNECT_TIMEOUT' {
  const isRefused = down.every(({ result }) => result.fault === 'connect_refused')
  return isRefused ? 'SMTP_CONNECT_REFUSED' : 'SMTP_CONNECT_TIMEOUT'
}

function shown(one: Down): Record<string, unknown> {
  return { ...seenAt(one), fault: one.result.fault, waitedMs: one.result.tookMs }
}

interface Named {
  readonly host: string
  /** Reverse names of this address; null where they were not learned. */
  readonly reverse: readonly string[] | null
}

function greetingCases(one: SeenAddress<Connected>, named: Named): Case[] {
  const { greeting, connectMs } = one.result
  if (greeting.kind !== 'reply') {
    const isSilent = greeting.kind === 'timed_out' && greeting.waitedMs > SLOW_MS
    return isSilent
      ? [{ id: 'SMTP_NO_GREETING', seen: { ...seenAt(one), connectMs, waitedMs: greeting.waitedMs } }]
      : []
  }
  const { reply, name, tookMs } = greeting
  const seen = { ...seenAt(one), connectMs, tookMs, code: reply.code, text: reply.lines[0] ?? '' }
  const slow: Case[] = tookMs > SLOW_MS ? [{ id: 'SMTP_SLOW', seen }] : []
  // Whatever it says, nobody else may have heard it: a refusal is of us.
  if (reply.code >= 400) return [{ id: 'SMTP_421_554_GREETING', seen }, ...slow]
  if (reply.code !== 220) return [{ id: 'SMTP_BANNER_NOT_220', seen }, ...slow]
  const isOther = name !== null && isAnother(plain(name), one.address, named)
  const other: Case[] = isOther
    ? [{ id: 'SMTP_BANNER_NAME_MISMATCH', seen: { ...seen, name, reverse: named.reverse } }]
    : []
  return [...other, ...slow, ...helloCases(one)]
}

/** Bytes that are no reply; who hangs up or keeps silent may have enough of us. */
function helloCases(one: SeenAddress<Connected>): Case[] {
  return one.result.ehlo?.kind === 'protocol_error' ? [{ id: 'SMTP_EHLO_NO_REPLY', seen: seenAt(one) }] : []
}

const LITERAL = /^\[(?:ipv6:)?(.+)\]$/i
const NAME = /^(?:localhost|[a-z0-9_-]+(?:\.[a-z0-9_-]+)+)$/

/** A first word such as `ESMTP` or `****` is no name, and a machine of the same house is none other (RFC 5321 §4.3.1). */
function isAnother(name: string, address: string, { host, reverse }: Named): boolean {
  if (reverse === null) return false
  const literal = LITERAL.exec(name)?.[1]
  if (literal !== undefined) return parseAddress(literal)?.bits !== parseAddress(address)?.bits
  return NAME.test(name) && ![host, ...reverse].some((known) => houseOf(known) === houseOf(name))
}

/** Two labels are less than a registrable domain here and there: an error is on the side of saying nothing. */
function houseOf(name: string): string {
  return name.split('.').slice(-2).join('.')
}
