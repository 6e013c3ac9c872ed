// What tests of batches start from: lists in the store, routes and replies as data, and queues whose messages the test delivers itself.
import { env } from 'cloudflare:workers'
import type { ListJob, ProbeReport } from '@postern/shared/contract/probe.ts'
import type { Lane } from '@postern/shared/lanes/lane.ts'
import type { Fact, HoldFact, ProbeFact } from '@postern/shared/verdict/evidence.ts'
import { beforeEach, vi } from 'vitest'
import type { Account } from '../../../edge/src/accounts/account.ts'
import { hex, sha256 } from '../../../edge/src/accounts/secrets.ts'
import { askTurn } from '../../../edge/src/batches/ask-turn.ts'
import type { Batch } from '../../../edge/src/batches/batch.ts'
import { check } from '../../../edge/src/batches/check.ts'
import { createRepeats } from '../../../edge/src/batches/repeats.ts'
import { split } from '../../../edge/src/batches/split.ts'
import { uploadKey } from '../../../edge/src/batches/spool.ts'
import type { Wanted } from '../../../edge/src/batches/state.ts'
import type { Work } from '../../../edge/src/batches/work.ts'
import type { ListReply } from '../../../edge/src/probe/ask-list.ts'
import type { Turn } from '../../../edge/src/probe/turns.ts'
import type { Services } from '../../../edge/src/routes/context.ts'
import { surveyed } from '../../../edge/src/verify/survey.ts'
import { layoutOf, octets, type Upload } from '../batches/uploads.ts'
import { replyTo, routeTo, type Saying } from '../facts.ts'
import { laneNamed } from '../lanes-that-answer.ts'
import { secrets } from './asking.ts'
import { account, alarmOf, type Given, newId, objects, ring } from './given.ts'
import { standingWarnings } from './queues-given.ts'

/** Messages that were sent and are not delivered yet. */
export const work: Work[] = []
export const turns: Turn[] = []

/** Whatever objects hand to the queues of lists is kept for the test to deliver. */
export function standingQueues(): void {
  standingWarnings()
  beforeEach(() => {
    work.length = 0
    turns.length = 0
    keepMessages()
  })
}

/** From now on, whatever a test has had become of them. */
export function keepMessages(): void {
  vi.spyOn(env.BATCHES, 'send').mockImplementation(async (message) => void work.push(message) as never)
  vi.spyOn(env.ASKS, 'sendBatch').mockImplementation(async (messages) => {
    for (const { body } of messages) turns.push(body)
    return undefined as never
  })
}

let made = 0

/** Lanes that no other list is asked at. */
export function newLanes(count = 1): Lane[] {
  made += 1
  return Array.from({ length: count }, (_, n) => laneNamed(`eu-${made}-${n}`))
}

export interface Listed {
  readonly given: Given
  readonly wanted: Wanted
  readonly stub: DurableObjectStub<Batch>
}

export const newBatchId = (): string => newId().replace('ver_', 'bat_')

/** A list in the store, as its object is told of it: addresses one a line, or a whole upload. */
export async function wantedOf(
  list: readonly string[] | Upload,
  given: Given,
  wish: Partial<Wanted> = {},
): Promise<Wanted> {
  const upload = Array.isArray(list) ? `email\n${list.join('\n')}\n` : (list as Upload)
  const id = wish.id ?? newBatchId()
  const key = uploadKey(given.id, id, newId().replace('ver_', 'upl_'))
  const all = octets(upload)
  await env.SPOOL.put(key, all)
  return {
    id,
    account: given.id,
    keyId: given.key.id,
    scope: 'live',
    mode: 'full',
    dedupe: 'exact',
    maxCost: null,
    webhookUrl: null,
    retentionDays: 30,
    upload: { key, octets: all.length, digest: hex(await sha256(all)) },
    layout: wish.layout ?? layoutOf(upload),
    createdAt: Date.now(),
    start: true,
    ...wish,
  }
}

export function objectOf({ account: of, id }: Pick<Wanted, 'account' | 'id'>): DurableObjectStub<Batch> {
  return env.BATCH_OBJECTS.getByName(`${of}/${id}`)
}

/** A list that has begun, of an account with more than enough credit. */
export async function listed(
  list: readonly string[] | Upload,
  { given, ...wish }: Partial<Wanted> & { readonly given?: Given } = {},
): Promise<Listed> {
  const whose = given ?? (await account(100_000))
  const wanted = await wantedOf(list, whose, wish)
  const stub = objectOf(wanted)
  await stub.create(wanted)
  return { given: whose, wanted, stub }
}

type Asked = 'fund' | 'settleList'

/** Has lists find accounts that do some things in the test's own way, until its end. */
export function replaceAccounts(own: (stub: DurableObjectStub<Account>) => Partial<Pick<Account, Asked>>): void {
  const real = env.ACCOUNTS.getByName.bind(env.ACCOUNTS)
  vi.spyOn(env.ACCOUNTS, 'getByName').mockImplementation((name, options) => {
    const stub = real(name, options)
    return new Proxy(stub, { get: (_, method) => own(stub)[method as Asked] ?? stub[method as Asked] })
  })
}

export type Says = (job: ListJob, lane: Lane) => ListReply | Promise<ListReply>

export interface Stage {
  readonly lanes?: readonly Lane[]
  /** What the DNS says of a domain; else it has one exchange that can be asked. */
  readonly routes?: Readonly<Record<string, readonly Fact[]>>
  readonly says?: Says
  readonly roll?: number
}

/** Delivers one message of the queue of work, as its consumer does. */
export async function doWork(message: Work, stage: Stage = {}): Promise<void> {
  const object = objectOf({ account: message.account, id: message.batch })
  if (message.kind === 'split') return split(object, { spool: env.SPOOL, secrets, now: Date.now })
  return check(object, message.chunk, {
    spool: env.SPOOL,
    survey: (request) => surveyed(request, { verify: lookingUp(stage) }),
    lanes: stage.lanes ?? [],
    tasteOf: async () => ({ refuseFlags: [], flagOnly: [] }),
    repeats: createRepeats((id) => objects.account(id), secrets),
    now: Date.now,
  })
}

/** What the story of one address is given where nobody waits for it: routes are those of the stage. */
export function lookingUp({ routes = {}, lanes = [] }: Stage): Services['verify'] {
  const unused = () => {
    throw new Error('nobody is asked here')
  }
  return {
    now: Date.now,
    sleep: async () => undefined,
    slow: { restingUntil: async () => null, note: () => undefined },
    epoch: 1,
    ask: unused,
    ageOf: unused,
    memoOf: unused,
    lanesOf: () => lanes,
    later: () => undefined,
    allowSpecialUse: ['test'],
    lookUpSenderPolicy: unused,
    lookUpRoute: async ({ domain }) => ({ facts: [...(routes[domain] ?? [routeTo(`mx.${domain}`)])], also: null }),
  }
}

/** Delivers one turn, as its consumer does. */
export async function doTurn(turn: Turn, stage: Stage): Promise<void> {
  const { lanes = [], says = each(exists), roll = 0 } = stage
  const object = objectOf({ account: turn.account, id: turn.batch })
  const lane = env.TURNS.getByName(turn.lane)
  await askTurn(
    turn,
    {
      take: (name, ticket) => object.take(name, ticket),
      leave: (name, ticket) => object.leave(name, ticket),
      finish: (of, parcels, asked) => object.finish(of, parcels, asked),
      done: (name, ticket, more) => lane.done(name, ticket, more),
    },
    {
      lanes,
      survey: (request) => surveyed(request, { verify: lookingUp(stage) }),
      epoch: 1,
      askList: async (at, job) => says(job, at),
      tasteOf: async () => ({ refuseFlags: [], flagOnly: [] }),
      repeats: createRepeats((id) => objects.account(id), secrets),
      allowSpecialUse: ['test'],
      now: Date.now,
      roll: () => roll,
    },
  )
}

const MOST_MESSAGES = 5_000

/** Delivers all work: what is left are turns. */
export async function playWork(stage: Stage): Promise<void> {
  for (let message = work.shift(); message !== undefined; message = work.shift()) await doWork(message, stage)
}

/** Delivers messages of both queues until there are none left. */
export async function play(stage: Stage): Promise<void> {
  await playWork(stage)
  for (let delivered = 0; turns.length > 0; delivered += 1) {
    if (delivered > MOST_MESSAGES) throw new Error('the queues are never empty')
    await doTurn(turns.shift()!, stage)
    await playWork(stage)
  }
}

export async function bodyOf({ stub }: Pick<Listed, 'stub'>) {
  return (await stub.describe())!
}

/** Lets time pass to the object's next alarm, rings it and delivers what it sends; false where none is set. */
export async function next({ stub }: Pick<Listed, 'stub'>, stage: Stage): Promise<boolean> {
  const at = await alarmOf(stub)
  if (at === null) return false
  vi.setSystemTime(Math.max(at, Date.now()))
  await ring(stub)
  await play(stage)
  return true
}

/** Goes on, alarm by alarm, until it has ended. */
export async function toTheEnd(list: Pick<Listed, 'stub'>, stage: Stage, most = 500) {
  await play(stage)
  for (let rung = 0; rung < most; rung += 1) {
    const body = await bodyOf(list)
    if (body.finished_at !== null || !(await next(list, stage))) return body
  }
  throw new Error('it never ends')
}

export type Report = Pick<ProbeReport, 'state' | 'facts'>

/** A lane that reports of each recipient by itself. */
export function each(report: (email: string, lane: Lane) => Report): Says {
  return ({ jobId, groups }, lane) => ({
    kind: 'report',
    report: {
      jobId,
      lane: lane.id,
      groups: groups.map(({ domain, recipients }) =>
        recipients.map(({ localPart }) => ({
          jobId,
          lane: lane.id,
          withoutMemory: false,
          smtpMs: 40,
          ...report(`${localPart}@${domain}`, lane),
        })),
      ),
    },
  })
}

function asked(...said: readonly (readonly [Parameters<typeof replyTo>[0], Saying])[]): Report {
  const facts = said.map(([to, saying]): ProbeFact => replyTo(to, saying, { observedAt: Date.now() }))
  return { state: 'asked', facts }
}

export const exists = (): Report => asked(['mailbox', 'accepted'], ['stranger', 'unknown'])
export const isNobody = (): Report => asked(['mailbox', 'unknown'], ['postmaster', 'accepted'])
export const putsOff = (): Report => asked(['mailbox', 'greylisted'])
export const isHeld = (hold: HoldFact['hold'], retryAt: number | null): Report => ({
  state: 'held',
  facts: [{ kind: 'hold', hold, retryAt, observedAt: Date.now(), source: 'lane' }],
})

/** The results of a chunk: of each row its reason, or null where there is none yet. */
export async function reasonsOf({ stub }: Pick<Listed, 'stub'>, chunk = 0): Promise<(string | null)[]> {
  const page = await stub.page(chunk)
  if (page === null) throw new Error('there is no such chunk')
  return page.results.map((result) => (result === null ? null : String((JSON.parse(result) as unknown[])[0])))
}

/** `count` addresses, spread over so many domains. */
export function addresses(count: number, domains = 1, name = 'user'): string[] {
  return Array.from({ length: count }, (_, n) => `${name}${n}@d${n % domains}.test`)
}
