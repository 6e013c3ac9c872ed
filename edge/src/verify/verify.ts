// THE STORY of one address, top to bottom: parse, look at names and lists, find the mail route, ask its server if told to, decide.
import { type Address, parse } from '@postern/shared/address/parse.ts'
import { specialUse } from '@postern/shared/address/special-use.ts'
import { decide, providerFor, settledWithoutSmtp } from '@postern/shared/verdict/decide.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import type { Routed, RouteWanted } from '../dns/route.ts'
import { askMailServer, type AskPorts, hold } from './ask-mail-server.ts'
import { recognised, revealed } from './recognised.ts'
import type { Verified, VerifyRequest } from './verified.ts'

export interface VerifyPorts extends AskPorts {
  readonly lookUpRoute: (wanted: RouteWanted) => Promise<Routed>
  readonly allowSpecialUse: readonly string[]
  /** Resolves to false where whoever asks was not admitted: no server is asked on their behalf. */
  readonly mayAsk: () => Promise<boolean>
}

/** Look-ups may take this much of a request, so that asking the mail server has some left, in milliseconds. */
const DNS_MS = 3_000

export async function verify(request: VerifyRequest, ports: VerifyPorts): Promise<Verified> {
  const startedAt = ports.now()
  const parsed = parse(request.email, request.allow)
  if (!parsed.ok) {
    const fact: Fact = { kind: 'syntax', ...parsed.refusal, observedAt: startedAt, source: 'edge' }
    return judged(null, [fact], { ports, smtpState: 'not_needed' })
  }
  const { address } = parsed
  const listed = recognised(address, ports)
  if (address.domain.kind !== 'name') return judged(address, listed, { ports, smtpState: 'not_asked' })

  const routed = await route(address.domain.ascii, request, ports)
  const known = [...listed, ...routed, ...revealed(address.domain.ascii, routed, ports.now())]
  const dnsMs = ports.now() - startedAt
  const subject = { facts: known, domain: address.domain.ascii, now: ports.now() }
  if (settledWithoutSmtp(subject)) return judged(address, known, { ports, smtpState: 'not_needed', dnsMs })
  if (request.mode === 'fast') return judged(address, known, { ports, smtpState: 'not_asked', dnsMs })

  const barred = (await ports.mayAsk()) ? policy(subject, ports) : hold('not_asked', null, ports.now())
  if (barred !== null) return judged(address, [...known, barred], { ports, smtpState: 'not_asked', dnsMs })
  const asked = await askMailServer({ request, address, domain: address.domain.ascii, known }, ports)
  return judged(address, [...known, ...asked.facts], { ports, ...asked, dnsMs })
}

async function route(domain: string, request: VerifyRequest, ports: VerifyPorts): Promise<Fact[]> {
  // RFC 6761 §6: names of special use are not asked for in the public DNS.
  if (specialUse(domain, ports.allowSpecialUse) !== null) return []
  const deadlineAt = Math.min(request.deadlineAt, ports.now() + DNS_MS)
  const { facts } = await ports.lookUpRoute({
    domain,
    deadlineAt,
    targets: request.mode === 'full' ? 'await' : 'beside',
  })
  return facts
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
}

function judged(address: Address | null, facts: readonly Fact[], circumstances: Circumstances): Verified {
  const { ports, smtpState, lane = null, dnsMs = null, smtpMs = null } = circumstances
  const now = ports.now()
  const domain = address?.domain.kind === 'name' ? address.domain.ascii : ''
  return { address, facts, verdict: decide({ facts, domain, now }), smtpState, lane, dnsMs, smtpMs, checkedAt: now }
}
