// A mail server without a mailbox: who begins with `unknown` is refused, everybody else is welcome; it counts what it is asked.
import type { Back, Opens } from './distance.ts'

/** EHLO keywords that it offers; who speaks before it greets is answered after its greeting. */
export type Offers = readonly ('PIPELINING' | 'PIPE_CONNECT')[]

export interface Counts {
  connections: number
  recipients: number
}

export function mailHost(offers: Offers, counts: Counts): Opens {
  return (back) => {
    counts.connections += 1
    back.say('220 mx.bench.test ESMTP\r\n')
    let pending = ''
    return {
      hear: (chunk) => {
        const lines = (pending + chunk).split('\r\n')
        pending = lines.pop() ?? ''
        answered(back, lines, { offers, counts })
      },
      end: () => back.hangUp(),
    }
  }
}

interface Host {
  readonly offers: Offers
  readonly counts: Counts
}

/** Whatever came together is answered together (RFC 2920 §3.2). */
function answered(back: Back, lines: readonly string[], host: Host): void {
  if (lines.length === 0) return
  back.say(lines.map((line) => replyTo(line, host)).join(''))
  if (lines.some((line) => /^QUIT/i.test(line))) back.hangUp()
}

function replyTo(line: string, { offers, counts }: Host): string {
  const verb = line.slice(0, 4).toUpperCase()
  if (verb === 'EHLO') return ['mx.bench.test', 'SIZE 50000000', ...offers].map(lineOf(250)).join('')
  if (verb === 'RCPT') {
    counts.recipients += 1
    return line.includes('<unknown') ? '550 5.1.1 No such user here\r\n' : '250 2.1.5 Recipient OK\r\n'
  }
  if (verb === 'QUIT') return '221 2.0.0 Bye\r\n'
  return ['HELO', 'MAIL', 'RSET', 'NOOP'].includes(verb) ? '250 2.0.0 OK\r\n' : '502 5.5.1 Not here\r\n'
}

const lineOf = (code: number) => (text: string, index: number, all: readonly string[]) =>
  `${code}${index < all.length - 1 ? '-' : ' '}${text}\r\n`
