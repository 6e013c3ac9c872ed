// A finding as it leaves: names of its evidence as all of the wire's, instants as dates, numbers without noise.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import type { Finding } from '@postern/shared/report/finding.ts'
import { rounded } from '@postern/shared/report/rounded.ts'

export function shown(one: Finding): DomainReport['findings'][number] {
  return {
    ...one,
    publish: [...one.publish],
    refs: [...one.refs],
    evidence: outward(one.evidence) as Record<string, unknown>,
  }
}

function outward(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => outward(each))
  if (typeof value === 'number') return numberOf(value, name)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([key, member]) => [snake(key), outward(member, key)]))
}

/** What a share is set against, and the share: told to where they differ, so that no evidence speaks against its finding. */
const COMPARED: ReadonlySet<string> = new Set(['rate', 'line'])

function numberOf(value: number, name: string): number | string {
  if (name.endsWith('At')) return new Date(value).toISOString()
  return rounded(value, COMPARED.has(name) ? 'compared' : 'evidence')
}

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
