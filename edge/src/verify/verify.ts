// THE STORY of one address, top to bottom: parse, look at names and lists, find the mail route, ask its server if told to, decide.
import { type Address, parse, type Parsed } from '@postern/shared/address/parse.ts'
import { specialUse } from '@postern/shared/address/special-use.ts'
import { suggest, type Suggestion } from '@postern/shared/typo/suggest.ts'
import { decide, providerFor, settledWithoutSmtp } from '@postern/shared/verdict/decide.ts'
import { type Fact, isProbeFact, type SenderPolicyFact } from '@postern/shared/verdict/evidence.ts'
import type { Case } from '@postern/shared/verdict/finding.ts'
import { mailboxReply } from '@postern/shared/verdict/lifetimes.ts'
import { RANKED } from '@postern/shared/verdict/score.ts'
import type { Age } from '../age/age.ts'
import type { Routed, RouteWanted } from '../dns/route.ts'
import type { ProbeMemo, Remembered } from '../probe/memo.ts'
import { askMailServer, type AskedServer, type AskPorts, hold, type Subject } from './ask-mail-server.ts'
import { hasAgeOfItsOwn, recognised, revealed, suggested } from './recognised.ts'
import type { Verified, VerifyRequest } from './verified.ts'

export interface VerifyPorts extends AskPorts {
  readonly lookUpRoute: (wanted: RouteWanted) => Promise<Routed>
  /** What lanes have lately reported; read beside the look-ups. */
  readonly memo: ProbeMemo
  readonly lookUpSenderPolicy: (domain: string, deadlineAt: number) => Promise<SenderPolicyFact>
  readonly ageOf: (domain: string) => Age
  /** Work for after the answer has left. */
  readonly later: (work: () => Promise<unknown>) => void
  readonly allowSpecialUse: readonly string[]
  /** Resolves to false where whoever asks was not admitted: no server is asked on their behalf. */
  readonly mayAsk: () => Promise<boolean>
}

/** What only ranks may take this long, in milliseconds. */
const RANKING_MS = 500
/** Look-ups may take this much of a request, so that asking the mail server has some left, in milliseconds. */
const DNS_MS = 3_000

export async function verify(request: VerifyRequest, ports: VerifyPorts): Promise<Verified> {
  const startedAt = ports.now()
  const parsed = parse(request.email, request.allow)
  const meant = suggest(request.email, parsed)
  if (!parsed.ok) return refused(parsed, meant, ports)
  const { address } = parsed
  const listed = recognised(address, ports)
  if (address.domain.kind !== 'name') return judged(address, listed, { ports, smtpState: 'not_asked' })

  const domain = address.domain.ascii
  const age = hasAgeOfItsOwn(listed) ? ports.ageOf(domain) : null
  const [routed, recalled] = await Promise.all([
    route({ domain, meant, request }, ports),
    ports.memo.recall(address.wire, request.maxAgeS * 1_000),
  ])
  const found = [...listed, ...suggested(meant, routed.also, startedAt), ...routed.facts]
  const known = [...found, ...revealed(domain, routed.facts, ports.now())]
  const dnsMs = ports.now() - startedAt
  const subject = { facts: known, domain, now: ports.now() }
  if (settledWithoutSmtp(subject)) return judged(address, known, { ports, smtpState: 'not_needed', dnsMs })
  if (age !== null) learn(age, request, ports)
  const circumstances = { ports, dnsMs, age }
  const remembered = recalled === null ? null : fromMemory(recalled)
  if (request.mode === 'full') return askedOf({ request, address, domain, known, remembered }, circumstances)
  return judged(address, [...known, ...(remembered?.facts ?? [])], {
    ...circumstances,
    smtpState: 'not_asked',
    ...remembered,
  })
}

interface Asking extends Subject {
  readonly remembered: AskedServer | null
}

/** Full mode: what is not remembered is asked of the mailbox's own server, where that may be done. */
async function askedOf(asking: Asking, circumstances: Omit<Circumstances, 'smtpState'>): Promise<Verified> {
  const { request, address, domain, known, remembered } = asking
  const { ports } = circumstances
  const barred = await barring(asking, ports)
  if (barred !== null) return judged(address, [...known, barred], { ...circumstances, smtpState: 'not_asked' })
  const asked = remembered ?? (await askMailServer(asking, ports))
  if (remembered === null && asked.smtpState !== 'deferred') {
    ports.memo.note(address.wire, { facts: asked.facts.filter(isProbeFact), lane: asked.lane })
  }
  const facts = [...known, ...asked.facts]
  const ranking = await rankedBy({ facts, domain, now: ports.now() }, request, ports)
  return judged(address, [...facts, ...ranking], { ...circumstances, ...asked })
}

async function barring({ domain, known, remembered }: Asking, ports: VerifyPorts): Promise<Fact | null> {
  if (!(await ports.mayAsk())) return hold('not_asked', null, ports.now())
  return remembered === null ? policy({ facts: known, domain, now: ports.now() }, ports) : null
}

function fromMemory({ facts, lane }: Remembered): AskedServer {
  return { facts, smtpState: 'cached', lane, smtpMs: null }
}

/** Where the mail server could not tell, its domain's own records rank it: one more look-up, for those alone. */
async function rankedBy(subject: Case, { deadlineAt }: VerifyRequest, ports: VerifyPorts): Promise<Fact[]> {
  if (!RANKED.includes(decide(subject).reason) || ports.now() >= deadlineAt) return []
  return [await ports.lookUpSenderPolicy(subject.domain, Math.min(deadlineAt, ports.now() + RANKING_MS))]
}

function refused({ refusal }: Extract<Parsed, { ok: false }>, meant: Suggestion | null, ports: VerifyPorts): Verified {
  const now = ports.now()
  const fact: Fact = { kind: 'syntax', ...refusal, observedAt: now, source: 'edge' }
  return judged(null, [fact, ...suggested(meant, null, now)], { ports, smtpState: 'not_needed' })
}

interface Sought {
  readonly domain: string
  readonly meant: Suggestion | null
  readonly request: VerifyRequest
}

async function route({ domain, meant, request }: Sought, ports: VerifyPorts): Promise<Routed> {
  // RFC 6761 §6: names of special use are not asked for in the public DNS.
  if (specialUse(domain, ports.allowSpecialUse) !== null) return { facts: [], also: null }
  const deadlineAt = Math.min(request.deadlineAt, ports.now() + DNS_MS)
  const targets = request.mode === 'full' ? 'await' : 'beside'
  const also = meant === null || meant.knownTarget ? {} : { alsoTakesMail: meant.domain }
  return ports.lookUpRoute({ domain, deadlineAt, targets, ...also })
}

/** Nobody waits for a registry: it is asked while the mail server is, or after the answer has left. */
function learn(age: Age, { mode }: VerifyRequest, { later }: VerifyPorts): void {
  if (mode === 'fast') return later(age.learn)
  const learning = age.learn()
  later(() => learning)
}

/** Some providers are not asked at all, or not on somebody's behalf who is waiting. */
function policy(subject: Parameters<typeof providerFor>[0], ports: VerifyPorts): Fact | null {
  switch (providerFor(subject)?.probe) {
    case 'no':
      return hold('never_asked', null, ports.now())
    case 'batch':
    case 'queue':
      return hold('batch_only', null, ports.now())
    case 'yes':
    case undefined:
      return null
  }
}

interface Circumstances {
  readonly ports: VerifyPorts
  readonly smtpState: Verified['smtpState']
  readonly lane?: string | null
  readonly dnsMs?: number
  readonly smtpMs?: number | null
  readonly transcript?: readonly string[] | undefined
  readonly age?: Age | null
}

function judged(address: Address | null, collected: readonly Fact[], circumstances: Circumstances): Verified {
  const { ports, smtpState, lane = null, dnsMs = null, smtpMs = null, transcript } = circumstances
  const age = circumstances.age?.known() ?? null
  const facts = age === null ? collected : [...collected, age]
  const now = ports.now()
  const domain = address?.domain.kind === 'name' ? address.domain.ascii : ''
  // What is remembered was true when it was said, which is what whoever reads it wants to know.
  const saidAt = smtpState === 'cached' ? (mailboxReply(facts.filter(isProbeFact))?.observedAt ?? null) : null
  const verdict = decide({ facts, domain, now })
  return { address, facts, verdict, smtpState, lane, dnsMs, smtpMs, transcript, checkedAt: now, saidAt }
}
