// Whose account a request is about: the caller's own, or the one that an operator names.
import type { Context } from 'hono'
import { readAccountId } from '../accounts/ids.ts'
import { isOperator, type KeyCaller } from '../http/authenticate.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv } from './context.ts'

/** The caller of a route that `allow` keeps for keys. */
export function keyOf(context: Context<AppEnv>): KeyCaller {
  const caller = context.get('caller')
  if (caller.type !== 'key') throw new Error('this route is not kept for keys')
  return caller
}

/** Null where an operator named none, or somebody else named any. */
export function accountMeant(context: Context<AppEnv>, named: string | undefined): string | null {
  const caller = keyOf(context)
  if (!isOperator(caller)) return named === undefined || named === caller.account ? caller.account : null
  if (named === undefined || readAccountId(named) === null) return null
  return context.get('services').objects.serves(named) ? named : null
}

export function noAccount(context: Context<AppEnv>, pointer: '?account' | '/account') {
  const detail = isOperator(keyOf(context)) ? 'names no account here' : 'is for operators: your key knows its account'
  return refuse(context, 'invalid-field', { detail: `${pointer} ${detail}`, errors: [{ pointer, detail }] })
}
