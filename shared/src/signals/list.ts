// What a list of names is, for the signals that look names up in one.

export interface NameList {
  /** Name and date, as evidence shows them. */
  readonly source: string
  readonly names: ReadonlySet<string>
}

export const nameList = (source: string, names: readonly string[]): NameList => ({ source, names: new Set(names) })

/** Whether the domain (A-form, lower case) or one of its parents is listed; a list's operator hands out subdomains too. */
export function listsDomainOrParent(list: NameList, domain: string): boolean {
  for (let from = 0; from !== -1; from = domain.indexOf('.', from) + 1 || -1) {
    if (list.names.has(domain.slice(from))) return true
  }
  return false
}
