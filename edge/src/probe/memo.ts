// What lanes have lately reported, for whoever asks the same within a quarter of an hour: answers about mailboxes, never a verdict.
import type { ProbeFact } from '@postern/shared/verdict/evidence.ts'
import { answered, goodUntil, mailboxReply } from '@postern/shared/verdict/lifetimes.ts'
import type { Connect } from '../http/connections.ts'
import { keep, type NearCache, putLast, recall } from '../http/near-cache.ts'

export interface Remembered {
  readonly facts: readonly ProbeFact[]
  /** Id of the lane that asked. */
  readonly lane: string | null
}

interface Noted extends Remembered {
  /** Instant in milliseconds since the epoch. */
  readonly until: number
}

/** Shared by all requests of an isolate, by key. */
export type ProbeMemory = Map<string, Noted>

export interface MemoPorts {
  readonly memory: ProbeMemory
  readonly cache: NearCache
  readonly connect: Connect
  readonly later: (work: () => Promise<unknown>) => void
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  /** A name for an address within one residency partition, from which nobody can read it. */
  readonly keyOf: (wire: string) => Promise<string>
}

export interface ProbeMemo {
  /** What is known of the wire address, not older than so much; null where that is nothing. Never rejects. */
  recall(wire: string, maxAgeMs: number): Promise<Remembered | null>
  note(wire: string, remembered: Remembered): void
  /** For this location: others forget within a quarter of an hour. Never rejects. */
  forget(wire: string): Promise<void>
}

const KEPT_MS = 15 * 60_000
const MOST_ADDRESSES = 2_000
/** A Cache that takes longer than a look-up helps nobody, in milliseconds. */
const PATIENCE_MS = 20

export function openProbeMemo(ports: MemoPorts): ProbeMemo {
  const { memory, later, now } = ports
  return {
    recall: async (wire, maxAgeMs) => {
      const key = await ports.keyOf(wire)
      const late = ports.sleep(PATIENCE_MS).then(() => null)
      const near = memory.get(key)
      const noted = near !== undefined && now() < near.until ? near : await Promise.race([nearby(key, ports), late])
      return noted !== null && isGood(noted, maxAgeMs, now()) ? noted : null
    },
    note: (wire, { facts, lane }) => {
      const until = Math.min(now() + KEPT_MS, goodUntil(facts))
      if (until <= now() || !isForAll(facts)) return
      later(() => write(wire, { facts, lane, until }, ports))
    },
    forget: async (wire) => {
      const key = await ports.keyOf(wire)
      memory.delete(key)
      // An entry cannot be taken out, but it can be put over.
      await ports.connect(() => keep(ports.cache, cacheUrl(key), { value: null, forMs: KEPT_MS }))
    },
  }
}

/** Only an answer about the mailbox is worth it; what one account has told us is nobody else's. */
function isForAll(facts: readonly ProbeFact[]): boolean {
  const reply = mailboxReply(facts)
  return reply !== null && answered(reply) && facts.every(({ kind }) => kind !== 'feedback')
}

function isGood({ facts, until }: Noted, maxAgeMs: number, now: number): boolean {
  const reply = mailboxReply(facts)
  return reply !== null && now < until && now - reply.observedAt < maxAgeMs
}

const cacheUrl = (key: string): string => `https://probed.invalid/1/${key}`

async function nearby(key: string, { memory, cache, connect }: MemoPorts): Promise<Noted | null> {
  // Nobody else writes there.
  const found = (await connect(() => recall(cache, cacheUrl(key)))) as Noted | null
  if (found !== null) putLast(memory, [key, found], MOST_ADDRESSES)
  return found
}

async function write(wire: string, value: Noted, { keyOf, memory, cache, connect, now }: MemoPorts): Promise<void> {
  const key = await keyOf(wire)
  putLast(memory, [key, value], MOST_ADDRESSES)
  await connect(() => keep(cache, cacheUrl(key), { value, forMs: value.until - now() }))
}
