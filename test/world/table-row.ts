// Writes a domain's row of the table in this room's README, so that a test can hold the two together.
import { domainToUnicode } from 'node:url'
import type { DomainRow } from './domain-row.ts'

export function tableRow({ domain, boxes = {}, note }: DomainRow): string {
  const promised = Object.entries(boxes).map(([local, { outcome }]) => `${local}: ${outcome?.reason ?? 'open'}`)
  return `| \`${domainToUnicode(domain)}\` | ${note} | ${promised.join(' · ')} |`
}
