// The shape of one line of data: a domain, the mail hosts behind it, its mailboxes and what is true of them.
import type { ResolverFault } from './dns/resolver-fault.ts'
import type { Mailbox } from './mailbox.ts'
import type { Policy } from './policies/policy.ts'
import type { Character } from './smtp/character.ts'

export interface DomainRow {
  /** In A-form, under `.test`. */
  readonly domain: string
  /** The first host is `mx.<domain>` at preference 10, the second `mx2.<domain>` at 20, and so on. */
  readonly mx?: readonly Character[]
  /**
   * Further records as zone text, `name TYPE data` or `name TTL TYPE data`: names without a final dot are relative, `@` is
   * the domain, `*` any name that is not there, `$mx` the first host's address; a text in quotes may be several strings.
   * A line for `@` of type MX, A, AAAA or CNAME takes the place of the MX records above.
   */
  readonly zone?: readonly string[]
  /** Local parts as the server knows them. */
  readonly boxes?: Readonly<Record<string, Mailbox>>
  /** What the resolver does to every question about the domain and the names below it. */
  readonly fault?: ResolverFault
  /** Answers carry the AD bit to whoever asks for it. */
  readonly authentic?: boolean
  /** Relative names that are zones of their own, with all below them: each with its fault, and those that nobody signed. */
  readonly faults?: Readonly<Record<string, ResolverFault>>
  readonly insecure?: readonly string[]
  /** What its policy host answers; the host's address follows from that, unless a line of `zone` for `mta-sts` says otherwise. */
  readonly policy?: Policy
  /** The name does not exist at all (NXDOMAIN). */
  readonly nonexistent?: boolean
  /** Known to the registry; 4,000 where it is not said. */
  readonly registeredDaysAgo?: number
  /** What the addresses of its mail hosts are called, null where they have no name; the hosts' own names where it is not said. */
  readonly reverse?: string | null
  /** Ids of findings (`shared/src/report/findings.json`) that a report of the domain has, and of some that it has not. */
  readonly findings?: readonly string[]
  readonly lacks?: readonly string[]
  /** One sentence, shown in the README's table. */
  readonly note: string
}
