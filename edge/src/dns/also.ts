// Whether a second name takes mail, asked beside the first one's look-up and in no case longer than a moment.
import { mailRoute } from '@postern/shared/dns/mail-route.ts'
import { createKnown, type KnownPorts } from './known.ts'
import { keyOf } from './memo.ts'

export type TakesMail = 'takes_mail' | 'no_mail' | 'unlearned'

/** It may add nothing to the answer that it stands beside, and holds two of six connections meanwhile. */
const ALSO_MS = 500

interface AlsoPorts extends KnownPorts {
  readonly now: () => number
}

/** Never rejects; one round trip, so that a name with neither MX nor A is unlearned unless its AAAA is known. */
export async function takesMail(name: string, deadlineAt: number, ports: AlsoPorts): Promise<TakesMail> {
  const opinion = { kind: 'first' } as const
  const known = createKnown(ports)
  const asking = { deadlineAt: Math.min(deadlineAt, ports.now() + ALSO_MS), opinion }
  await ports.memoOf(name).open((['MX', 'A'] as const).map((type) => keyOf({ name, type }, 'first')))
  const [mx, a] = await Promise.all([known.ask({ name, type: 'MX' }, asking), known.ask({ name, type: 'A' }, asking)])
  const aaaa = known.peek({ name, type: 'AAAA' }, opinion)?.answer ?? { kind: 'failure', why: 'timeout' }
  const { kind } = mailRoute(name, { mx: mx.answer, a: a.answer, aaaa }, () => 0)
  if (kind === 'unlearned') return 'unlearned'
  return kind === 'mx' || kind === 'implicit' ? 'takes_mail' : 'no_mail'
}
