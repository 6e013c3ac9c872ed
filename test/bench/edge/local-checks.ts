// How many addresses, and single checks, one core gets through: on addresses as they come in, without any look-up.
import { type Address, parse } from '@postern/shared/address/parse.ts'
import { disposable } from '@postern/shared/signals/disposable.ts'
import { free } from '@postern/shared/signals/free.ts'
import { gibberish } from '@postern/shared/signals/gibberish.ts'
import { relay } from '@postern/shared/signals/relay.ts'
import { role } from '@postern/shared/signals/role.ts'
import { signals } from '@postern/shared/signals/signals.ts'
import { suggest } from '@postern/shared/typo/suggest.ts'
import type { Options } from '../run.ts'
import { arrivals } from './arrivals.ts'
import { aligned, median, type Part, rounded } from './report.ts'

/** Syntax, ten checks of names and lists, and the slip: disposable, relay, forwarding, free, role, subaddress, gibberish, trap, local part. */
const CHECKS = 11
const RUNS = 7
/** A run has to be longer than the steps in which the system counts a thread's time. */
const PASSES = 5
const ADDRESSES = 20_000

export function addresses({ quick }: Options): Part {
  const typed = arrivals(ADDRESSES)
  const perSecond = rate(
    typed,
    (email) => {
      const parsed = parse(email)
      if (parsed.ok) signals(parsed.address)
      suggest(email, parsed)
    },
    quick,
  )
  const read = typed.map((email) => ({ email, parsed: parse(email) }))
  const names = read.flatMap(({ parsed }) =>
    parsed.ok ? [{ address: parsed.address, domain: domainOf(parsed.address) }] : [],
  )
  const rows = [
    ['parse', rate(typed, parse, quick)],
    ['disposable', rate(names, ({ domain }) => disposable(domain), quick)],
    ['relay', rate(names, ({ domain }) => relay(domain), quick)],
    ['free', rate(names, ({ domain }) => free(domain), quick)],
    ['role', rate(names, ({ address }) => role(address), quick)],
    ['gibberish', rate(names, ({ address }) => gibberish(address), quick)],
    ['suggest', rate(read, ({ email, parsed }) => suggest(email, parsed), quick)],
  ] as const
  return {
    title: `Local checks: ${ADDRESSES} different addresses, one core, median of ${runsOf(quick)} runs`,
    lines: aligned([
      ['', 'per second', 'microseconds'],
      ...rows.map(([name, ops]) => [name, Math.round(ops), rounded(1e6 / ops)]),
    ]),
    figures: [
      { name: 'local_addresses_per_s', value: Math.round(perSecond) },
      { name: 'local_checks_per_s', value: Math.round(perSecond * CHECKS), target: { atLeast: 2_500_000 } },
    ],
  }
}

const runsOf = (quick: boolean): number => (quick ? 3 : RUNS)

const domainOf = ({ domain }: Address): string => (domain.kind === 'name' ? domain.ascii : '')

/** Per second of this thread, whoever else wants the core; the first run left out: it is the one in which the code is compiled. */
function rate<T>(list: readonly T[], work: (one: T) => unknown, quick: boolean): number {
  let kept: unknown = null
  const times = Array.from({ length: runsOf(quick) + 1 }, () => {
    const before = process.threadCpuUsage()
    for (let pass = 0; pass < PASSES; pass += 1) for (const one of list) kept = work(one)
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / PASSES
  })
  // A result that nobody could ever read might not be computed at all.
  if (kept === times) throw new Error('not a result')
  return (list.length / median(times.slice(1))) * 1_000_000
}
