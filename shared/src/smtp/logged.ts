// Replies as mail logs keep them: joined into one text, with or without their code and status; for whoever replays a log.
import type { Enhanced, Phase, Reply } from './codes.ts'

/** One row of a log, as text; what it does not tell is empty. */
export interface Logged {
  readonly code: string
  /** RFC 3463 §2, such as `5.1.1`. */
  readonly enhancedCode: string
  /** May begin with the code, the status or both, and hold line ends. */
  readonly text: string
}

/** RFC 5321 §4.5.3.1.5, eight lines of it: more is somebody's signature. */
const MOST_CHARACTERS = 4_096

/** RFC 5321 §4.2, or none. */
const CODE = /^(?:[2-5][0-9]{2})?$/
const STATUS = /^([245])\.([0-9]{1,3})\.([0-9]{1,3})(?![0-9.])/

/** The reply that a row of a log was; null where it is none: no code, no status and no words, or a code that no reply has. */
export function loggedReply({ code, enhancedCode, text }: Logged): Reply | null {
  const words = text.slice(0, MOST_CHARACTERS)
  const told = code.trim() === '' ? (/^\s*([2-5][0-9]{2})(?=[- ]|$)/.exec(words)?.[1] ?? '') : code.trim()
  if (!CODE.test(told)) return null
  const lines = words.split(/\r?\n/).map((line) => withoutCode(line, told))
  const status = statusOf(enhancedCode.trim()) ?? statusOf(lines[0] ?? '')
  const number = told === '' ? codeFor(status, words) : Number(told)
  if (number === null) return null
  const plain = lines.map((line) => line.replace(STATUS, '').trim())
  return { code: number, enhanced: status, lines: plain.filter((line) => line !== '') }
}

/** Each line of a reply begins with its code (RFC 5321 §4.2.1), also where a log has joined the lines by spaces. */
function withoutCode(line: string, code: string): string {
  if (code === '') return line.trim()
  return line
    .replaceAll(new RegExp(`(^|\\s)${code}[- ]`, 'g'), '$1')
    .replace(new RegExp(`^\\s*${code}\\s*$`), '')
    .trim()
}

function statusOf(text: string): Enhanced | null {
  const [, first, subject, detail] = STATUS.exec(text) ?? []
  if (first === undefined) return null
  return { class: Number(first) as Enhanced['class'], subject: Number(subject), detail: Number(detail) }
}

/** RFC 3463 §2: the status tells the kind of code. Words alone are of a message that bounced, so of a 5xx. */
function codeFor(status: Enhanced | null, words: string): number | null {
  if (status !== null) return status.class * 100 + 50
  return words.trim() === '' ? null : 550
}

const PHASES: Readonly<Record<string, Phase>> = {
  CONN: 'greeting',
  HELO: 'ehlo',
  EHLO: 'ehlo',
  STARTTLS: 'starttls',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
  QUIT: 'quit',
}

/** The phase that a log names by its command; one that it leaves out is RCPT, where most are. Null for an unknown word. */
export function loggedPhase(stage: string): Phase | null {
  const name = stage.trim().toUpperCase()
  return name === '' ? 'rcpt' : (PHASES[name] ?? null)
}
