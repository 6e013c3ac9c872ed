// Which kind of caller a path is for, and whether the account's object lets this one in: revoked at once, counted exactly.
import type { Context, MiddlewareHandler, Next } from 'hono'
import { hasEnded } from '../accounts/snapshot.ts'
import type { Entry } from '../accounts/till.ts'
import type { AppEnv } from '../routes/context.ts'
import { type Caller, isOperator, type KeyCaller } from './authenticate.ts'
import { invalidKey, refuse, unavailable } from './problem.ts'
import { overLimit, tellQuota } from './quota.ts'
import { countVisit, ipOf } from './visit.ts'

/**
 * `verifier`: may ask about addresses. `looker`: may have domains looked at, as our own pages may for their visitors.
 * `owner`: may see what it was answered, and have it told by webhook. `reader`: may see its account. `holder`: may change
 * its account. `operator`: runs the service. Operators' keys read and change accounts too; test keys change nothing.
 */
export type Role = 'public' | 'verifier' | 'looker' | 'owner' | 'reader' | 'holder' | 'operator'

const MAY: Readonly<Record<Exclude<Role, 'public'>, (caller: Caller) => boolean>> = {
  verifier: (caller) => !isOperator(caller),
  looker: (caller) => caller.type === 'page' || MAY.owner(caller),
  owner: (caller) => isKind(caller, ['sk_live', 'sk_test']),
  reader: (caller) => isKind(caller, ['sk_live', 'ak_live', 'ak_test']),
  holder: (caller) => isKind(caller, ['sk_live', 'ak_live']),
  operator: (caller) => isOperator(caller),
}

const CHANGED_BY_OPERATORS: readonly Role[] = ['reader', 'holder', 'operator']

const SAYS: Readonly<Record<Exclude<Role, 'public'>, string>> = {
  verifier: 'An operator key verifies nothing: use an sk_ or pk_ key.',
  looker: 'Only an sk_ key may do that, from your server.',
  owner: 'Only an sk_ key may do that, from your server.',
  reader: 'Only an sk_live_ key may see its account, from your server: pk_ keys are public, test keys lie about.',
  holder: 'Only an sk_live_ key may change its account.',
  operator: 'Only an operator key (ak_) may do that.',
}

function isLookingOnly(caller: Caller): boolean {
  return caller.type === 'key' && caller.kind === 'ak_test'
}

function isKind(caller: Caller, kinds: readonly KeyCaller['kind'][]): boolean {
  return caller.type === 'key' && kinds.includes(caller.kind)
}

/** What goes on while the account is asked whether this caller may: it has to bear that the caller may not. */
export type Meanwhile = (context: Context<AppEnv>, entry: Promise<Entry>) => void

/** After `requireKey`: refuses the wrong kind of caller, and asks the object about all but verifiers. */
export function allow(
  roleOf: (method: string) => Role,
  meanwhile: Meanwhile = () => undefined,
): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    const role = roleOf(context.req.method)
    const caller = context.get('caller')
    if (role === 'public') return next()
    if (isLookingOnly(caller) && CHANGED_BY_OPERATORS.includes(role) && !['GET', 'HEAD'].includes(context.req.method))
      return refuse(context, 'forbidden', { detail: 'An ak_test_ key looks and changes nothing: use an ak_live_ key.' })
    if (!MAY[role](caller)) return refuse(context, 'forbidden', { detail: SAYS[role] })
    if (role === 'verifier') return next()
    if (caller.type === 'page') return visit(context, next)
    const { till, now } = context.get('services')
    if (hasEnded(till.peek(caller.account), caller.keyId, now())) return invalidKey(context)
    const { keyId: id, sha256, kind } = caller
    const admission = { key: { id, sha256, kind }, operator: isOperator(caller) }
    const asked = till.admit(caller.account, { ...admission, policy: 'calls', wanted: null })
    meanwhile(context, asked)
    const entry = await asked
    if (entry.ok) {
      await next()
      return tellQuota(context, entry.quota)
    }
    if (entry.why === 'rate-limited') return overLimit(context, entry.quota)
    return entry.why === 'unavailable' ? unavailable(context) : invalidKey(context)
  }
}

/** Visitors of our pages have no account: they are counted by address. */
async function visit(context: Context<AppEnv>, next: Next): Promise<Response | undefined> {
  const { allowed, quota } = await countVisit('report', ipOf(context), context.get('services'))
  if (!allowed) return overLimit(context, quota)
  await next()
  tellQuota(context, quota)
  return undefined
}
