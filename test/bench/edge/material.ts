// Material of others, read where it lies and never copied: addresses, slips, real domains and mailboxes by kind.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const FOLDER =
  process.env['POSTERN_CORPORA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))

export interface LabelledAddress {
  readonly address: string
  /** `signup` is null where it is a matter of taste. */
  readonly expect: { readonly signup: boolean | null }
}

export interface Slip {
  readonly typed: string
  readonly meant: string
}

export interface Kinds {
  /** Mailboxes that people keep: at large providers, at those who promise privacy, at schools and companies. */
  readonly kept: readonly string[]
  /** Aliases; what is listed as an ordinary mailbox too is among `kept` alone. */
  readonly relays: readonly string[]
}

export interface Material {
  readonly addresses: readonly LabelledAddress[]
  readonly slips: readonly Slip[]
  readonly real: readonly string[]
  readonly kinds: Kinds
}

/** Null where the folder is not at hand. */
export function readMaterial(): Material | null {
  if (!existsSync(FOLDER)) return null
  return {
    addresses: linesOf('syntax/syntax_unique.jsonl').map((line) => JSON.parse(line) as LabelledAddress),
    slips: cellsOf('typos/typos.csv').map(([typed = '', meant = '']) => ({ typed, meant })),
    real: cellsOf('typos/real_domains_no_suggestion.csv').map(([domain = '']) => domain),
    kinds: kindsOf(cellsOf('lists/false_positive_check.csv')),
  }
}

function kindsOf(rows: readonly (readonly string[])[]): Kinds {
  const of = (...kinds: readonly string[]) =>
    rows.flatMap(([kind = '', domain = '']) => (kinds.includes(kind) ? [domain] : []))
  const kept = of('mainstream', 'privacy_mailbox', 'edu_corp')
  return { kept, relays: of('relay_alias').filter((domain) => !kept.includes(domain)) }
}

function linesOf(file: string): string[] {
  const path = `${FOLDER}/${file}`
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}

/** Only first columns are read, and those hold no commas. */
function cellsOf(file: string): string[][] {
  return linesOf(file)
    .slice(1)
    .map((line) => line.split(','))
}
