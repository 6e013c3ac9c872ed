// The zone of a test as mailauth asks for it: in the manner of node:dns, and never over the network.
import type { RecordType } from '@postern/shared/dns/answer.ts'
import type { DNSResolver } from 'mailauth'
import { answerOf, type Zone } from './zone.ts'

class DnsError extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

const CODES = { nxdomain: 'ENOTFOUND', nodata: 'ENODATA', failure: 'ETIMEOUT' } as const

/** A CNAME is not followed where it is what is asked for. */
function alias(zone: Zone, name: string): readonly unknown[] | null {
  const there = zone.get(name.toLowerCase())?.get('CNAME')
  return Array.isArray(there) ? there : null
}

function inNodesForm(type: string, data: unknown): unknown {
  if (type === 'TXT') return [data]
  if (type !== 'MX') return data
  const { preference, exchange } = data as { preference: number; exchange: string }
  return { priority: preference, exchange }
}

export function resolverOf(zone: Zone): DNSResolver {
  return async (name, type) => {
    const own = type === 'CNAME' ? alias(zone, name) : null
    if (own !== null) return own as string[]
    const answer = answerOf(zone, { name, type: type as RecordType })
    if (answer.kind !== 'records') throw new DnsError(CODES[answer.kind])
    return answer.data.map((one) => inNodesForm(type, one)) as string[]
  }
}
