// Writes a domain's rows of the tables in this room's README, so that a test can hold the two together.
import { domainToUnicode } from 'node:url'
import type { DomainRow } from './domain-row.ts'

export function tableRow({ domain, boxes = {}, note }: DomainRow): string {
  const promised = Object.entries(boxes).map(([local, { outcome }]) => `${local}: ${outcome?.reason ?? 'open'}`)
  return `| \`${domainToUnicode(domain)}\` | ${note} | ${promised.join(' · ')} |`
}

/** Of the second table: what its report says. */
export function reportRow({ domain, findings = [], boxes, note }: DomainRow): string {
  return `| \`${domainToUnicode(domain)}\` | ${boxes === undefined ? note : ''} | ${findings.join(' · ')} |`
}
