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

/** RFC 9989 §4.10: the walk ends where a record says what its name is, and what lies above is nobody's matter. */
export function untilSaid(walked: Walked): Walked {
  const at = walked.findIndex(({ record }) => record !== null && record.psd !== 'u')
  return at === -1 ? walked : walked.slice(0, at + 1)
}

/**
 * RFC 9989 §4.10.2: `psd=n` makes a name the organisation's, `psd=y` the one below it; else it is the highest that has a
 * record. Without any record the domain stands for itself.
 */
export function organisationOf(domain: string, walked: Walked): string {
  const seen = untilSaid(walked)
  const last = seen.at(-1)
  if (last?.record?.psd === 'y' && seen.length > 1) return below(last.name, domain)
  return seen.findLast(({ record }) => record !== null)?.name ?? domain
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

/**
 * RFC 9989 §4.10.1: the domain's own record, else the organisation's, else that of the public suffix; null where there is
 * none, and where the one that counts asks for nothing.
 */
export function effectiveOf(domain: string, walked: Walked, { exists }: { exists: boolean }): Effective | null {
  const organisation = organisationOf(domain, walked)
  const there = walked.flatMap(({ name, record }) => (record === null ? [] : [{ name, record }]))
  const suffix = untilSaid(walked).find(({ record }) => record?.psd === 'y')?.name
  const found = [domain, organisation, suffix].flatMap((wanted) => there.find(({ name }) => name === wanted) ?? [])[0]
  if (found === undefined) return null
  const { name, record } = found
  const policy = name === domain ? record.p : belowOf(record, exists)
  return policy === null ? null : { policy: lowered(policy, record), foundAt: name, record }
}

/** What is asked for names below that of the record. */
function belowOf({ p, sp, np }: DmarcRecord, exists: boolean): Policy | null {
  return exists ? (sp ?? p) : (np ?? sp ?? p)
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
