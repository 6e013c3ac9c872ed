// What an audit's observations prove about the lane's names and mail, pure: each rule with its source, no doubt held against it.
import type { Check, CheckResult } from '@postern/shared/contract/audit.ts'
import type { Answer } from '@postern/shared/dns/answer.ts'
import type { Heard, Reach } from './ask.ts'

export type Finding = Pick<CheckResult, 'state' | 'detail'>

const ok = (detail: string): Finding => ({ state: 'ok', detail })
const unfit = (detail: string): Finding => ({ state: 'unfit', detail })
const unmeasured = (detail: string): Finding => ({ state: 'unmeasured', detail })

const MOST_WORDS = 400

/** `at` in milliseconds since the epoch; `operator` null for the lane as a whole. */
export function resultOf(
  check: Check,
  { state, detail }: Finding,
  { at, operator = null }: { readonly at: number; readonly operator?: string | null },
): CheckResult {
  return { check, operator, state, detail: detail.slice(0, MOST_WORDS), at }
}

/** The lane's address: the one it was told, or the only one that its name has. */
export function ownAddress(egress: string | null, a: Answer<string>): string | null {
  if (egress !== null) return egress
  return a.kind === 'records' && a.data.length === 1 ? (a.data[0] ?? null) : null
}

export interface NamesSeen {
  readonly ehloName: string
  /** What the deployment says the lane's address is; null where it does not. */
  readonly egress: string | null
  /** Of the EHLO name. */
  readonly a: Answer<string>
  /** Of `ownAddress`; null where that is not known. */
  readonly ptr: Answer<string> | null
}

/**
 * Name → address → the same name. The name said in EHLO has to resolve (RFC 5321 §2.3.5), every address has a PTR that agrees
 * with its A (RFC 1912 §2.1), and servers compare the two (`iprev`, RFC 8601 §2.7.3).
 */
export function judgeFcrdns({ ehloName, egress, a, ptr }: NamesSeen): Finding {
  if (a.kind === 'failure') return unmeasured(`the A record of the EHLO name could not be looked up: ${a.why}`)
  if (a.kind !== 'records') return unfit('the EHLO name has no A record')
  if (egress !== null && !a.data.includes(egress)) return unfit('the EHLO name does not resolve to our address')
  if (ptr === null) return unmeasured('the EHLO name has several addresses, and which is ours is not known')
  if (ptr.kind === 'failure') return unmeasured(`the PTR record of our address could not be looked up: ${ptr.why}`)
  if (ptr.kind !== 'records') return unfit('our address has no PTR record')
  if (!ptr.data.includes(ehloName.toLowerCase())) return unfit('the PTR record of our address has another name')
  return ok(egress === null ? 'A and PTR agree; our address was taken from the A record' : 'address, A and PTR agree')
}

export interface ListSeen {
  readonly zone: string
  /** For 127.0.0.2, which every list has, and 127.0.0.1, which none may have (RFC 5782 §5). */
  readonly always: Answer<string>
  readonly never: Answer<string>
  readonly own: Answer<string>
}

type Listing = 'listed' | 'unlisted' | 'unclear'

/** RFC 5782 §2.1: listed is an address within this block, unlisted is no such name. */
const LISTED = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/
// Lists refuse public resolvers, excess and misspelt zones in 127.255.255.0/24 (Spamhaus .252, .254, .255) or by 127.0.0.1 (URIBL),
// as their own pages say, seen 2026-11: no listing, and no answer either.
const REFUSAL = /^127\.255\.255\.\d{1,3}$|^127\.0\.0\.1$/

function listingOf(answer: Answer<string>): Listing {
  switch (answer.kind) {
    case 'nodata':
    case 'nxdomain':
      return 'unlisted'
    case 'failure':
      return 'unclear'
    case 'records':
      // A zone that was given up answers everything with the address of a web page.
      return answer.data.every((code) => LISTED.test(code) && !REFUSAL.test(code)) ? 'listed' : 'unclear'
  }
}

/** Our address on lists that are well: one that does not list its test entry, or lists everybody, says nothing. */
export function judgeDnsbl(lists: readonly ListSeen[]): Finding {
  const said = lists.map((list) => ({ zone: list.zone, listing: listingOn(list) }))
  const zones = (listing: Listing) => said.filter((one) => one.listing === listing).map(({ zone }) => zone)
  const [listed, unlisted, unclear] = [zones('listed'), zones('unlisted'), zones('unclear')]
  const silent = unclear.length === 0 ? '' : `; no answer from ${unclear.join(', ')}`
  if (listed.length > 0) return unfit(`listed by ${listed.join(', ')}${silent}`)
  if (unlisted.length > 0) return ok(`not listed by ${unlisted.join(', ')}${silent}`)
  return unmeasured(lists.length === 0 ? 'no list was asked' : `no answer from ${unclear.join(', ')}`)
}

function listingOn({ always, never, own }: ListSeen): Listing {
  const isWell = listingOf(always) === 'listed' && listingOf(never) === 'unlisted'
  return isWell ? listingOf(own) : 'unclear'
}

export interface TargetSeen {
  /** IP address. */
  readonly address: string
  readonly reach: Reach
}

const ENOUGH_TARGETS = 2

/** One host that does not answer is that host; two at different addresses are our way out (port 25 is closed until asked for). */
export function judgePort25(targets: readonly TargetSeen[]): Finding {
  const reached = (reach: Reach) => targets.filter((target) => target.reach === reach)
  if (reached('greeted').length > 0) return ok('a mail server greeted us')
  if (reached('connected').length > 0) return unmeasured('a port was open, but nobody greeted us with 220')
  const missed = new Set(reached('not_connected').map(({ address }) => address)).size
  if (missed >= ENOUGH_TARGETS) return unfit(`none of ${missed} mail servers could be connected to`)
  return unmeasured(missed === 0 ? 'no mail server was tried' : 'the only mail server tried could not be connected to')
}

export interface CalloutSeen {
  readonly route: 'found' | 'none' | 'unknown'
  /** The lane's own mailbox, and a stranger beside it, asked for from the null reverse-path. */
  readonly sender: Heard
  readonly postmaster: Heard
  readonly abuse: Heard
}

type Verdict = 'accepted' | 'refused' | 'later' | 'silent'

function verdictOn(reply: Heard['mailbox']): Verdict {
  if (reply === null) return 'silent'
  if (reply.code >= 500) return 'refused'
  return reply.code < 300 ? 'accepted' : 'later'
}

/**
 * What servers find that call back before they answer us: our mailbox takes bounces (RFC 5321 §4.5.5), strangers are refused,
 * and the addresses for complaints are there (RFC 5321 §4.5.1, RFC 2142 §2, §4).
 */
export function judgeCallout({ route, sender, postmaster, abuse }: CalloutSeen): Finding {
  if (route === 'none') return unfit('the domain of the MAIL FROM mailbox takes no mail')
  if (route === 'unknown') return unmeasured('the mail route of the MAIL FROM domain could not be learned')
  const people = [
    ['the MAIL FROM mailbox', verdictOn(sender.mailbox)],
    ['postmaster', verdictOn(postmaster.mailbox)],
    ['abuse', verdictOn(abuse.mailbox)],
  ] as const
  const stranger = verdictOn(sender.stranger)
  const refused = people.filter(([, verdict]) => verdict === 'refused').map(([who]) => who)
  const wrong = [
    ...refused.map((who) => `${who} is refused`),
    ...(stranger === 'accepted' ? ['a stranger at the MAIL FROM domain is accepted'] : []),
  ]
  if (wrong.length > 0) return unfit(wrong.join(', '))
  const open = people.filter(([, verdict]) => verdict !== 'accepted').map(([who, verdict]) => `${who}: ${verdict}`)
  if (stranger !== 'refused') open.push(`a stranger: ${stranger}`)
  return open.length > 0
    ? unmeasured(`no final answer about ${open.join(', ')}`)
    : ok('callouts are answered as they should be')
}
