// The limits that mail hosts set to their clients: so many commands, so many recipients.
import type { Rule } from './character.ts'
import { closing, say } from './reply.ts'

/** RFC 5321 §3.8: a server may say 421 to any command and close. */
export function hangsUpAfterCommands(most: number): Rule {
  return ({ session }) =>
    session.commands > most ? closing(say(421, '4.7.0', 'That was enough for one session')) : null
}

export function hangsUpAfterRecipients(most: number): Rule {
  return ({ session }) =>
    session.recipients > most ? closing(say(421, '4.7.0', 'Those were enough recipients for one session')) : null
}
