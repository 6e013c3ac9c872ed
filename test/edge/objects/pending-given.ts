// What tests of verifications that are finished later start from: an inquiry that has begun, and its story as its queue's consumer tells it.
import { env } from 'cloudflare:workers'
import type { ListJob } from '@postern/shared/contract/probe.ts'
import type { Verification, VerificationRequest } from '@postern/shared/contract/verification.ts'
import { beforeEach, vi } from 'vitest'
import { pseudonyms } from '../../../edge/src/accounts/pseudonym.ts'
import type { Services } from '../../../edge/src/routes/context.ts'
import { finish } from '../../../edge/src/verify/finish.ts'
import { type Inquiry, type InquiryMessage, type Pending, shardName } from '../../../edge/src/verify/pending.ts'
import { secrets } from './asking.ts'
import { lookingUp, type Stage } from './batch-given.ts'
import { account, admission, alarmOf, DAY, type Given, HOUR, newId, objects, recordOf, ring } from './given.ts'
import { standingWarnings } from './queues-given.ts'
import { all } from './webhooks-given.ts'

/** Ids of messages that were sent and are not delivered yet. */
export const sent: InquiryMessage[] = []

export function standingInquiries(): void {
  standingWarnings()
  beforeEach(() => {
    sent.length = 0
    vi.spyOn(env.INQUIRIES, 'sendBatch').mockImplementation(async (messages) => {
      for (const { body } of messages) sent.push(body)
      return undefined as never
    })
  })
}

export function stubOf(of: string, id: string): DurableObjectStub<Pending> {
  return env.PENDING.getByName(shardName(of, id))
}

export interface Begun {
  readonly given: Given
  readonly inquiry: Inquiry
  readonly stub: DurableObjectStub<Pending>
}

export const HOOK = 'https://shop.example/hook'

interface Wish extends Partial<Omit<Inquiry, 'wanted'>> {
  readonly given?: Given
  readonly wanted?: Partial<VerificationRequest>
}

/** An inquiry as `POST /v1/verifications` leaves it: credit reserved, a first record kept. */
export async function begun({ given, wanted, ...wish }: Wish = {}): Promise<Begun> {
  const whose = given ?? (await account(10))
  const id = wish.id ?? newId()
  const request = { email: 'jane@d.test', background: true, webhook_url: HOOK, ...wanted }
  const names = await pseudonyms(secrets, request.email)
  const inquiry: Inquiry = {
    id,
    account: whose.id,
    scope: 'live',
    keyId: whose.key.id,
    wanted: request,
    subjects: names.mailbox,
    since: Date.now(),
    dueAt: Date.now(),
    visits: 0,
    lane: null,
    tried: [],
    ...wish,
  }
  const { key } = whose
  await whose.stub.admit(admission(key, { id, address: names.wire, expiresAt: Date.now() + DAY + 2 * HOUR }))
  const stub = stubOf(whose.id, id)
  await stub.begin(inquiry)
  const record = recordOf(id, { address: names.mailbox[0]!, record: JSON.stringify({ id, final: false }) })
  await objects.recordsOf(whose.id, inquiry.scope, id).keep([record])
  return { given: whose, inquiry, stub }
}

export interface Visit {
  readonly lane: string
  readonly at: number
  readonly job: ListJob
}

export interface Told extends Stage {
  readonly visits?: Visit[]
  readonly tell?: Services['tell']
}

/** Delivers one message, as its consumer does. */
export async function doFinish(message: InquiryMessage, stage: Told): Promise<void> {
  const { says, roll = 0, visits = [] } = stage
  const services: Pick<Services, 'secrets' | 'now' | 'objects' | 'pending' | 'tell' | 'verify'> = {
    secrets,
    now: Date.now,
    objects,
    pending: stubOf,
    tell: stage.tell ?? ((of, events) => env.DELIVERIES.getByName(of).tell(of, events)),
    verify: lookingUp(stage),
  }
  await finish(message, {
    services: services as Services,
    askList: async (lane, job) => {
      visits.push({ lane: lane.id, at: Date.now(), job })
      return says!(job, lane)
    },
    roll: () => roll,
  })
}

/** Lets time pass from alarm to alarm and delivers what is sent, until nothing is left to be finished. */
export async function toTheEnd({ stub }: Pick<Begun, 'stub'>, stage: Told, most = 1_000): Promise<void> {
  for (let rung = 0; rung < most; rung += 1) {
    const at = await alarmOf(stub)
    if (at === null) return
    vi.setSystemTime(Math.max(at, Date.now()))
    await ring(stub)
    for (let message = sent.shift(); message !== undefined; message = sent.shift()) await doFinish(message, stage)
  }
  throw new Error('it never ends')
}

/** What its owner finds under its id. */
export async function recordOfBegun({ inquiry }: Begun): Promise<Verification | string> {
  const { account: of, scope, id } = inquiry
  const found = await objects.recordsOf(of, scope, id).find(id, Date.now())
  return found.kind === 'found' ? (JSON.parse(found.record) as Verification) : found.kind
}

/** Events that its `webhook_url` was told. */
export async function eventsOf({ given, inquiry }: Begun): Promise<string[]> {
  const stub = env.DELIVERIES.getByName(given.id)
  return (await all({ id: given.id, stub }, null, inquiry.scope)).map(({ eventId }) => eventId)
}
