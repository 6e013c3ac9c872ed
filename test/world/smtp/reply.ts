// What a mail server of the world can answer: a reply of RFC 5321 §4.2, or one of the noises that broken servers make.

export interface Reply {
  readonly code: number
  /** The text of each line, with its enhanced status where it has one. */
  readonly lines: readonly string[]
  /** What the server does once it has said so. */
  readonly afterwards: 'stay' | 'close' | 'secure'
}

/** `silence` says nothing and waits, `hang_up` closes without a word, `endless` never ends its line. */
export interface Noise {
  readonly noise: 'silence' | 'hang_up' | 'garbage' | 'endless'
}

export type Answer = Reply | Noise

/** RFC 2034 §4: the enhanced status precedes the text of every line. */
export function say(code: number, enhanced: string, ...text: readonly string[]): Reply {
  return { code, lines: text.map((line) => `${enhanced} ${line}`.trim()), afterwards: 'stay' }
}

export function closing(reply: Reply): Reply {
  return { ...reply, afterwards: 'close' }
}

export function printReply({ code, lines }: Reply): string {
  const last = lines.length - 1
  return lines.map((line, index) => `${code}${index < last ? '-' : ' '}${line}\r\n`).join('')
}
