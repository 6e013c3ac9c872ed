// Kills parts in turn with -9 while a batch is under way, each once the batch has gone on after the one before.
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../journeys/processes.ts'
import type { Progress } from './progress.ts'

export interface Victim {
  readonly name: string
  /** Rows that are done before it has its first turn: who is not needed yet would die for nothing. */
  readonly from: number
  /** Of the present process, or null between two; another one each round where there are several. */
  pid(round: number): number | null
}

export interface Kill {
  readonly name: string
  readonly at: number
  /** Rows that were done. */
  readonly done: number
}

export interface Killing {
  readonly rounds: number
  readonly progress: Progress
  /** Rows by which the batch grows before the next part has its turn, where it is fast. */
  readonly step: number
  readonly stopped: AbortSignal
  readonly onKill: (kill: Kill) => void
}

const LOOK_MS = 50
/** The batch goes on for this long before the next part has its turn, where it is slow. */
const PAUSE_MS = 4_000
/** Whatever the batch does, the next part has its turn after this. */
const LONGEST_MS = 240_000
const BACK_MS = 20_000

/** Resolves with what was killed: all of it, or what was until the batch had ended. */
export async function killInTurn(victims: readonly Victim[], killing: Killing): Promise<Kill[]> {
  const kills: Kill[] = []
  for (let round = 0; round < killing.rounds; round += 1) {
    for (const victim of victims) {
      if (!(await hasGoneOn(kills.at(-1), victim, killing))) return kills
      const pid = await pidOf(victim, round)
      if (pid === null || killing.progress.hasEnded) return kills
      const kill = { name: victim.name, at: Date.now(), done: killing.progress.done }
      process.kill(pid, 'SIGKILL')
      kills.push(kill)
      killing.onKill(kill)
    }
  }
  return kills
}

/** False where the batch has ended, or the run is to end. */
async function hasGoneOn(
  last: Kill | undefined,
  { from }: Victim,
  { progress, step, stopped }: Killing,
): Promise<boolean> {
  const { at, done } = last ?? { at: Date.now(), done: 0 }
  while (!progress.hasEnded && !stopped.aborted) {
    const since = progress.firstAfter(at)
    const isEnough = since !== null && (Date.now() - since.at >= PAUSE_MS || progress.done - done >= step)
    if ((isEnough && progress.done >= from) || Date.now() - at >= LONGEST_MS) return true
    await pause(LOOK_MS)
  }
  return false
}

/** Of whom was killed before and is still being started again: once it is there. */
async function pidOf(victim: Victim, round: number): Promise<number | null> {
  await eventually(() => victim.pid(round) !== null, BACK_MS)
  return victim.pid(round)
}
