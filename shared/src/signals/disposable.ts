// Mailboxes that anybody may read, or that are gone within hours: by domain, and by the host that takes the mail.
import { parse } from 'tldts'
import seedTable from './disposable.json' with { type: 'json' }
import furtherFile from './disposable-further.json' with { type: 'json' }
import listedFile from './disposable-listed.json' with { type: 'json' }
import { domainList, liesWithin } from './domain-list.ts'
import { isFree } from './free.ts'
import { isLasting } from './lasting.ts'
import { longList } from './long-list.ts'
import { isForwarding, isRelay } from './relay.ts'
import type { Signal } from './signal.ts'

const seed = domainList(seedTable)
/** What several keep and few dispute. */
const listed = longList(listedFile)
/** What only the longest of all lists adds: right in most cases, and the second of the two tiers. */
const further = longList(furtherFile)

const searched = [seed.source, listed.source, further.source].join(', ')

/**
 * `domain` in A-form. Parents count down to the registrable domain: such operators answer for every name below theirs.
 * Mailboxes that people keep outrank the long lists, which hold some of them for the privacy that they promise.
 */
export function disposable(domain: string): Signal {
  const found = isKept(domain) ? null : listedIn(domain)
  return { signal: 'disposable', value: found !== null, source: searched, ...found }
}

/** An exchange (host name, A-form) of a disposable operator answers for domains that no list knows yet; else null. */
export function disposableExchange(exchange: string): Signal | null {
  if (isKept(exchange)) return null
  const source = liesWithin(seed, exchange) ? seed.source : namesUpTo(exchange).some(listed.has) ? listed.source : null
  return source === null ? null : { signal: 'disposable', value: true, source: `${source}, by exchange` }
}

function isKept(domain: string): boolean {
  return isLasting(domain) || isFree(domain) || isRelay(domain) || isForwarding(domain)
}

function listedIn(domain: string): Pick<Signal, 'source' | 'confidence'> | null {
  if (liesWithin(seed, domain)) return { source: seed.source }
  const names = namesUpTo(domain)
  if (names.some(listed.has)) return { source: listed.source }
  return names.some(further.has) ? { source: `${further.source}, second tier`, confidence: 'medium' } : null
}

/** Free DNS services below whose names anybody may have one; their customers are not the operator of a listed name. */
const SHARED = new Set([
  'mooo.com',
  'us.to',
  'chickenkiller.com',
  'ignorelist.com',
  'strangled.net',
  'hopto.org',
  'zapto.org',
])

/** The domain and its parents, the registrable domain last: who stands above a registry's suffix is nobody's operator. */
function namesUpTo(domain: string): string[] {
  const { domain: registrable } = parse(domain, { allowPrivateDomains: true, validateHostname: false })
  if (registrable === domain) return [domain]
  const below = registrable === null ? [] : domain.slice(0, -registrable.length).split('.').slice(0, -1)
  return [
    domain,
    ...below.map((_, at) =>
      domain
        .split('.')
        .slice(at + 1)
        .join('.'),
    ),
  ].filter((name) => name === domain || !SHARED.has(name))
}
