// The only writer of wire text: one command becomes one line, or nothing at all.

/** Commands that a prober may say (RFC 5321 §4.1.1, RFC 3207, RFC 6531). DATA is not among them, on purpose. */
export type Command =
  | { readonly verb: 'EHLO'; readonly name: string }
  | { readonly verb: 'HELO'; readonly name: string }
  | { readonly verb: 'STARTTLS' }
  | { readonly verb: 'MAIL'; readonly reversePath: string; readonly smtpUtf8: boolean }
  | { readonly verb: 'RCPT'; readonly forwardPath: string }
  | { readonly verb: 'RSET' }
  | { readonly verb: 'QUIT' }

// C0 controls and DEL have no place in any argument of ours (RFC 5321 §4.1.2); CR, LF and NUL would forge a second command.
// oxlint-disable-next-line no-control-regex -- the control characters are the point
const FORBIDDEN = /[\u0000-\u001f\u007f]/

// RFC 5321 §4.5.3.1.4: 512 octets with CRLF; RFC 6531 §3.4 adds 10 for SMTPUTF8 on MAIL.
const MAX_LINE_OCTETS = 522

function text(command: Command): string {
  switch (command.verb) {
    case 'EHLO':
    case 'HELO':
      return `${command.verb} ${command.name}`
    case 'MAIL':
      return `MAIL FROM:<${command.reversePath}>${command.smtpUtf8 ? ' SMTPUTF8' : ''}`
    case 'RCPT':
      return `RCPT TO:<${command.forwardPath}>`
    case 'STARTTLS':
    case 'RSET':
    case 'QUIT':
      return command.verb
  }
}

function objection(line: string): string | null {
  if (FORBIDDEN.test(line)) return 'argument holds a control character'
  return new TextEncoder().encode(line).length + 2 > MAX_LINE_OCTETS ? 'line is too long' : null
}

/** False for a command that `print` refuses. */
export function canSay(command: Command): boolean {
  return objection(text(command)) === null
}

/**
 * The line for one command, CRLF included.
 * @throws RangeError where an argument holds a control character or the line is too long: such a command is a fault of ours.
 */
export function print(command: Command): string {
  const line = text(command)
  const wrong = objection(line)
  if (wrong !== null) throw new RangeError(`${command.verb} ${wrong}`)
  return `${line}\r\n`
}
