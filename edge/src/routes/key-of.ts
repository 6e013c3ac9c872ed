// Whose account a request is about: the caller's own, or the one that an operator names.
import type { Context } from 'hono'
import { OPERATORS, readAccountId } from '../accounts/ids.ts'
import { isOperator, type KeyCaller } from '../http/authenticate.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv } from './context.ts'

/** The caller of a route that `allow` keeps for keys. */
export function keyOf(context: Context<AppEnv>): KeyCaller {
  const caller = context.get('caller')
  if (caller.type !== 'key') throw new Error('this route is not kept for keys')
  return caller
}

/** As `accountMeant`, for what operators have as well: their keys. */
export async function holderMeant(context: Context<AppEnv>, named: string | undefined): Promise<string | null> {
  return named === OPERATORS && isOperator(keyOf(context)) ? OPERATORS : accountMeant(context, named)
}

/** Null where an operator named none that exists, or somebody else named another than their own. */
export async function accountMeant(context: Context<AppEnv>, named: string | undefined): Promise<string | null> {
  const caller = keyOf(context)
  if (!isOperator(caller)) return named === undefined || named === caller.account ? caller.account : null
  const { objects } = context.get('services')
  if (named === undefined || readAccountId(named) === null || !objects.serves(named)) return null
  return (await objects.account(named).describe()) === null ? null : named
}

export function noAccount(context: Context<AppEnv>, pointer: '?account' | '/account') {
  const detail = isOperator(keyOf(context))
    ? "is needed with an operator's key, and names an account that exists"
    : 'is for operators: your key knows its account'
  return refuse(context, 'invalid-field', { detail: `${pointer} ${detail}`, errors: [{ pointer, detail }] })
}
