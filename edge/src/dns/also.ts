// Whether a second name takes mail, asked beside the first one's look-up and in no case longer than a moment.
import { mailRoute } from '@postern/shared/dns/mail-route.ts'
import type { Asking } from './doh.ts'
import { createKnown, independent, type KnownPorts } from './known.ts'
import { keyOf } from './memo.ts'

export type TakesMail = 'takes_mail' | 'no_mail' | 'unlearned'

/** It may add nothing to the answer that it stands beside, and holds two of six connections meanwhile. */
const ALSO_MS = 500

interface AlsoPorts extends KnownPorts {
  readonly now: () => number
}

/** Never rejects; one round trip, and another where it seems to take none: one resolver's word withdraws nothing. */
export async function takesMail(name: string, deadlineAt: number, ports: AlsoPorts): Promise<TakesMail> {
  const by = Math.min(deadlineAt, ports.now() + ALSO_MS)
  await ports.memoOf(name).open((['MX', 'A'] as const).map((type) => keyOf({ name, type }, 'first')))
  const first = await look(name, { deadlineAt: by, opinion: { kind: 'first' } }, ports)
  if (first.takes !== 'no_mail') return first.takes
  const second = await look(name, { deadlineAt: by, opinion: { kind: 'second', after: first.source } }, ports)
  return second.takes === 'no_mail' && !second.isIndependent ? 'unlearned' : second.takes
}

interface Glance {
  readonly takes: TakesMail
  readonly source: string
  readonly isIndependent: boolean
}

/** A name with neither MX nor A is unlearned unless its AAAA is known. */
async function look(name: string, asking: Asking, ports: AlsoPorts): Promise<Glance> {
  const known = createKnown(ports)
  const [mx, a] = await Promise.all([known.ask({ name, type: 'MX' }, asking), known.ask({ name, type: 'A' }, asking)])
  const unasked = a.answer.kind === 'nxdomain' ? a.answer : ({ kind: 'failure', why: 'timeout' } as const)
  const aaaa = known.peek({ name, type: 'AAAA' }, { kind: 'first' })?.answer ?? unasked
  const { kind } = mailRoute(name, { mx: mx.answer, a: a.answer, aaaa }, () => 0)
  const takes = kind === 'mx' || kind === 'implicit' ? 'takes_mail' : kind === 'unlearned' ? 'unlearned' : 'no_mail'
  const isIndependent = [mx, a].every((resolved) => independent(resolved, asking.opinion))
  return { takes, source: mx.source, isIndependent }
}
