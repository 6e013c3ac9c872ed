// The prober's dialogue and driver, pointed at servers of the bench, without permits, store or look-ups.
import type { Dial } from '@postern/prober/exchange.ts'
import type { Conversation } from '@postern/prober/net/converse.ts'
import { createDial } from '@postern/prober/net/dial.ts'
import type { Plan } from '@postern/prober/smtp/plan.ts'
import { parseCidr } from '@postern/shared/dns/ip.ts'
import { FAR_NETWORK } from './far.ts'

export const PATIENCE_MS = 10_000

/** Who asks about `mailboxes`, a stranger's answer being part of the verdict. */
export function planFor(mailboxes: readonly string[], changes: Partial<Plan> = {}): Plan {
  return {
    ehloName: 'a.probe.test',
    mailFrom: 'probe@a.probe.test',
    mailboxes,
    strangers: ['unknown7stranger@bench.test'],
    controlTiming: 'pipelined',
    postmaster: 'postmaster@bench.test',
    smtpUtf8: false,
    pipelining: true,
    exchange: 'mx.bench.test',
    early: null,
    window: 100,
    keep: false,
    ...changes,
  }
}

export function dialTo(port: number): Dial {
  const network = parseCidr(FAR_NETWORK)
  if (network === null) throw new Error(`${FAR_NETWORK} is no network`)
  return createDial({ loopback: [network], port: 1, loopbackPort: port, sourceAddress: null, now: Date.now })
}

export const limits = (): { deadlineAt: number; greetingBy: number } => {
  const deadlineAt = Date.now() + PATIENCE_MS
  return { deadlineAt, greetingBy: deadlineAt }
}

/** @throws where the conversation came to anything but an answer for each mailbox and for the stranger. */
export async function verdict(dial: Dial, address: string, plan: Plan): Promise<Conversation> {
  return complete(await dial(address, plan, limits()), plan)
}

export function complete(met: Awaited<ReturnType<Dial>>, plan: Plan): Conversation {
  if ('fault' in met) throw new Error(`a server of the bench could not be asked: ${met.fault}`)
  const answers = met.state.told.filter(({ phase }) => phase === 'rcpt').length
  if (met.ending !== 'done' || answers !== plan.mailboxes.length + plan.strangers.length) {
    throw new Error(`a conversation of the bench ended ${met.ending} with ${answers} answers`)
  }
  return met
}
