// How a visit is planned: who is asked about on which connection, what each dialogue says, and what it needs a permit for.
import type { ProviderRow } from '@postern/shared/dns/provider.ts'
import { CONTROL_MS } from '@postern/shared/verdict/lifetimes.ts'
import type { ExchangePorts, Question } from './exchange.ts'
import type { Scene } from './hearing.ts'
import type { Inquiry, Subject } from './inquiry.ts'
import type { Plan } from './smtp/plan.ts'
import { MOST_REFUSED } from './smtp/recipients.ts'
import { PATIENT_SHARE, type Wanted } from './store/grants.ts'

const GIVE_BACK_GRACE_MS = 500

/** As many recipients as RFC 5321 §4.5.3.1.8 has every server take, where a row lets us name them at once. */
const WIDEST_WINDOW = 100

/**
 * Who is asked about on which connection: those who need SMTPUTF8 apart from those who do not, as many as a minute allows,
 * in sessions of one size, none longer than the row takes.
 */
export function sessionsOf({ subjects, inquiry }: Question, row: ProviderRow): Subject[][] {
  const { limits, oneRecipientPerSession } = row
  const alike = subjects.filter(({ smtpUtf8 }) => smtpUtf8 === subjects[0]?.smtpUtf8)
  if (oneRecipientPerSession || !inquiry.patient) return [alike.slice(0, 1)]
  // A fifth of the minute is for those who wait; a stranger and postmaster may follow where nobody knows their answers yet.
  const minute = Math.floor(limits.recipientsPerMinute * PATIENT_SHARE)
  const most = Math.max(1, isIntroduced(inquiry) ? minute : minute - MOST_REFUSED)
  const now = alike.slice(0, most)
  const size = Math.ceil(now.length / Math.ceil(now.length / Math.max(1, limits.recipientsPerSession)))
  return Array.from({ length: Math.ceil(now.length / size) }, (_, n) => now.slice(n * size, (n + 1) * size))
}

/** Controls are on record, so that nobody is named but those who are asked about. */
function isIntroduced({ domainFacts }: Inquiry): boolean {
  return domainFacts.some(({ to }) => to === 'stranger') && domainFacts.some(({ reply }) => reply.code < 300)
}

export function sceneOf(
  { inquiry, exchange, subjects }: Question,
  { strangers }: Plan,
  { row, source }: { row: ProviderRow; source: string },
): Scene {
  return { domain: inquiry.domain, exchange, speaksForAll: row.speaksForAll, subjects, strangers, source }
}

export function planFor({ inquiry, exchange, subjects }: Question, ports: ExchangePorts, row: ProviderRow): Plan {
  const { domain, domainFacts } = inquiry
  const since = ports.now() - CONTROL_MS
  const here = domainFacts.filter((fact) => fact.exchange === exchange && fact.observedAt > since)
  const controlKnown = row.control === 'none' || here.some(({ to }) => to === 'stranger')
  const somebodyAccepted = here.some(({ reply }) => reply.code < 300)
  const [random, personal] = ports.strangersOf(domain)
  const strangers = controlKnown ? [] : row.control === 'two' ? [random, personal] : [random]
  const pipelined = row.controlTiming === 'pipelined'
  const postmaster = `postmaster@${domain}`
  const isAsked = subjects.some(({ wire }) => wire.toLowerCase() === postmaster)
  // A host that has begun to refuse everybody shows that in each session of a list: an acceptance from before is no proof.
  // Operators that have a row say by their codes whom they do not know.
  const isContrasted = somebodyAccepted && !(inquiry.patient && row.id === 'default')
  return {
    ehloName: ports.lane.ehloName,
    mailFrom: ports.lane.mailFrom,
    mailboxes: subjects.map(({ wire }) => wire),
    strangers: strangers.map((local) => `${local}@${domain}`),
    controlTiming: pipelined ? 'pipelined' : 'after_250',
    postmaster: isContrasted || isAsked ? null : postmaster,
    smtpUtf8: subjects.some(({ smtpUtf8 }) => smtpUtf8),
    pipelining: true,
    exchange,
    early: null,
    window: pipelined ? WIDEST_WINDOW : MOST_REFUSED,
    keep: false,
  }
}

/** The RCPTs of the longest conversations that a plan allows: a stranger may be asked twice, or postmaster after it. */
export function wantedFor(
  { inquiry, sessions, deadlineAt }: Pick<Question, 'inquiry' | 'deadlineAt'> & { sessions: readonly Subject[][] },
  plan: Plan,
  ports: ExchangePorts,
): Omit<Wanted, 'address'> {
  const { mailboxes, strangers, postmaster, controlTiming } = plan
  const afterwards = postmaster === null ? 0 : 1
  // Where strangers' answers are known, postmaster comes after refusals, of which a session takes so many. Where others are put
  // off in between it is one RCPT more, which is counted when it is told: until then nobody else has the one connection.
  const recipients =
    strangers.length > 0
      ? mailboxes.length + strangers.length + 1
      : Math.max(mailboxes.length, Math.min(MOST_REFUSED, mailboxes.length + afterwards))
  // One after the other, a refused mailbox is followed by postmaster alone, and an accepted one by a stranger, twice at most.
  const inTurn = mailboxes.length + Math.max(strangers.length, afterwards) > 2 ? MOST_REFUSED : MOST_REFUSED - 1
  const atOnce = controlTiming === 'pipelined' ? recipients : Math.min(inTurn, recipients)
  return {
    owner: inquiry.jobId,
    about: sessions.flat().map(({ wire, learnedAt }) => [ports.aliasOf(wire), learnedAt] as const),
    controls: strangers.map(ports.aliasOf),
    recipients,
    sessions: sessions.map((subjects, n) => (n === 0 ? recipients : subjects.length)),
    // A further session is begun only where one at most was refused before.
    refusable: atOnce + sessions.length - 1,
    until: deadlineAt + GIVE_BACK_GRACE_MS,
    patient: inquiry.patient,
  }
}
