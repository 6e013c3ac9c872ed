// What a reply says, and about whom: the one ordered table, for the verdict and for whoever wants to know why.
import { z } from 'zod'
import type { Enhanced, Meaning, Reply, ReplyContext } from './codes.ts'
import { delayOf } from './meaning-delay.ts'
import table from './meaning-table.json' with { type: 'json' }
import { heard, vocabularyGroups, wordsOf } from './meaning-words.ts'

const phase = z.enum(['greeting', 'ehlo', 'starttls', 'mail', 'rcpt', 'data', 'quit'])
const group = z.string().refine((name) => vocabularyGroups.has(name), 'no such group of words')

/** A reply as a server sends it, lines parted by LF, for a phase that is `rcpt` unless it says otherwise. */
const example = z.strictObject({ reply: z.string(), phase: phase.optional(), exchange: z.string().optional() })

export const ruleSchema = z.strictObject({
  id: z.string().regex(/^smtp\.[a-z0-9_.]+$/),
  /** All that is named must hold; `words` are all heard, of `unless` none. */
  when: z.strictObject({
    codes: z.array(z.string().regex(/^[2-5](?:[0-9]{2}|xx)$/)).optional(),
    enhanced: z.array(z.string().regex(/^[245x]\.[0-9]{1,3}\.[0-9]{1,3}(?:-[0-9]{1,3})?$/)).optional(),
    phases: z.array(phase).optional(),
    /** Host names; the exchange is one of them or below one. */
    exchanges: z.array(z.string()).optional(),
    words: z.array(group).optional(),
    unless: z.array(group).optional(),
  }),
  class: z.enum([
    'accepted',
    'accepted_cannot_verify',
    'mailbox_not_found',
    'mailbox_moved',
    'mailbox_disabled',
    'mailbox_full',
    'mailbox_busy',
    'greylisted',
    'verification_pending',
    'temporary',
    'rate_limited',
    'blocked_ip',
    'blocked_sender',
    'policy',
    'needs_rdns',
    'needs_spf',
    'needs_tls',
    'needs_auth',
    'relay_denied',
    'content',
    'size',
    'protocol_error',
    'address_refused',
    'other',
  ]),
  says: z.enum(['yes', 'no', 'later', 'unclear']),
  about: z.enum(['mailbox', 'domain', 'client', 'server', 'unclear']),
  strong: z.boolean(),
  source: z.string().min(1),
  fixture: example,
  counterExample: example,
})

/** One row of the table, as it is published: the first row whose condition holds decides. */
export type Rule = z.infer<typeof ruleSchema>

/**
 * The table, in order; its last row holds for every reply. A row is data, so that anybody can add one; a test holds it to its
 * schema, since checking it here costs every start of the Worker as long as a verdict.
 */
export const rules = table as unknown as readonly Rule[]

const ruleById = new Map(rules.map((rule) => [rule.id, rule]))

/** The row with that id, as `Meaning.rule` names it. */
export const ruleRow = (id: string): Rule | undefined => ruleById.get(id)

/**
 * What a reply means. The first row of `rules` that holds decides; two laws stand above the rows: a 4xx never says no
 * (RFC 5321 §4.2.1), and before RCPT a reply is never about a mailbox, since none has been named (RFC 5321 §3.3).
 */
export function meaning(reply: Reply, context: ReplyContext): Meaning {
  const words = wordsOf(reply.lines)
  const rule = rules.find((row) => holds(row, { reply, context, words })) ?? unclear
  const { says, about } = underLaw(rule, { reply, context })
  const retryAfterS = reply.code >= 400 && (says === 'later' || says === 'yes') ? delayOf(reply.lines) : null
  return { class: rule.class, says, about, strong: rule.strong && says === 'no', rule: rule.id, retryAfterS }
}

/** True where a reply, whatever it answers, asks for STARTTLS before anything else (RFC 3207 §4). */
export const demandsTls = (reply: Reply): boolean =>
  reply.code >= 400 && meaning(reply, { phase: 'mail', exchange: null }).class === 'needs_tls'

const unclear = { id: 'smtp.unclear', class: 'other', says: 'unclear', about: 'unclear', strong: false } as const

interface Said {
  readonly reply: Reply
  readonly context: ReplyContext
  readonly words: string
}

function holds({ when }: Rule, { reply, context, words }: Said): boolean {
  return (
    someOf(when.codes, (code) => codeMatches(code, reply.code)) &&
    someOf(when.phases, (phase) => phase === context.phase) &&
    someOf(when.enhanced, (pattern) => enhancedMatches(pattern, reply.enhanced)) &&
    someOf(when.exchanges, (suffix) => isWithin(context.exchange, suffix)) &&
    (when.words ?? []).every((name) => heard(words, name)) &&
    !(when.unless ?? []).some((name) => heard(words, name))
  )
}

const someOf = <T>(wanted: readonly T[] | undefined, test: (one: T) => boolean): boolean =>
  wanted === undefined || wanted.some(test)

const codeMatches = (pattern: string, code: number): boolean =>
  pattern.endsWith('xx') ? pattern.charAt(0) === String(code).charAt(0) : pattern === String(code)

function enhancedMatches(pattern: string, enhanced: Enhanced | null): boolean {
  if (enhanced === null) return false
  const [cls, subject, details = ''] = pattern.split('.')
  const [from, to = from] = details.split('-')
  return (
    (cls === 'x' || cls === String(enhanced.class)) &&
    subject === String(enhanced.subject) &&
    enhanced.detail >= Number(from) &&
    enhanced.detail <= Number(to)
  )
}

const isWithin = (exchange: string | null, suffix: string): boolean =>
  exchange !== null && (exchange === suffix || exchange.endsWith(`.${suffix}`))

type Opinion = Pick<Meaning, 'says' | 'about'>

function underLaw(rule: Opinion, { reply, context }: Omit<Said, 'words'>): Opinion {
  const named = context.phase === 'rcpt' || context.phase === 'data' || context.phase === 'quit'
  const about = named || reply.code < 400 || rule.about === 'server' ? rule.about : 'client'
  const isLater = reply.code >= 400 && reply.code < 500 && rule.says !== 'yes'
  return { says: isLater ? 'later' : rule.says, about }
}
