// Answered at once with what the edge knows, and finished later: the ledger reserves, an object remembers, nobody waits.
import { cost, free, PRICE } from '@postern/shared/verdict/cost.ts'
import { decide } from '@postern/shared/verdict/decide.ts'
import { LONGEST_MS } from '@postern/shared/verdict/ladder.ts'
import { partitionOf } from '../accounts/places.ts'
import { type Pseudonyms, pseudonyms } from '../accounts/pseudonym.ts'
import type { Entry } from '../accounts/till.ts'
import { isSandbox, scopeOf } from '../http/authenticate.ts'
import type { Services } from '../routes/context.ts'
import { withAbuse } from './abuse.ts'
import { hold } from './ask-mail-server.ts'
import { type Answered, type AskedByKey, recordOf, settlementOf } from './counted.ts'
import { admissionOf, ENDED, isKnownToHaveEnded } from './enter.ts'
import { render } from './render.ts'
import { firstSandboxed } from './sandbox.ts'
import type { Verified } from './verified.ts'
import { verify } from './verify.ts'

/** A reservation outlives the longest inquiry. */
const RESERVED_MS = LONGEST_MS + 2 * 3_600_000
/** When it is worth looking, in milliseconds from now. */
const LOOK_AGAIN_MS = 2_000

export async function answerBackground(asked: AskedByKey, services: Services): Promise<Answered> {
  const { caller, request } = asked
  if (asked.entered === null && isKnownToHaveEnded(caller, services)) return ENDED
  const names = await pseudonyms(services.secrets, request.email)
  const admission = admit(asked, names, services)
  const verified = await known(asked, services)
  const entry = await admission
  if (!entry.ok) return entry
  return hasEnded(verified)
    ? endAtOnce({ asked, verified, names, entry }, services)
    : begin({ asked, verified, names, entry }, services)
}

/** What the edge knows, and what lanes have lately told near here. */
async function known({ caller, request }: AskedByKey, services: Services): Promise<Verified> {
  if (isSandbox(caller)) return firstSandboxed(request, services.now())
  const ports = { ...services.verify, lanes: [], memo: services.verify.memoOf(partitionOf(caller.account)) }
  return verify({ ...request, mode: 'fast' }, { ...ports, account: null, mayAsk: async () => false })
}

/** Nobody needs to be asked, can be asked, or has to be asked again. */
function hasEnded({ address, smtpState }: Verified): boolean {
  return address?.domain.kind !== 'name' || smtpState === 'not_needed' || smtpState === 'cached'
}

function admit({ caller, request, entered }: AskedByKey, names: Pseudonyms, { till }: Services): Promise<Entry> {
  const { id, maxAgeS } = request
  const { wire: address, traces } = names
  const expiresAt = request.deadlineAt + RESERVED_MS
  const wanted = { id, units: PRICE.full, address, traces, mode: 'full' as const, maxAgeS, expiresAt }
  const isCharged = !isSandbox(caller)
  const policy = entered === null ? ('full' as const) : null
  return till.admit(caller.account, admissionOf(caller, { policy, wanted: isCharged ? wanted : null }))
}

interface Judged {
  readonly asked: AskedByKey
  readonly verified: Verified
  readonly names: Pseudonyms
  readonly entry: Extract<Entry, { ok: true }>
}

async function endAtOnce({ asked, verified, names, entry }: Judged, services: Services): Promise<Answered> {
  const { caller, request, wanted, startedAt } = asked
  const price = isSandbox(caller) ? free('sandbox') : cost(verified.verdict, 'full')
  const shown = withAbuse(verified, entry.abused)
  const verification = render({ request, wanted, verified: shown, cost: price, startedAt, ...entry })
  const settlement = settlementOf(asked, verified, { price, names })
  const record = recordOf(verification, names)
  if (isSandbox(caller)) await services.till.practise(caller.account, settlement, record)
  const settled = isSandbox(caller) ? price : await services.till.settle(caller.account, settlement, record)
  return { ok: true, verification: { ...verification, cost: { ...settled } }, quota: entry.quota }
}

async function begin({ asked, verified, names, entry }: Judged, services: Services): Promise<Answered> {
  const { caller, request, wanted, startedAt } = asked
  const scope = scopeOf(caller)
  const now = services.now()
  const shown = withAbuse(underWay(verified, now), entry.abused)
  const verification = {
    ...render({ request, wanted, verified: shown, cost: free('pending'), startedAt, ...entry }),
    retryable: true,
    retry_at: new Date(now + LOOK_AGAIN_MS).toISOString(),
    final: false,
    poll_url: `/v1/verifications/${request.id}`,
  }
  const inquiry = { id: request.id, account: caller.account, scope, keyId: caller.keyId, wanted } as const
  // Whoever tries it out sees both answers.
  const dueAt = scope === 'test' ? now + LOOK_AGAIN_MS : now
  const course = { since: now, dueAt, visits: 0, lane: null, tried: [] }
  // First what finishes it: an answer that nobody finishes would be worse than none.
  await services.pending(caller.account, request.id).begin({ ...inquiry, ...course, subjects: names.mailbox })
  await services.objects.recordsOf(caller.account, scope, request.id).keep([recordOf(verification, names)])
  return { ok: true, verification, quota: entry.quota }
}

function underWay(verified: Verified, now: number): Verified {
  if (verified.facts.some(({ source }) => source === 'sandbox')) return verified
  const facts = [...verified.facts, hold('in_progress', null, now)]
  const domain = verified.address?.domain.kind === 'name' ? verified.address.domain.ascii : ''
  return { ...verified, facts, verdict: decide({ facts, domain, now }), smtpState: 'deferred' }
}
