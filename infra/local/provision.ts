// Gives a local run its account and keys, by the calls that an operator has: they are made once, and kept with the state.
import { OPERATORS } from '@postern/edge/accounts/ids.ts'
import { mintKey } from '@postern/edge/accounts/key-text.ts'
import { openSecrets } from '@postern/edge/accounts/secrets.ts'
import { StartProblem } from './options.ts'
import type { Kind, Secrets, State } from './state.ts'

export type LocalKeys = Readonly<Record<Kind | 'ak', string>>

/** Pages on the machine itself, on whatever port they are being written. */
const ORIGINS = ['http://localhost:*', 'http://127.0.0.1:*']

/** The first operator's key is made from the edge's secret; everything else by asking the edge. */
export function operatorKey({ edge, operator }: Pick<Secrets, 'edge' | 'operator'>): Promise<string> {
  const random = Uint8Array.from(Buffer.from(operator, 'hex'))
  return mintKey(openSecrets(edge), { kind: 'ak_live', account: OPERATORS, origins: [] }, random)
}

/** @throws StartProblem where the edge does not do as an operator asks. */
export async function localKeys(url: string, state: State): Promise<LocalKeys> {
  const ak = await operatorKey(state.secrets)
  const call = async (path: string, body?: object): Promise<Response> => {
    const method = body === undefined ? 'GET' : 'POST'
    const headers = { authorization: `Bearer ${ak}`, 'content-type': 'application/json' }
    return fetch(new URL(path, url), { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  }
  const { account } = state.secrets
  const isThere = account !== null && (await call(`/v1/accounts/${account.id}`)).status === 200
  const { keys } = isThere ? account : await makeAccount(call, state)
  return { ...keys, ak }
}

type Call = (path: string, body?: object) => Promise<Response>

async function makeAccount(call: Call, state: State): Promise<NonNullable<Secrets['account']>> {
  const { id } = await made<{ id: string }>(call('/v1/accounts', { name: 'local', tier: 'high', unlimited: true }))
  const key = async (kind: Kind): Promise<string> => {
    const origins = kind.startsWith('pk_') ? { origins: ORIGINS } : {}
    return (await made<{ key: string }>(call('/v1/keys', { account: id, kind, name: 'npm start', ...origins }))).key
  }
  const [sk_live, pk_live, sk_test, pk_test] = await Promise.all([
    key('sk_live'),
    key('pk_live'),
    key('sk_test'),
    key('pk_test'),
  ])
  const account = { id, keys: { sk_live, pk_live, sk_test, pk_test } }
  state.save({ ...state.secrets, account })
  return account
}

async function made<T>(called: Promise<Response>): Promise<T> {
  const response = await called
  if (response.status !== 201)
    throw new StartProblem(`the edge made no account: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
