// What mail hosts say about recipients, by themselves and by the rules of their character.
import { stateOf } from './host.ts'
import { type Answer, type Reply, say } from './reply.ts'
import type { Rule } from './character.ts'
import type { Turn } from './session.ts'

/** A rule that answers the same to everybody. */
export function always(answer: Answer): Rule {
  return () => answer
}

const OWN_ANSWERS: Readonly<Record<ReturnType<typeof stateOf>, (path: string) => Reply>> = {
  known: () => say(250, '2.1.5', 'Recipient OK'),
  unknown: (path) => say(550, '5.1.1', `<${path}>: User unknown`),
  full: (path) => say(452, '4.2.2', `<${path}>: Mailbox full`),
  over_quota: (path) => say(552, '5.2.2', `<${path}>: Mailbox over quota`),
  disabled: (path) => say(550, '5.2.1', `<${path}>: Account disabled`),
  moved: () => say(551, '5.1.6', 'User not local; please try <new.home@moved-away.test>'),
  elsewhere: () => say(550, '5.7.1', 'Relaying denied'),
}

/** The host's own answer, where no rule has spoken: what it knows of the mailbox. */
export function honestAnswer({ session, recipient, path }: Turn): Reply {
  return OWN_ANSWERS[recipient === null ? 'unknown' : stateOf(session.host, recipient)](path)
}

export const acceptsAnybody = always(say(250, '2.1.5', 'Recipient OK'))

/** Five letters without a vowel, or digits among letters: no parent gives such a name. */
const MADE_UP = /[^aeiouy\W\d_]{5}|\d[a-z]/iu

export const refusesMadeUp: Rule = ({ recipient }) =>
  MADE_UP.test(recipient?.local ?? '') ? say(550, '5.1.1', 'User unknown') : say(250, '2.1.5', 'Recipient OK')

/** Puts off whom it does not know and lets the host speak about the others. */
export const putsOffStrangers: Rule = (turn) =>
  honestAnswer(turn).code === 550 ? say(450, '4.3.0', 'Directory not available at present') : null

/** The host's own answer, spread over three lines. */
export const longWinded: Rule = (turn) => {
  const answer = honestAnswer(turn)
  const said = answer.lines[0] ?? ''
  const enhanced = said.split(' ')[0] ?? ''
  return {
    ...answer,
    lines: [said, `${enhanced} This server says in three lines`, `${enhanced} what others say in one`],
  }
}

/** RFC 5321 §4.5.3.1.10: one accepted recipient fills a transaction. */
export const oneRecipientOnly: Rule = ({ session }) =>
  session.accepted > 0 ? say(452, '4.5.3', 'One recipient per transaction') : null

export const needsTls: Rule = ({ session }) =>
  session.secured ? null : say(530, '5.7.0', 'Must issue a STARTTLS command first')

export const refusesEhlo: Rule = ({ verb }) => (verb === 'EHLO' ? say(502, '', 'Command not implemented') : null)

/** Refuses everybody with words that repeat the address, which may itself read like a refusal. */
export const repeatsTheAddress: Rule = ({ path }) => say(550, '5.7.1', `<${path}>: blocked by policy`)

export const blocksListedClients: Rule = ({ session }) =>
  say(550, '5.7.1', `Service unavailable; client host [${session.source}] blocked using dnsbl.world.test`)
