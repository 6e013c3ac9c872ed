// `POST /v1/erasures`: what an account holds about an address is erased; its records answer 410 from then on.
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { canonical } from '@postern/shared/address/canonical.ts'
import { ANY_FORM, parse } from '@postern/shared/address/parse.ts'
import { erasure, erasureRequest } from '@postern/shared/contract/account.ts'
import type { Objects } from '../accounts/objects.ts'
import { dayOf } from '../accounts/ids.ts'
import { DAY_MS, KEPT_DAYS } from '../accounts/kept.ts'
import { facesOf, type Pseudonyms, pseudonyms } from '../accounts/pseudonym.ts'
import { partitionOf } from '../accounts/places.ts'
import { mailboxKeys } from '../batches/keys.ts'
import { once } from '../http/idempotency.ts'
import { refuse } from '../http/problem.ts'
import type { AppEnv, Services } from './context.ts'
import { accountMeant, noAccount } from './key-of.ts'
import { bodyRefusals, idempotencyHeader, nothing, refusals } from './problems.ts'

const route = createRoute({
  method: 'post',
  operationId: 'createErasure',
  path: '/v1/erasures',
  summary: 'Erase the records about an address',
  security: [{ bearer: [] }],
  request: {
    query: nothing,
    headers: idempotencyHeader,
    body: { required: true, content: { 'application/json': { schema: erasureRequest } } },
  },
  responses: {
    200: { description: 'How much that was', content: { 'application/json': { schema: erasure } } },
    ...refusals,
    ...bodyRefusals,
  },
})

const LEASE_MS = 30_000

export function erasureRoute(app: OpenAPIHono<AppEnv>): void {
  app.openapi(route, async (context) => {
    const wanted = context.req.valid('json')
    const account = await accountMeant(context, wanted.account)
    if (account === null) return noAccount(context, '/account')
    const { objects, webhooks, secrets, newId, now } = context.get('services')
    return once(context, wanted, {
      seed: newId('era'),
      leaseMs: LEASE_MS,
      keep: true,
      work: async () => {
        // Evidence first: what could not be wiped is told, and the whole is done again.
        if (!(await forget(wanted.email, partitionOf(account), context.get('services')))) return unreachable(context)
        const names = await pseudonyms(secrets, wanted.email)
        // What is under way next, so that nothing is told behind us.
        await unbegin(account, names, context.get('services'))
        const rows = await scrub(account, wanted.email, context.get('services'))
        if (rows === null) return beingRead(context)
        const verifications = await erase({ objects, now: now() }, account, names)
        await webhooks(account).erase([...names.mailbox, ...names.wire])
        return context.json({ verifications, rows }, 200, { 'cache-control': 'no-store' })
      },
    })
  })
}

/** Lanes know an address by exactly what RCPT said: as it was written, and as its mailbox is written plainly. */
async function forget(email: string, partition: string, services: Services): Promise<boolean> {
  const parsed = parse(email, ANY_FORM)
  if (!parsed.ok || parsed.address.domain.kind !== 'name') return true
  const { write, verify, newId } = services
  const wires = new Set([parsed.address.wire, canonical(parsed.address), parsed.address.wire.toLowerCase()])
  const { epoch } = verify
  const done = await Promise.all(
    [...wires].map(async (wire) => {
      await verify.memoOf(partition).forget(wire)
      const at = wire.lastIndexOf('@')
      const job = { localPart: wire.slice(0, at), domain: wire.slice(at + 1), jobId: newId('era'), epoch }
      return write(verify.lanesOf(partition), { kind: 'forget', ...job })
    }),
  )
  return done.every(Boolean)
}

function unreachable(context: Context<AppEnv>) {
  const detail =
    'A region that may hold evidence about the address does not answer just now: send the same request again.'
  return refuse(context, 'unavailable', { detail, headers: { 'retry-after': '30' } })
}

function beingRead(context: Context<AppEnv>) {
  const detail = 'A list of this account is being read just now: send the same request again when that is over.'
  return refuse(context, 'unavailable', { detail, headers: { 'retry-after': '30' } })
}

/** Verifications that are being finished are, by the last digit of their id, in one of so many objects. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.split('')

/** Credit that was reserved for them is the account's again. */
async function unbegin(account: string, names: Pseudonyms, { pending, objects }: Services): Promise<void> {
  const ended = await Promise.all(DIGITS.map((digit) => pending(account, digit).erase(names.mailbox)))
  await objects.account(account).waive(ended.flat())
}

const MOST_AT_ONCE = 50

/** All lists of the account; how many rows that were, or null where one of them could not be looked through yet. */
async function scrub(account: string, email: string, { objects, batches, secrets }: Services): Promise<number | null> {
  const keys = await mailboxKeys(email, secrets)
  const { mailbox } = facesOf(email)
  let rows = 0
  for (const scope of ['live', 'test'] as const) {
    for (let before = LAST; ; ) {
      const ids = await objects.account(account).lists(scope, { before, limit: MOST_AT_ONCE })
      const erased = await Promise.all(ids.map((id) => batches.object(account, id).eraseMailbox(keys, mailbox)))
      if (erased.includes(null)) return null
      rows += erased.reduce<number>((sum, count) => sum + (count ?? 0), 0)
      const last = ids.at(-1)
      if (last === undefined || ids.length < MOST_AT_ONCE) break
      before = last
    }
  }
  return rows
}

/** Behind every id of a list. */
const LAST = 'bat_~'

interface Whence {
  readonly objects: Objects
  readonly now: number
}

/** What is on its way first, so that it does not arrive behind us; then every day, whether the ledger has counted it yet or not. */
async function erase({ objects, now }: Whence, account: string, names: Pseudonyms): Promise<number> {
  const addresses = [...names.mailbox, ...names.wire]
  const onTheWay = await objects.account(account).erase(addresses)
  const days = Array.from({ length: KEPT_DAYS + 1 }, (_, ago) => dayOf(now - ago * DAY_MS))
  const scopes = days.flatMap((day) => (['live', 'test'] as const).map((scope) => objects.records(account, scope, day)))
  const kept = await Promise.all(scopes.map((records) => records.erase(addresses)))
  return kept.reduce((sum, count) => sum + count, onTheWay)
}
