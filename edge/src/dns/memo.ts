// What was learned of names, each answer until its own end: near in the isolate, and one entry per domain in the Workers Cache.
import { type Answer, conclusive, type Question } from '@postern/shared/dns/answer.ts'
import type { Connect } from '../http/connections.ts'
import { keep, type NearCache, putLast, recall } from '../http/near-cache.ts'
import type { Opinion, Resolved } from './doh.ts'

/** One answer with its end, in milliseconds since the epoch. */
export interface Kept extends Resolved<unknown> {
  readonly expiresAt: number
}

interface Failed extends Kept {
  readonly times: number
}

/** What is known under one name, its exchanges' addresses included: answers by `keyOf`. */
interface Bundle {
  readonly answers: Map<string, Kept>
  readonly failures: Map<string, Failed>
  /** How many requests wanted it, and whether the Cache has what is known. */
  asked: number
  written: boolean
}

/** Shared by all requests of an isolate: values only, never promises, which die with the request that made them. */
export type Near = Map<string, Bundle>

/** A Cache that takes longer is no quicker than asking, in milliseconds. */
const MATCH_MS = 100
const MOST_BUNDLES = 1_000
const MOST_ANSWERS = 64

/** Longer than this nothing is believed, whatever its TTL. */
const MOST_LIFE_MS = 3_600_000
/** A name that is not there may be so a quarter of an hour later: it is when people sign up with a new domain. */
const MOST_NEGATIVE_MS = 900_000
const MOST_RECORDS = 50
const MOST_TEXT = 4_096
const FIRST_FAILURE_MS = 1_000
/** RFC 9520 §3.2: failures are remembered for a second at least and five minutes at most. */
const MOST_FAILURE_MS = 300_000

export function keyOf({ name, type, checkingDisabled, dnssecOk }: Question, opinion: Opinion['kind']): string {
  const manner = `${checkingDisabled === true ? ' unchecked' : ''}${dnssecOk === true ? ' signed' : ''}`
  return `${opinion} ${type} ${name}${manner}`
}

export interface MemoPorts {
  readonly near: Near
  readonly cache: NearCache
  /** Resolvers as one text: answers of others are not ours. */
  readonly scope: string
  /** From how many requests of an isolate on a name is written: most are asked for once and never again. */
  readonly writtenFrom: number
  readonly connect: Connect
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
}

/** The memo of one domain; `isDue` says whether there is anything to write. */
export interface Memo {
  /** Reads the Cache where the isolate does not know all of `keys`. Never rejects. */
  open(keys: readonly string[]): Promise<void>
  recall(key: string): Kept | null
  /** The failure that `key` ended with a little while ago, or null. */
  failure(key: string): Kept | null
  learn(key: string, resolved: Resolved<unknown>): void
  isDue(): boolean
  /** Writes what is known to the Cache. Never rejects. */
  write(): Promise<void>
}

export function openMemo(name: string, ports: MemoPorts): Memo {
  const { cache, connect, now, sleep, writtenFrom } = ports
  const bundle = bundleOf(ports.near, name)
  const url = `https://dns.invalid/1/${encodeURIComponent(ports.scope)}/${encodeURIComponent(name)}`
  const live = <K extends Kept>(kept: K | undefined): K | null =>
    kept !== undefined && kept.expiresAt > now() && kept.expiresAt - now() <= MOST_LIFE_MS ? kept : null
  let counted = false
  return {
    open: async (keys) => {
      if (!counted) bundle.asked += 1
      counted = true
      const known = (key: string) => live(bundle.answers.get(key)) ?? live(bundle.failures.get(key))
      if (keys.every((key) => known(key) !== null)) return
      const reading = Promise.race([connect(() => read(cache, url)), sleep(MATCH_MS).then(() => [])])
      const found = await reading
      for (const [key, kept] of found) {
        const mine = live(bundle.answers.get(key))
        if (live(kept) !== null && (mine === null || mine.expiresAt < kept.expiresAt)) put(bundle.answers, key, kept)
      }
      if (found.length > 0) bundle.asked += writtenFrom
    },
    recall: (key) => live(bundle.answers.get(key)),
    failure: (key) => live(bundle.failures.get(key)),
    learn: (key, resolved) => {
      if (!conclusive(resolved.answer)) {
        noteFailure(bundle, key, resolved)
        return
      }
      bundle.failures.delete(key)
      const expiresAt = resolved.observedAt + lifeMs(resolved.answer)
      if (expiresAt <= now() || !isSmall(resolved.answer)) return
      put(bundle.answers, key, { ...resolved, expiresAt })
      bundle.written = false
    },
    isDue: () => bundle.asked >= writtenFrom && !bundle.written,
    write: async () => {
      const entries = [...bundle.answers].filter(([, kept]) => live(kept) !== null)
      const forMs = Math.max(0, ...entries.map(([, { expiresAt }]) => expiresAt)) - now()
      if (forMs < 1_000) return
      bundle.written = true
      await connect(() => keep(cache, url, { value: entries, forMs }))
    },
  }
}

/** The memo of a host that serves many domains: what any of them learned is known, and goes with this one to the Cache. */
export function shared(own: Memo, host: Memo): Memo {
  return {
    ...own,
    recall: (key) => {
      const mine = own.recall(key)
      if (mine !== null) return mine
      const theirs = host.recall(key)
      if (theirs !== null) own.learn(key, theirs)
      return theirs
    },
    failure: (key) => host.failure(key),
    learn: (key, resolved) => {
      own.learn(key, resolved)
      host.learn(key, resolved)
    },
  }
}

async function read(cache: NearCache, url: string): Promise<[string, Kept][]> {
  const entries = await recall(cache, url)
  return Array.isArray(entries) ? entries : []
}

/** The least recently used bundles go first. */
function bundleOf(near: Near, name: string): Bundle {
  const bundle = near.get(name) ?? { answers: new Map(), failures: new Map(), asked: 0, written: true }
  putLast(near, [name, bundle], MOST_BUNDLES)
  return bundle
}

/** A domain that names other exchanges with every answer must not fill the isolate. */
function put<V>(kept: Map<string, V>, key: string, value: V): void {
  putLast(kept, [key, value], MOST_ANSWERS)
}

/** A negative answer without SOA is not kept at all (RFC 2308 §5). */
function lifeMs(answer: Answer<unknown>): number {
  if (answer.kind === 'failure') return 0
  return Math.min(answer.kind === 'records' ? MOST_LIFE_MS : MOST_NEGATIVE_MS, (answer.ttlS ?? 0) * 1_000)
}

/** Whoever answers with thousands of records must not fill the isolate. */
function isSmall(answer: Answer<unknown>): boolean {
  return (
    answer.kind !== 'records' || (answer.data.length <= MOST_RECORDS && JSON.stringify(answer.data).length <= MOST_TEXT)
  )
}

function noteFailure({ failures }: Bundle, key: string, resolved: Resolved<unknown>): void {
  const before = failures.get(key)
  // What failed long ago is not what fails now.
  const isOneOfMany = before !== undefined && resolved.observedAt - before.expiresAt < MOST_FAILURE_MS
  const times = (isOneOfMany ? before.times : 0) + 1
  const forMs = Math.min(MOST_FAILURE_MS, FIRST_FAILURE_MS * 2 ** (times - 1))
  put(failures, key, { ...resolved, times, expiresAt: resolved.observedAt + forMs })
}
