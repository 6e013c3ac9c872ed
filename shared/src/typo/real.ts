// The mail domains that are known: whom a slip may have meant, and who is real however much it looks like a slip.
import { canonicalRules } from '../address/canonical-rules.ts'
import disposable from '../signals/disposable.json' with { type: 'json' }
import { type DomainTable, domainList } from '../signals/domain-list.ts'
import forwarding from '../signals/forwarding.json' with { type: 'json' }
import free from '../signals/free.json' with { type: 'json' }
import vanity from '../signals/free-vanity.json' with { type: 'json' }
import lasting from '../signals/mailboxes.json' with { type: 'json' }
import relay from '../signals/relay.json' with { type: 'json' }
import { outline, type Outline } from './distance.ts'
import { split } from './endings.ts'
import mailboxes from './mailboxes.json' with { type: 'json' }
import neighbours from './neighbours.json' with { type: 'json' }
import popularity from './popularity.json' with { type: 'json' }

const names = (...tables: readonly DomainTable[]): string[] => tables.flatMap((table) => [...domainList(table).names])

const providerDomains = new Set([
  ...names(free, mailboxes, lasting),
  ...canonicalRules.flatMap(({ domains }) => domains),
])
const realDomains = new Set([...providerDomains, ...names(disposable, forwarding, relay, neighbours, vanity)])

/** True for a domain (A-form) that is real by some list, and so never a slip. */
export const isReal = (domain: string): boolean => realDomains.has(domain)

/** True for a domain (A-form) where people have mailboxes, so that the DNS need not be asked about it. */
export const isProvider = (domain: string): boolean => providerDomains.has(domain)

/** A name under which mailboxes are handed out, with all endings it is known by. */
export interface Provider {
  readonly label: string
  readonly outline: Outline
  readonly endings: readonly string[]
  /** Of all people who sign up somewhere, the part with a mailbox here. */
  readonly share: number
  /** Names such as `live` and `aol`: many words and many companies are one letter away. */
  readonly common: boolean
}

const shares: ReadonlyMap<string, number> = new Map(Object.entries(popularity.perHundredThousand))
const words = new Set(popularity.words)
/** The share of a provider that is too small to be ranked, per hundred thousand. */
const UNRANKED = 20

export const providers: readonly Provider[] = gather()

/** The provider of that very label, or null. */
export const providerOf = (label: string): Provider | null => byLabel.get(label) ?? null

const byLabel: ReadonlyMap<string, Provider> = new Map(providers.map((provider) => [provider.label, provider]))

/** As the lists of signals are published: whose domains a slip may have meant. */
export function knowledgeOfSlips() {
  return { name: 'typo', date: popularity.date, count: providerDomains.size, sources: [] }
}

function gather(): Provider[] {
  const endings = new Map<string, string[]>()
  for (const domain of providerDomains) {
    const { below, label, ending } = split(domain)
    if (below === '') endings.set(label, [...(endings.get(label) ?? []), ending])
  }
  return Array.from(endings, ([label, known]) => ({
    label,
    outline: outline(label),
    endings: known,
    share: (shares.get(label) ?? UNRANKED) / 100_000,
    common: words.has(label) || label.length <= 3,
  }))
}

/** `gmailcom` and `gmxd.e`: every provider's domain by its letters alone. */
const undotted: ReadonlyMap<string, string> = new Map(
  // Of two that are alike the one listed first is larger, and is written last.
  Array.from(providerDomains, (domain): [string, string] => [letters(domain), domain]).toReversed(),
)

/** The provider's domain that is left where the dots of a text are in the wrong places, or null. */
export const withoutDots = (text: string): string | null => undotted.get(letters(text)) ?? null

function letters(text: string): string {
  return text.replaceAll('.', '')
}
