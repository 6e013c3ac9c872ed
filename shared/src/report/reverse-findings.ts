// What reverse names of exchanges' addresses give to think of, and where such a name is looked up.
import { parseAddress, reverseName } from '../dns/ip.ts'
import { type Finding, type FindingId, finding } from './finding.ts'

export interface ReverseRow {
  readonly host: string
  readonly address: string
  /** Null where they could not be learned. */
  readonly names: readonly string[] | null
  /** True where one of the names leads back to the address; null where that could not be learned. */
  readonly confirmed: boolean | null
}

/** Null for what is no address. */
export function reverseNameOf(text: string): string | null {
  const address = parseAddress(text)
  return address === null ? null : reverseName(address)
}

export function reverseFindings(domain: string, rows: readonly ReverseRow[]): Finding[] {
  const addresses = [...new Set(rows.map(({ address }) => address))]
  return addresses.flatMap((address) => {
    const same = rows.filter((row) => row.address === address)
    const id = verdictOn(same)
    if (id === null) return []
    const evidence = { hosts: same.map(({ host }) => host), names: same[0]?.names ?? [] }
    return [finding(id, { domain, subject: address, value: reverseNameOf(address) ?? address, evidence })]
  })
}

/** Rows of one address. */
function verdictOn(rows: readonly ReverseRow[]): FindingId | null {
  if (rows.every(({ names }) => names?.length === 0)) return 'PTR_MISSING'
  const isRefuted = rows.every(({ names, confirmed }) => names !== null && confirmed === false)
  return isRefuted ? 'FCRDNS_FAIL' : null
}
