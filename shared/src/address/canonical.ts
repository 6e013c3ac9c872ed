// One name for one mailbox: which spellings of an address a provider delivers to the same place, for counting, never for the wire.
import { type CanonicalRule, canonicalRules } from './canonical-rules.ts'
import type { Address } from './parse.ts'
import { printIpLiteral } from './ip-literal.ts'

const ruleByDomain = new Map(canonicalRules.flatMap((rule) => rule.domains.map((domain) => [domain, rule] as const)))

/**
 * The address under which a mailbox is counted: at providers known to do so, case, tag, dots and other names of the domain
 * are overlooked. Elsewhere only the domain is put in order, since dots, tags and case may name somebody else.
 */
export function canonical({ localPart, domain }: Address): string {
  if (domain.kind !== 'name') return `${localPart}@${printIpLiteral(domain)}`
  const rule = ruleByDomain.get(domain.ascii)
  if (rule === undefined || localPart.startsWith('"')) return `${localPart}@${domain.ascii}`
  return `${canonicalLocal(localPart, rule)}@${rule.domain ?? domain.ascii}`
}

function canonicalLocal(localPart: string, rule: CanonicalRule): string {
  const whole = localPart.toLowerCase()
  const plus = whole.indexOf('+')
  const untagged = written(plus > 0 ? whole.slice(0, plus) : whole, rule)
  // What is left has to be a name still: there is no mailbox `jane.` behind `jane.+x`, and none without any character.
  const isName = untagged !== '' && !untagged.endsWith('.')
  return isName ? untagged : written(whole, rule) || whole
}

function written(text: string, { sameAs }: CanonicalRule): string {
  if (sameAs === undefined) return text
  return Array.from(text, (character) => (sameAs.characters.includes(character) ? sameAs.written : character)).join('')
}
