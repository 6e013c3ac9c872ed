// Many at a time: each of a list's items is worked on, so many at once, and all are waited for.
import { watch } from './starved.ts'

/** @throws what the first item that failed was met with. */
export async function atATime<T>(
  count: number,
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const left = items.values()
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: count }, worker))
}

export interface Spent {
  readonly perSecond: number
  readonly cpuMsEach: number
  /** What the machine kept from this process, in all. */
  readonly starvedMs: number
}

/** What all of them took together, user and system time of this process included. */
export async function spentOn<T>(
  count: number,
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<Spent> {
  const machine = watch()
  const [startedAt, before] = [performance.now(), process.cpuUsage()]
  await atATime(count, items, work)
  const { user, system } = process.cpuUsage(before)
  const tookMs = performance.now() - startedAt
  const starvedMs = machine.starvedMs()
  machine.stop()
  return { starvedMs, perSecond: (items.length * 1_000) / tookMs, cpuMsEach: (user + system) / 1_000 / items.length }
}
