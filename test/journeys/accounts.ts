// Accounts for journeys, made as an operator makes them: with credits, a tier and a key.
import type { AccountBody, UsageBody } from '@postern/shared/contract/account.ts'
import type { Verification } from '@postern/shared/contract/verification.ts'
import type { Stack } from './stack.ts'

export interface Called<T> {
  readonly status: number
  readonly body: T
  readonly headers: Headers
}

/** One call with a key; the body goes as JSON. */
export async function call<T>(stack: Stack, key: string, wanted: Wanted): Promise<Called<T>> {
  const { path, method = wanted.body === undefined ? 'GET' : 'POST', body, headers = {} } = wanted
  const response = await stack.request(path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as T, headers: response.headers }
}

export interface Wanted {
  readonly path: string
  readonly method?: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

export interface Opened {
  readonly id: string
  readonly key: string
}

/** An account with so many units and one sk_live key. */
export async function openAccount(stack: Stack, { units, ...settings }: { units: number; [setting: string]: unknown }) {
  const { ak } = stack.keys
  const account = await call<AccountBody>(stack, ak, { path: '/v1/accounts', body: { name: 'journey', ...settings } })
  const { id } = account.body
  if (units > 0) await call(stack, ak, { path: '/v1/credits', body: { account: id, units } })
  const made = await call<{ key: string }>(stack, ak, { path: '/v1/keys', body: { account: id, kind: 'sk_live' } })
  return { id, key: made.body.key }
}

export async function usageOf(stack: Stack, { key }: Pick<Opened, 'key'>, by = 'day'): Promise<UsageBody> {
  return (await call<UsageBody>(stack, key, { path: `/v1/usage?by=${by}` })).body
}

/** Every kept verification of the account, page by page. */
export async function listed(stack: Stack, { key }: Pick<Opened, 'key'>): Promise<Verification[]> {
  const all: Verification[] = []
  for (let cursor = ''; ; ) {
    const path = `/v1/verifications?limit=37${cursor}`
    const { body } = await call<{ verifications: Verification[]; next_cursor: string | null }>(stack, key, { path })
    all.push(...body.verifications)
    if (body.next_cursor === null) return all
    cursor = `&cursor=${body.next_cursor}`
  }
}

/** Units of several answers, without the error of adding tenths. */
export function unitsOf(answers: readonly Pick<Verification, 'cost'>[]): number {
  return answers.reduce((sum, { cost }) => sum + Math.round(cost.units * 1_000), 0) / 1_000
}
