// Whether a domain says who may send in its name (SPF, DMARC): it ranks domains whose servers tell nothing of mailboxes.
import type { Answer } from '@postern/shared/dns/answer.ts'
import { chosenDmarc } from '@postern/shared/report/dmarc.ts'
import type { Chosen } from '@postern/shared/report/record.ts'
import { chosenSpf } from '@postern/shared/report/spf-record.ts'
import type { SenderPolicyFact } from '@postern/shared/verdict/evidence.ts'
import { parse } from 'tldts'
import { createKnown, type KnownPorts } from './known.ts'
import type { Memo } from './memo.ts'

export interface SenderPolicyPorts extends Omit<KnownPorts, 'memoOf'> {
  readonly memo: (name: string) => Memo
  readonly now: () => number
  readonly later: (work: () => Promise<unknown>) => void
}

/** `domain` in A-form. One round trip. Never rejects. */
export async function lookUpSenderPolicy(
  domain: string,
  deadlineAt: number,
  ports: SenderPolicyPorts,
): Promise<SenderPolicyFact> {
  const memo = ports.memo(domain)
  const known = createKnown({ ...ports, memoOf: () => memo })
  const asking = { deadlineAt, opinion: { kind: 'first' } } as const
  const [spf, ...dmarc] = await Promise.all(
    [domain, ...policyNames(domain)].map((name) => known.ask({ name, type: 'TXT' }, asking)),
  )
  if (memo.isDue()) ports.later(() => memo.write())
  return {
    kind: 'sender_policy',
    spf: spf === undefined ? null : publishes(spf.answer, chosenSpf),
    dmarc: anyOf(dmarc.map(({ answer }) => publishes(answer, chosenDmarc))),
    observedAt: ports.now(),
    source: spf?.source ?? 'none',
  }
}

/** RFC 9989 §4.10 walks up the tree; its two ends, the domain itself and the organization's, hold nearly all records. */
function policyNames(domain: string): string[] {
  const { domain: organization } = parse(domain, { validateHostname: false })
  return [...new Set([domain, organization ?? domain])].map((name) => `_dmarc.${name}`)
}

/** Null where it could not be learned; several records are none (RFC 7208 §4.5, RFC 9989 §4.10). */
function publishes(answer: Answer<string>, choose: (texts: readonly string[]) => Chosen): boolean | null {
  if (answer.kind === 'failure') return null
  return answer.kind === 'records' && choose(answer.data).kind === 'one'
}

/** A yes from one outweighs what was not learned from another; a no needs all of them. */
function anyOf(found: readonly (boolean | null)[]): boolean | null {
  if (found.includes(true)) return true
  return found.includes(null) ? null : false
}
