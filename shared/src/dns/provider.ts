// Which operator runs an exchange, and what is known of its habits: a prior, which a domain's own answers override.
import { z } from 'zod'
import table from './providers.json' with { type: 'json' }

/** `enhanced` as `5.1.1`; `phrase` in lower case, as it stands in the text. */
const noCode = z.strictObject({
  enhanced: z
    .string()
    .regex(/^5\.[0-9]+\.[0-9]+$/)
    .optional(),
  phrase: z.string().toLowerCase().min(1).optional(),
})

const count = z.number().int().min(0)

/** One row of the table, as it is published. */
export const providerRow = z.strictObject({
  id: z.string(),
  /** Exchange suffixes on label boundaries; `*` stands for one label. */
  suffixes: z.array(z.string()),
  /** Recipient domains the row is for, or null for all. */
  domains: z.array(z.string()).nullable(),
  /** `no`: never asked; `batch`: not for somebody who waits; `queue`: asked, answered later. */
  probe: z.enum(['yes', 'no', 'batch', 'queue']),
  meaningOf250: z.enum(['exists', 'exists_if_stranger_refused', 'likely_exists', 'nothing']),
  /** Replies that mean "no such mailbox" here: every part that is given has to match. */
  noCodes: z.array(noCode),
  /** Phrases by which the operator refuses a client for all domains behind it, in lower case, as they stand in the text. */
  speaksForAll: z.array(z.string().toLowerCase().min(1)),
  control: z.enum(['none', 'once', 'two']),
  controlTiming: z.enum(['none', 'pipelined', 'after_250']),
  /** Rows of one operator count as one destination, by this name. */
  countsAs: z.string(),
  /** Per lane; a named row counts as one destination, the default row per connected address. */
  limits: z.strictObject({
    connections: count,
    connectionsPerSecond: count,
    recipientsPerSession: count,
    recipientsPerMinute: count,
    /** Cisco's default takes 25 for a harvest; of one recipient domain too, over all lanes. */
    refusedPerHour: count,
  }),
  confidence: z.enum(['high', 'medium', 'low']),
  /** Lanes are chosen by address instead of by domain. */
  spread: z.boolean(),
  oneRecipientPerSession: z.boolean(),
  flag: z.enum(['relay', 'forwarding']).nullable(),
  /** Month, or year, of the last observation. */
  seen: z.string().regex(/^20[0-9]{2}(?:-[01][0-9])?$/),
  provenance: z.string().min(1),
})
export type ProviderRow = z.infer<typeof providerRow>

export const providerTable = z.strictObject({ version: z.string(), rows: z.array(providerRow) })

/** A test holds the data to its schema: checking it here costs every start of the Worker ten milliseconds. */
export const providers = table as unknown as z.infer<typeof providerTable>

const byId = new Map(providers.rows.map((one) => [one.id, one]))

// A suffix look-up per label, so that the cost does not grow with the table; wildcards are few and tried last.
const bySuffix = new Map<string, ProviderRow[]>()
for (const one of providers.rows) {
  for (const suffix of one.suffixes) bySuffix.set(suffix, [...(bySuffix.get(suffix) ?? []), one])
}
const wildcards = providers.rows.flatMap((one) =>
  one.suffixes.filter((suffix) => suffix.includes('*')).map((suffix) => ({ row: one, labels: suffix.split('.') })),
)

/** The row for an exchange (host name, lower case, no trailing dot) that takes mail for `domain`; `default` where none fits. */
export function providerOf(exchange: string, domain: string): ProviderRow {
  const labels = exchange.split('.')
  for (let start = 0; start < labels.length; start += 1) {
    const found = bySuffix.get(labels.slice(start).join('.'))?.find((one) => isFor(one, domain))
    if (found !== undefined) return found
  }
  const wild = wildcards.find((one) => isFor(one.row, domain) && matchesTail(labels, one.labels))
  return wild?.row ?? defaultRow()
}

/** What counts as one for permits: an operator, whatever its rows are called, or whoever is at an IP address (text form). */
export function destinationOf({ id, countsAs }: ProviderRow, address: string): string {
  return id === 'default' ? address : countsAs
}

function isFor(one: ProviderRow, domain: string): boolean {
  return one.domains === null || one.domains.includes(domain)
}

function matchesTail(labels: readonly string[], pattern: readonly string[]): boolean {
  const tail = labels.slice(-pattern.length)
  return tail.length === pattern.length && pattern.every((part, index) => part === '*' || part === tail[index])
}

function defaultRow(): ProviderRow {
  const found = byId.get('default')
  if (found === undefined) throw new Error('the provider table has no default row')
  return found
}
