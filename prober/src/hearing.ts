// What a conversation came to: facts about each address, about the domain and about us, and what its destination is told to expect.
import { domainToUnicode } from 'node:url'
import { isAscii } from '@postern/shared/address/octets.ts'
import type { Reply } from '@postern/shared/smtp/codes.ts'
import { meaning } from '@postern/shared/smtp/meaning.ts'
import { bareOf, redact } from '@postern/shared/smtp/reply.ts'
import type { Fault, FaultFact, ProbeFact, Recipient, ReplyFact } from '@postern/shared/verdict/evidence.ts'
import type { Heard, Subject } from './inquiry.ts'
import type { Conversation, Line } from './net/converse.ts'
import { print } from './smtp/command.ts'
import { endsTransaction, type Named } from './smtp/recipients.ts'
import { isNamed, offersEarly, type Told, unanswered } from './smtp/state.ts'
import type { Manner, Outcome } from './store/grants.ts'

export interface Scene {
  readonly domain: string
  readonly exchange: string
  /** Phrases, in lower case, by which an operator refuses our address for all domains behind it. */
  readonly speaksForAll: readonly string[]
  /** In the order of the plan's mailboxes. */
  readonly subjects: readonly Subject[]
  readonly strangers: readonly string[]
  readonly source: string
}

const isRecipient = (told: Told): told is Told & Named => told.phase === 'rcpt'

/** The facts of one conversation; `now` dates a fault. */
export function heardIn(conversation: Conversation, scene: Scene, now: number): Heard {
  const { state } = conversation
  const told = state.told.filter((one) => !isRecipient(one) || !endsTransaction(one))
  const fault = faultOf(conversation)
  const unheard = unanswered(state).filter(({ to }) => to === 'mailbox')
  const last = told.at(-1)
  const own = new Map<string, ProbeFact[]>()
  const add = (index: number, fact: ProbeFact): void => {
    const wire = scene.subjects[index]?.wire ?? ''
    own.set(wire, [...(own.get(wire) ?? []), fact])
  }
  for (const one of told) if (one.to === 'mailbox') add(one.index, replyFact(one, scene))
  for (const { index } of unheard) {
    if (fault !== null) add(index, faultFact(fault, scene, { to: 'mailbox', now }))
    // RFC 5321 §3.8: a server that closes answers nobody any more, whom it was told of included.
    else if (last?.phase === 'rcpt' && last.reply.code === 421) add(index, replyFact({ ...last, to: 'mailbox' }, scene))
  }
  const shared: ProbeFact[] = told.filter(({ to }) => to !== 'mailbox').map((one) => replyFact(one, scene))
  if (fault !== null && unheard.length === 0) {
    const fact = faultFact(fault, scene, { to: awaited(conversation), now })
    // What a host lacks for one mailbox it need not lack for the next.
    if (fault === 'smtputf8_not_offered') for (const index of scene.subjects.keys()) add(index, fact)
    else shared.push(fact)
  }
  const asked = [...told.filter(({ to }) => to === 'mailbox'), ...unheard]
  const named = new Set(asked.map(({ index }) => scene.subjects[index]?.wire ?? ''))
  return {
    shared,
    own,
    named: new Map([...named].map((wire) => [wire, timesSaid(conversation, wire)])),
    refused: refusedIn(state.told),
    transcript: conversation.lines.flatMap((line) => shown(line, scene)),
  }
}

/** The facts of a try that came to no conversation. */
export function faultFact(
  fault: Fault,
  { exchange, source }: Pick<Scene, 'exchange' | 'source'>,
  { to, now }: { to: Recipient; now: number },
): FaultFact {
  return { kind: 'fault', fault, to, exchange, observedAt: now, source }
}

function awaited({ state }: Conversation): Recipient {
  const [first] = state.awaiting
  return first !== undefined && isNamed(first) ? first.to : 'nobody'
}

function faultOf({ ending, state }: Conversation): Fault | null {
  switch (ending) {
    case 'done':
      return null
    case 'timed_out':
    case 'stalled':
      return state.awaiting[0] === 'greeting' ? 'greeting_timeout' : 'reply_timeout'
    case 'out_of_step':
      return 'protocol_error'
    case 'closed':
    case 'tls_error':
    case 'protocol_error':
    case 'smtputf8_not_offered':
      return ending
  }
}

/** A random stranger's refusal at a host that refuses what looks made up proves nothing: it is not the control's answer. */
function whoseAnswer({ to, index, reply }: Told, { strangers }: Scene): Recipient {
  return to === 'stranger' && strangers.length > 1 && index === 0 && reply.code >= 300 ? 'other' : to
}

function replyFact(told: Told, scene: Scene): ReplyFact {
  const { phase, reply, at } = told
  const to = whoseAnswer(told, scene)
  const { exchange, source } = scene
  return { kind: 'reply', phase, to, exchange, reply: redacted(reply, scene), observedAt: at, source }
}

/** Without any of the names that were said in this conversation. */
function redacted(reply: Reply, { domain, subjects, strangers }: Scene): Reply {
  const unicodeDomain = domainToUnicode(domain)
  const text = reply.lines.join('\n')
  const local = (path: string): string => path.slice(0, path.lastIndexOf('@'))
  // Of the many names of a list a reply tells one at most: patterns are built for those alone.
  const [first = '', ...more] = mentioned(
    text,
    subjects.map(({ localPart }) => localPart),
  )
  const others = mentioned(text, strangers.map(local))
  const names = [first, ...more].flatMap((localPart) =>
    others.length === 0 ? [{ localPart }] : others.map((stranger) => ({ localPart, stranger })),
  )
  return names.reduce((told, name) => redact(told, { ...name, domain, unicodeDomain }), reply)
}

/** Those that may stand in the text, whatever their case; beyond ASCII that is for patterns to say. */
function mentioned(text: string, names: readonly string[]): string[] {
  if (!isAscii(text)) return [...names]
  const lower = text.toLowerCase()
  const isIn = (name: string): boolean => lower.includes(name.toLowerCase())
  return names.filter((name) => !isAscii(name) || isIn(bareOf(name)) || isIn(name))
}

function shown(line: Line, scene: Scene): string[] {
  if ('said' in line) {
    if (line.said.verb !== 'RCPT') return [`C: ${print(line.said).trimEnd()}`]
    const { forwardPath } = line.said
    if (scene.strangers.includes(forwardPath)) return ['C: RCPT TO:<stranger>']
    return [forwardPath.startsWith('postmaster@') ? `C: RCPT TO:<${forwardPath}>` : 'C: RCPT TO:<address>']
  }
  const { code, enhanced, lines } = redacted(line.heard, scene)
  const status = enhanced === null ? '' : `${enhanced.class}.${enhanced.subject}.${enhanced.detail} `
  return lines.map((text, n) => `S: ${code}${n < lines.length - 1 ? '-' : ' '}${n === 0 ? status : ''}${text}`)
}

/** Once at least: of a long conversation only the first lines are there. */
function timesSaid({ lines }: Conversation, wire: string): number {
  const said = lines.filter((line) => 'said' in line && line.said.verb === 'RCPT' && line.said.forwardPath === wire)
  return Math.max(1, said.length)
}

/** Recipients that were named, whatever became of it. */
export function saidIn({ lines }: Conversation): number {
  return lines.filter((line) => 'said' in line && line.said.verb === 'RCPT').length
}

function refusedIn(told: readonly Told[]): number {
  return told.filter((one) => isRecipient(one) && one.reply.code >= 500).length
}

export interface Visit {
  readonly grantedAt: number
  /** What is named later than this after that is counted again. */
  readonly onTheWireMs: number
  readonly address: string
  readonly alias: string
  readonly known: Manner | null
  /** Tokens of the subjects, in their order. */
  readonly about: readonly string[]
  /** RCPTs that were permitted. */
  readonly permitted: number
  /** RCPTs of an earlier try within the same visit, and how many of them were refused. */
  readonly before: number
  readonly refusedBefore: number
  /** What the earlier try has shown of the address's manners. */
  readonly stalled: boolean
  readonly outOfStep: boolean
}

/** What the destination's permits have to know of a conversation. */
export function outcomeOf(conversation: Conversation, scene: Scene, visit: Visit): Outcome {
  const { told, extensions, early } = conversation.state
  // Behind TLS everybody is named a second time.
  const beyond = Math.max(0, saidIn(conversation) - visit.permitted)
  const late = told.filter((one) => isRecipient(one) && one.at > visit.grantedAt + visit.onTheWireMs).length
  const refusals = told.filter((one) => REFUSALS_OF_US.includes(classOf(one, scene)))
  return {
    address: visit.address,
    reached: told.length > 0 || (extensions.length > 0 && !early) ? true : null,
    pushedBack: told.some((one) => pushesBack(one, scene)),
    refusal:
      refusals.length === 0
        ? null
        : { domain: visit.alias, wholly: refusals.some((one) => !isRecipient(one) || speaksForAll(one, scene)) },
    refused: refusedIn(told) + visit.refusedBefore,
    late: late + beyond + visit.before,
    learned: told
      .filter((one) => isRecipient(one) && one.to === 'mailbox' && !endsTransaction(one))
      .flatMap(({ index }) => visit.about[index] ?? []),
    manner: mannerOf(conversation, visit),
  }
}

const REFUSALS_OF_US: readonly string[] = ['blocked_ip', 'blocked_sender']

function classOf({ phase, reply }: Told, { exchange }: Scene): string {
  return meaning(reply, { phase, exchange }).class
}

/** A domain may refuse us for itself, also at an operator that serves many. */
function speaksForAll({ reply }: Told, scene: Scene): boolean {
  const text = reply.lines.join(' ').toLowerCase()
  return scene.speaksForAll.some((phrase) => text.includes(phrase))
}

const OWN_AFFAIRS: readonly string[] = ['greylisted', 'policy', 'needs_auth', 'needs_tls', 'needs_spf', 'needs_rdns']

/** 421 and 4.7.x ask us to come less often; a greylist says 4.7.1 too, and means the triplet (RFC 6647 §5). */
function pushesBack(told: Told, scene: Scene): boolean {
  const { code, enhanced } = told.reply
  const said = classOf(told, scene)
  if (code === 421 || said === 'rate_limited') return true
  // A domain's own policy is no word about how often we come to all who live there.
  return enhanced?.class === 4 && enhanced.subject === 7 && !OWN_AFFAIRS.includes(said)
}

function mannerOf({ state }: Conversation, visit: Visit): Manner | null {
  const { address, grantedAt, known, stalled, outOfStep } = visit
  const isStalling = known?.stalls === true
  const manner = {
    address,
    // Who is spoken to plainly is not seen to stall: it has its chance again a day after it did.
    at: isStalling && !stalled ? known.at : grantedAt,
    early: outOfStep || state.early ? null : offeredIn(state, known),
    stalls: stalled || isStalling,
  }
  return manner.early === null && !manner.stalls && known === null ? null : manner
}

/** What is offered inside TLS is not what is offered at the door. */
function offeredIn({ extensions, secured }: Conversation['state'], known: Manner | null): readonly string[] | null {
  return extensions.length === 0 || secured ? (known?.early ?? null) : earlyIn(extensions)
}

/** What a dialogue asks of extensions; the rest is not worth its place in an item that has to stay small. */
const HEEDED: readonly string[] = [
  'PIPELINING',
  'STARTTLS',
  'SMTPUTF8',
  'PIPE_CONNECT',
  'X_PIPE_CONNECT',
  'PIPECONNECT',
]

function earlyIn(extensions: readonly string[]): readonly string[] | null {
  return offersEarly(extensions) ? extensions.filter((keyword) => HEEDED.includes(keyword)) : null
}
