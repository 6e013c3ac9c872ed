// The records of the invented internet and how a question finds them: answer, nothing of that type, or no such name.
import type { ResolverFault } from './resolver-fault.ts'
import { type Signed, signatureOf } from './signatures.ts'
import type { PacketRecord } from './wire-format.ts'
import { delegationSigner, nameServer, type ResourceRecord, startOfAuthority } from './zone-text.ts'

export interface Finding {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED' | 'SERVFAIL'
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly authentic: boolean
  /** Of both sections, for whoever asks for them (RFC 4035 §3.2.1); those of a badly signed zone are there too. */
  readonly signatures: Record<'answers' | 'authorities', readonly PacketRecord[]>
}

export interface ZoneOptions {
  readonly fault?: ResolverFault
  readonly authentic?: boolean
}

interface Zone {
  readonly soa: ResourceRecord
  readonly fault: ResolverFault | null
  readonly authentic: boolean
  readonly signed: boolean
}

interface Asked {
  readonly name: string
  readonly type: string
}

/** Where a question led: through these zones and aliases, to the last name and what it holds of the type. */
interface Walk {
  readonly zones: readonly Zone[]
  readonly aliases: readonly ResourceRecord[]
  /** Sets of records on the way, as far as their zones are signed. */
  readonly signed: readonly Signed[]
  readonly name: string
  readonly matching: readonly ResourceRecord[]
  readonly ending: 'there' | 'outside' | 'loop'
}

const MAX_CNAMES = 8

export class Zones {
  readonly #zones = new Map<string, Zone>()
  readonly #records = new Map<string, ResourceRecord[]>()
  // Every name with records, and every name above one: those exist without records of their own (RFC 8020 §2).
  readonly #existing = new Set<string>()

  /** A zone that is signed, well or badly, has its DS record in the zone above. */
  addZone(origin: string, { fault, authentic = false }: ZoneOptions = {}): void {
    const soa = startOfAuthority(origin)
    const signed = authentic || fault?.kind === 'bogus'
    this.#zones.set(origin, { soa, fault: fault ?? null, authentic, signed })
    this.put([soa, nameServer(origin), ...(signed ? [delegationSigner(origin)] : [])])
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

  lookup(question: Asked): Finding {
    const { zones, aliases, signed, name, matching, ending } = this.#walk(question)
    if (ending === 'loop') return empty('SERVFAIL')
    const authentic = zones.every((zone) => zone.authentic)
    const signatures = { answers: signaturesOf(signed), authorities: [] }
    const found = {
      rcode: 'NOERROR',
      answers: [...aliases, ...matching],
      authorities: [],
      authentic,
      signatures,
    } as const
    // An alias that leaves the world is followed no further; a question that begins outside is refused.
    if (ending === 'outside') return aliases.length > 0 ? found : empty('REFUSED')
    if (matching.length > 0) return found
    const rcode = this.#source(name) === null ? 'NXDOMAIN' : 'NOERROR'
    return { ...found, rcode, ...negative(zones.at(-1), signatures) }
  }

  /** The first fault on the way to the answer, aliases included. */
  faultOf(question: Asked): ResolverFault | null {
    return this.#walk(question).zones.find(({ fault }) => fault !== null)?.fault ?? null
  }

  #walk({ name: asked, type }: Asked): Walk {
    const zones: Zone[] = []
    const aliases: ResourceRecord[] = []
    const signed: Signed[] = []
    let name = asked.toLowerCase()
    while (aliases.length <= MAX_CNAMES) {
      const way = { zones, aliases, signed, name }
      const zone = this.#zoneOf(name, type)
      if (zone === null) return { ...way, matching: [], ending: 'outside' }
      zones.push(zone)
      const held = this.#heldBy(name)
      const matching = held.filter((record) => record.type === type)
      const alias = held.find((record) => record.type === 'CNAME')
      const isEnd = matching.length > 0 || alias === undefined
      const records = isEnd ? matching : [alias]
      if (zone.signed) signed.push({ records, origin: zone.soa.name, source: this.#source(name) ?? name })
      if (isEnd) return { ...way, matching, ending: 'there' }
      aliases.push(alias)
      name = alias.data
    }
    return { zones, aliases, signed, name, matching: [], ending: 'loop' }
  }

  #heldBy(name: string): ResourceRecord[] {
    const source = this.#source(name)
    if (source === null) return []
    return source === name ? this.#at(name) : this.#at(source).map((record) => ({ ...record, name }))
  }

  /** The name itself where it exists, else the wildcard below its closest encloser (RFC 4592 §3.3.1), else null. */
  #source(name: string): string | null {
    const encloser = lineage(name).find((ancestor) => this.#existing.has(ancestor))
    if (encloser === undefined || encloser === name) return encloser ?? null
    const wildcard = `*.${encloser}`
    return this.#existing.has(wildcard) ? wildcard : null
  }

  #at(name: string): ResourceRecord[] {
    return this.#records.get(name) ?? []
  }

  /** The zone that answers; for DS that is the one above (RFC 4035 §3.1.4.1). */
  #zoneOf(name: string, type: string): Zone | null {
    const places = type === 'DS' ? lineage(name).slice(1) : lineage(name)
    const origin = places.find((ancestor) => this.#zones.has(ancestor))
    return origin === undefined ? null : (this.#zones.get(origin) ?? null)
  }
}

function empty(rcode: Finding['rcode']): Finding {
  return { rcode, answers: [], authorities: [], authentic: false, signatures: { answers: [], authorities: [] } }
}

function negative(zone: Zone | undefined, { answers }: Finding['signatures']) {
  if (zone === undefined) return {}
  const { soa, signed } = zone
  const authorities = signaturesOf(signed ? [{ records: [soa], origin: soa.name, source: soa.name }] : [])
  return { authorities: [soa], signatures: { answers, authorities } }
}

function signaturesOf(sets: readonly Signed[]): PacketRecord[] {
  return sets.map(signatureOf).filter((signature) => signature !== null)
}

/** The name and every name above it, nearest first. */
function lineage(name: string): string[] {
  const labels = name.split('.')
  return labels.map((_, index) => labels.slice(index).join('.'))
}
