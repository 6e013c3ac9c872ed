// Which domain a request for a report is about, and what that report is made with and kept by: for callers of the interface and visitors alike.
import { readDomainName } from '@postern/shared/address/domain.ts'
import { specialUse } from '@postern/shared/address/special-use.ts'
import type { Context } from 'hono'
import { DEFAULT_PARTITION, partitionOf } from '../accounts/places.ts'
import { type Caller, isSandbox } from '../http/authenticate.ts'
import type { AnswerPorts } from '../reports/answer.ts'
import type { Named } from '../reports/learned.ts'
import type { AppEnv } from './context.ts'

/** The domain that somebody typed, or what is wrong with it as the end of a sentence. */
export function domainNamed(context: Context<AppEnv>, typed: string): Named | { readonly detail: string } {
  const text = typed.trim().replace(/\.$/, '')
  if (text.includes('/')) return { detail: 'is a URL: name its host alone, such as example.com' }
  if (text.includes('@')) return { detail: 'is an address: name the part behind the @' }
  if (/:\d+$/.test(text)) return { detail: 'has a port: name the host alone' }
  if (/(?:^|\.)_/.test(text)) return { detail: 'has a label that begins with an underscore: name the domain itself' }
  const read = readDomainName(text, 0)
  if (!read.ok) return { detail: 'is no domain name' }
  const { ascii, unicode } = read.domain
  if (/^[\d.]+$/.test(ascii)) return { detail: 'is an IP address: name a domain' }
  const special = specialUse(ascii, context.get('services').config.ALLOW_SPECIAL_USE)
  return special === null ? { ascii, unicode } : { detail: `is below ${special}, where no public mail is` }
}

/** Visitors of our pages have no account, and see what callers of the default partition see. */
function partitionFor(caller: Caller | undefined): string {
  return caller?.type === 'key' ? partitionOf(caller.account) : DEFAULT_PARTITION
}

/** Null for a test key, of which nothing is kept. */
export function shelfOf(context: Context<AppEnv>, { ascii }: Named) {
  const caller = context.get('caller') as Caller | undefined
  if (caller !== undefined && isSandbox(caller)) return null
  return context.get('services').reports.of(partitionFor(caller), ascii)
}

/** A test key has no lane look at anybody, and nothing is kept of what it asks. */
export function portsOf(context: Context<AppEnv>, named: Named): AnswerPorts {
  const caller = context.get('caller') as Caller | undefined
  const ports = context.get('services').reports.portsFor(partitionFor(caller), named.ascii)
  const kept = shelfOf(context, named)
  return { ...ports, reports: kept, ...(kept === null && { inspect: null }) }
}
