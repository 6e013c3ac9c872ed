// What of a report goes on while its caller is still being let in: the newest one is fetched, and the first question of a new one asked.
import { putLast } from '../http/near-cache.ts'
import type { AnswerPorts, Begun, Wanted } from './answer.ts'
import { type Life, willDo } from './freshness.ts'
import { createLookUps, DNS_MS } from './look-ups.ts'
import { latestOf } from './shelf.ts'

/** What an isolate remembers for head starts; being wrong costs a question or a few milliseconds, never an answer. */
export interface HeadStarts {
  /** False where that key was refused lately: it gets no second question that way. */
  isFor(keyId: string): boolean
  noteRefused(keyId: string): void
  /** How long the newest report of that name will do, as far as this isolate has seen it. */
  lifeOf(name: string): Life | null
  noteLife(name: string, life: Life): void
}

/** The longest that an account's limits keep anybody waiting, in milliseconds. */
const REFUSED_MS = 60_000
const MOST_KEYS = 10_000
const MOST_NAMES = 10_000

export function createHeadStarts(now: () => number): HeadStarts {
  const refused = new Map<string, number>()
  const lives = new Map<string, Life>()
  return {
    isFor: (keyId) => (refused.get(keyId) ?? 0) <= now(),
    noteRefused: (keyId) => putLast(refused, [keyId, now() + REFUSED_MS], MOST_KEYS),
    lifeOf: (name) => lives.get(name) ?? null,
    noteLife: (name, life) => putLast(lives, [name, life], MOST_NAMES),
  }
}

/** One question at most, whatever becomes of the caller. */
export function begin({ domain, refresh }: Pick<Wanted, 'domain' | 'refresh'>, ports: AnswerPorts): Begun {
  const newest = latestOf(ports)
  const now = ports.now()
  const life = ports.reports === null ? null : ports.lives.known()
  if (life !== null && willDo(life, { refresh, now })) return { newest, looks: null }
  const looks = createLookUps(ports, { deadlineAt: now + DNS_MS, fresh: refresh })
  looks.begin({ name: domain.ascii, type: 'MX' })
  return { newest, looks }
}
