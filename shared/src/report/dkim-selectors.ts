// By which selectors the best known operators sign, so that keys are found though nobody can list them.
import table from './dkim-selectors.json' with { type: 'json' }

const SELECTORS: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(table))

/** `provider` is the id of a row of `dns/providers.json`; empty where its domains choose names of their own. */
export function selectorsOf(provider: string): readonly string[] {
  return SELECTORS.get(provider) ?? []
}
