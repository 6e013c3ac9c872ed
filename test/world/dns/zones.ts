// The records of the invented internet and how a question finds them: answer, nothing of that type, or no such name.
import type { ResolverFault } from './resolver-fault.ts'
import { type ResourceRecord, startOfAuthority } from './zone-text.ts'

export interface Finding {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED' | 'SERVFAIL'
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly authentic: boolean
}

interface Zone {
  readonly soa: ResourceRecord
  readonly fault: ResolverFault | null
  readonly authentic: boolean
}

const MAX_CNAMES = 8

export class Zones {
  readonly #zones = new Map<string, Zone>()
  readonly #records = new Map<string, ResourceRecord[]>()
  // Every name with records, and every name above one: those exist without records of their own (RFC 8020 §2).
  readonly #existing = new Set<string>()

  addZone(origin: string, options: { readonly fault?: ResolverFault; readonly authentic?: boolean } = {}): void {
    const soa = startOfAuthority(origin)
    this.#zones.set(origin, { soa, fault: options.fault ?? null, authentic: options.authentic ?? false })
    this.put([soa])
  }

  /** Adds records; those of the same name and type that were there before are replaced. */
  put(records: readonly ResourceRecord[]): void {
    const replaced = new Set(records.map(({ name, type }) => `${name} ${type}`))
    for (const { name } of records) {
      const kept = this.#at(name).filter((record) => !replaced.has(`${record.name} ${record.type}`))
      this.#records.set(name, kept)
      for (const ancestor of lineage(name)) this.#existing.add(ancestor)
    }
    for (const record of records) this.#at(record.name).push(record)
  }

  /** Takes away the records of a name and type, and with the last of them the name. */
  drop(name: string, type: string): void {
    const kept = this.#at(name).filter((record) => record.type !== type)
    this.#records.set(name, kept)
    const hasNamesBelow = [...this.#existing].some((other) => other.endsWith(`.${name}`))
    if (kept.length === 0 && !hasNamesBelow) this.#existing.delete(name)
  }

  lookup(question: { readonly name: string; readonly type: string }): Finding {
    const chain: ResourceRecord[] = []
    let name = question.name.toLowerCase()
    let authentic = true
    while (chain.length <= MAX_CNAMES) {
      const zone = this.#zoneOf(name)
      if (zone === null) return outside(chain, authentic)
      authentic &&= zone.authentic
      const matching = this.#at(name).filter(({ type }) => type === question.type)
      if (matching.length > 0) return found([...chain, ...matching], authentic)
      const alias = this.#at(name).find((record) => record.type === 'CNAME')
      if (alias === undefined) return this.#nothing(name, { chain, authentic, soa: zone.soa })
      chain.push(alias)
      name = alias.data
    }
    return { rcode: 'SERVFAIL', answers: [], authorities: [], authentic: false }
  }

  faultOf(name: string): ResolverFault | null {
    return this.#zoneOf(name.toLowerCase())?.fault ?? null
  }

  #nothing(name: string, known: { chain: ResourceRecord[]; authentic: boolean; soa: ResourceRecord }): Finding {
    const rcode = this.#existing.has(name) ? 'NOERROR' : 'NXDOMAIN'
    return { rcode, answers: known.chain, authorities: [known.soa], authentic: known.authentic }
  }

  #at(name: string): ResourceRecord[] {
    return this.#records.get(name) ?? []
  }

  #zoneOf(name: string): Zone | null {
    const origin = lineage(name).find((ancestor) => this.#zones.has(ancestor))
    return origin === undefined ? null : (this.#zones.get(origin) ?? null)
  }
}

function found(answers: readonly ResourceRecord[], authentic: boolean): Finding {
  return { rcode: 'NOERROR', answers, authorities: [], authentic }
}

/** An alias that leaves the world is followed no further; a question that begins outside is refused. */
function outside(chain: readonly ResourceRecord[], authentic: boolean): Finding {
  return chain.length > 0
    ? found(chain, authentic)
    : { rcode: 'REFUSED', answers: [], authorities: [], authentic: false }
}

/** The name and every name above it, nearest first. */
function lineage(name: string): string[] {
  const labels = name.split('.')
  return labels.map((_, index) => labels.slice(index).join('.'))
}
