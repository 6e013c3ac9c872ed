// `Idempotency-Key`: the same key with the same body has one effect and one answer for 24 hours; with another body it is refused.
import type { Context } from 'hono'
import type { Attempt, Ending, Turn } from '../accounts/once.ts'
import { base32 } from '../accounts/ids.ts'
import { sign } from '../accounts/secrets.ts'
import type { KeyCaller } from './authenticate.ts'
import type { AppEnv } from '../routes/context.ts'
import { refuse } from './problem.ts'

/** Named (account, idempotency key). */
export interface OncePort {
  begin(name: string, attempt: Attempt): Promise<Turn>
  /** `answer` is what repeats are told, or null where they do the work again under the same seed. */
  end(name: string, ended: Ended): Promise<void>
}

export interface Ended {
  readonly lease: number
  readonly ending: Ending
  readonly answer: string | null
}

export interface Repeatable<R extends Response> {
  /** The first attempt's seed if there was one, else this one: ids and keys are made from it, so that a repeat makes the same. */
  readonly seed: string
  /** Longest time that the work may take, in milliseconds; after it another attempt takes over. */
  readonly leaseMs: number
  /** Called with the seed, and whether an attempt before this one may have left something. */
  readonly work: (seed: string, again: boolean) => Promise<R>
  /** True where the answer holds neither secret nor address, and may differ if it is made again. */
  readonly keep?: boolean
}

const KEY = /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/

/** Without the header, the work is done as it is. */
export async function once<R extends Response>(context: Context<AppEnv>, body: unknown, repeatable: Repeatable<R>) {
  const key = context.req.header('idempotency-key')
  const caller = context.get('caller')
  if (key === undefined || caller.type !== 'key') return repeatable.work(repeatable.seed, false)
  if (!KEY.test(key)) return wrongKey(context)
  const { onces, later } = context.get('services')
  const name = `${caller.account} ${await nameOf(context, caller, key)}`
  const { seed, leaseMs, work, keep = false } = repeatable
  const turn = await onces.begin(name, { body: await bodyHash(context, body), seed, leaseMs })
  if (turn.role === 'mismatch') return mismatch(context)
  if (turn.role === 'again' && turn.answer !== null) return kept(turn.answer) as R
  const answered = work(turn.seed, turn.role === 'again' || turn.seed !== seed)
  if (turn.role === 'again') return answered
  const { lease } = turn
  const ended = answered.then(
    async (response) => onces.end(name, { lease, ending: endingOf(response), answer: await answerOf(response, keep) }),
    () => onces.end(name, { lease, ending: 'unknown', answer: null }),
  )
  // Whoever repeats the request after losing its connection is to find it done.
  later(() => ended)
  const response = await answered
  await ended
  return response
}

function endingOf({ status }: Response): Ending {
  if (status >= 500) return 'unknown'
  return status < 400 ? 'done' : 'refused'
}

async function answerOf(response: Response, keep: boolean): Promise<string | null> {
  return keep && response.status < 400 ? JSON.stringify([response.status, await response.clone().text()]) : null
}

function kept(answer: string): Response {
  const [status, body] = JSON.parse(answer) as [number, string]
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  return new Response(body, { status, headers })
}

export function isIdempotencyKey(key: string): boolean {
  return KEY.test(key)
}

export function wrongKey(context: Context) {
  const detail = 'Idempotency-Key takes 1 to 255 printable ASCII characters, without a space at either end.'
  return refuse(context, 'invalid-field', { detail })
}

export function mismatch(context: Context) {
  const detail = 'This Idempotency-Key came with another request within 24 hours: use a new one for a new request.'
  return refuse(context, 'idempotency-mismatch', { detail })
}

/** A public key must not occupy a server's names, nor a test key lend its free answers to a live one: each kind has its own. */
export async function nameOf(context: Context<AppEnv>, { account, kind }: KeyCaller, key: string): Promise<string> {
  return base32(await sign(context.get('services').secrets, 'repeat', `${account}\0${kind}\0${key}`))
}

/** MAC of method, path and body: the same text in, the same out, and nothing to be read from it. */
export async function bodyHash(context: Context<AppEnv>, body: unknown): Promise<string> {
  const text = `${context.req.method} ${context.req.path} ${JSON.stringify(body)}`
  return base32(await sign(context.get('services').secrets, 'repeat', text))
}
