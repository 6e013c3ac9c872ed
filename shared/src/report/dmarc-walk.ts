// Whose DMARC record counts for a domain (RFC 9989 §4.10): the tree is walked upwards, and the owner's name is found on the way.
import type { DmarcRecord, Policy } from './dmarc.ts'

/** More labels than this are skipped in one step (RFC 9989 §4.10). */
const MOST_NAMES = 8

/** Names that are asked, each behind `_dmarc.`, from the domain upwards: all are known from the domain alone. */
export function walkOf(domain: string): readonly string[] {
  const labels = domain.split('.')
  const above = labels.slice(1).map((_, n) => labels.slice(n + 1).join('.'))
  return [domain, ...above.slice(-(MOST_NAMES - 1))]
}

/** Of each name of the walk its record, or null. */
export type Walked = readonly { readonly name: string; readonly record: DmarcRecord | null }[]

/**
 * RFC 9989 §4.10.2: `psd=n` makes a name the organisation's, `psd=y` the one below it; else it is the highest that has a
 * record. Without any record the domain stands for itself.
 */
export function organisationOf(domain: string, walked: Walked): string {
  for (const [at, { name, record }] of walked.entries()) {
    if (record?.psd === 'n') return name
    if (record?.psd === 'y' && at > 0) return walked[at - 1]?.name === undefined ? name : below(name, domain)
  }
  return walked.findLast(({ record }) => record !== null)?.name ?? domain
}

/** The name one label longer than `name`, on the way down to `domain`. */
function below(name: string, domain: string): string {
  const more =
    domain
      .slice(0, -(name.length + 1))
      .split('.')
      .at(-1) ?? ''
  return `${more}.${name}`
}

export interface Effective {
  readonly policy: Policy
  /** Where the record was found. */
  readonly foundAt: string
  readonly record: DmarcRecord
}

/** RFC 9989 §4.10.1: the domain's own record, else the organisation's, else that of the public suffix; null where there is none. */
export function effectiveOf(domain: string, walked: Walked, { exists }: { exists: boolean }): Effective | null {
  const own = walked.find(({ name }) => name === domain)?.record ?? null
  if (own !== null) return { policy: lowered(own.p, own), foundAt: domain, record: own }
  const organisation = organisationOf(domain, walked)
  const above = walked.find(({ name, record }) => name === organisation && record !== null)
  const suffix = walked.find(({ record }) => record?.psd === 'y')
  const found = above ?? suffix
  if (found === undefined || found.record === null) return null
  const { name, record } = found
  const sp = record.sp ?? record.p
  return { policy: lowered(exists ? sp : (record.np ?? sp), record), foundAt: name, record }
}

/** RFC 9989 §4.7: what is being tested is applied one level lower. */
function lowered(policy: Policy, { testing }: DmarcRecord): Policy {
  if (!testing) return policy
  return policy === 'reject' ? 'quarantine' : 'none'
}

export interface Signs {
  /** RFC5322.From, and what SPF and DKIM vouch for; null where they vouch for nothing. */
  readonly from: string
  readonly spf: string | null
  readonly dkim: readonly string[]
}

/** RFC 9989 §4.4: relaxed where both are of one organisation, strict where they are equal; `organisation` says whose a name is. */
export function isAligned(
  { from, spf, dkim }: Signs,
  { strictSpf, strictDkim }: Pick<DmarcRecord, 'strictSpf' | 'strictDkim'>,
  organisation: (domain: string) => string,
): boolean {
  const isOne = (other: string, isStrict: boolean): boolean =>
    other === from || (!isStrict && organisation(other) === organisation(from))
  return (spf !== null && isOne(spf, strictSpf)) || dkim.some((signer) => isOne(signer, strictDkim))
}
