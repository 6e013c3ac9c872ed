// Whose DMARC record counts for a domain (RFC 9989 §4.10): the tree is walked upwards, and the owner's name is found on the way.
import type { DmarcRecord, Policy, Psd } from './dmarc.ts'

/** More labels than this are skipped in one step (RFC 9989 §4.10). */
const MOST_NAMES = 8

/** Names that are asked, each behind `_dmarc.`, from the domain upwards: all are known from the domain alone. */
export function walkOf(domain: string): readonly string[] {
  const labels = domain.split('.')
  const above = labels.slice(1).map((_, n) => labels.slice(n + 1).join('.'))
  return [domain, ...above.slice(-(MOST_NAMES - 1))]
}

export type Published =
  | { readonly kind: 'record'; readonly record: DmarcRecord }
  | { readonly kind: 'none' | 'unlearned' }

/** Of each name of the walk what it has, in the order of the walk. */
type Walked = readonly { readonly name: string; readonly has: Published }[]

function psdOf(has: Published): Psd | null {
  return has.kind === 'record' ? has.record.psd : null
}

/**
 * RFC 9989 §4.10.2: `psd=n` makes a name the organisation's, `psd=y` the one below it; else it is the highest that has a
 * record. Without any record the domain stands for itself. Null where a name was not learned and might have decided.
 */
export function organisationOf(domain: string, walked: Walked): string | null {
  let highest = domain
  for (const { name, has } of walked) {
    if (has.kind === 'unlearned') return null
    const psd = psdOf(has)
    if (psd === 'n') return name
    if (psd === 'y') return name === domain ? name : below(name, domain)
    if (psd !== null) highest = name
  }
  return highest
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

/** `off`: a record that asks for nothing, and stands in the way of those above. */
export type Applied =
  | { readonly kind: 'found'; readonly effective: Effective }
  | { readonly kind: 'off'; readonly foundAt: string }
  | { readonly kind: 'none' | 'unlearned' }

/**
 * RFC 9989 §4.10.1: the domain's own record, else the organisation's, else that of the public suffix. `exists` is null where
 * nobody knows; what hangs on that, or on a name that was not learned, is unlearned.
 */
export function appliedTo(domain: string, walked: Walked, exists: boolean | null): Applied {
  const own = walked.find(({ name }) => name === domain)?.has ?? { kind: 'unlearned' }
  if (own.kind !== 'none') return byRecord(domain, own, (p) => p)
  const organisation = organisationOf(domain, walked)
  if (organisation === null) return { kind: 'unlearned' }
  const above = walked.find(({ name, has }) => name === organisation && has.kind !== 'none')
  const found = above ?? walked.find(({ has }) => psdOf(has) === 'y')
  if (found === undefined) return { kind: 'none' }
  return byRecord(found.name, found.has, (p, record) => policyBelow({ ...record, p }, exists))
}

function byRecord(
  foundAt: string,
  has: Published,
  policyOf: (p: Policy, record: DmarcRecord) => Policy | null,
): Applied {
  if (has.kind !== 'record') return { kind: has.kind }
  const { record } = has
  if (record.p === null) return { kind: 'off', foundAt }
  const policy = policyOf(record.p, record)
  if (policy === null) return { kind: 'unlearned' }
  return { kind: 'found', effective: { policy: lowered(policy, record), foundAt, record } }
}

/** For a name below the record's own; null where it hangs on what nobody knows. */
function policyBelow(
  { p, sp, np }: Pick<DmarcRecord, 'sp' | 'np'> & { readonly p: Policy },
  exists: boolean | null,
): Policy | null {
  const [there, absent] = [sp ?? p, np ?? sp ?? p]
  if (exists === null) return there === absent ? there : null
  return exists ? there : absent
}

/** RFC 9989 §4.7: what is being tested is applied one level lower. */
function lowered(policy: Policy, { testing }: DmarcRecord): Policy {
  if (!testing) return policy
  return policy === 'reject' ? 'quarantine' : 'none'
}

interface Signs {
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
