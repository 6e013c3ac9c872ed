// Lists of domains, a row per operator, made ready for look-ups: for the checks of this room.

/** As written in a data file: names in A-form and lower case. */
export interface DomainTable {
  readonly name: string
  /** Month in which the rows were last looked through. */
  readonly date: string
  readonly rows: readonly { readonly operator: string; readonly domains: readonly string[] }[]
}

export interface DomainList {
  readonly source: string
  readonly names: ReadonlySet<string>
}

export function domainList({ name, date, rows }: DomainTable): DomainList {
  return { source: `${name} ${date}`, names: new Set(rows.flatMap(({ domains }) => domains)) }
}

/** True where a domain (A-form, lower case) or a parent of it is listed: operators hand out names below their own. */
export function liesWithin({ names }: DomainList, domain: string): boolean {
  for (let name = domain; ; ) {
    if (names.has(name)) return true
    const dot = name.indexOf('.')
    if (dot === -1) return false
    name = name.slice(dot + 1)
  }
}
