// The commands of RFC 5321 as a mail host of the world serves them: in order, to the letter, and never as far as a message.
import { type Character, spoken } from './character.ts'
import { stateOf } from './host.ts'
import { readPath } from './path.ts'
import { type Answer, closing, type Reply, say } from './reply.ts'
import { honestAnswer } from './rules.ts'
import { endTransaction, type Session, type Turn, violate } from './session.ts'

type Command = (session: Session, argument: string, verb: string) => Answer | Promise<Answer>

const BAD_ORDER = say(503, '5.5.1', 'Bad sequence of commands')
const BAD_ARGUMENT = say(501, '5.5.4', 'Syntax error in parameters or arguments')
const BAD_PARAMETER = say(555, '5.5.4', 'Parameter not recognized')
const ASCII_ONLY = say(553, '5.6.7', 'Address needs SMTPUTF8')
const MOST_OCTETS = 10_485_760
// RFC 5321 §4.1.1.1: a domain or an address literal.
const HELLO_NAME = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[^\s[\]]+\])$/iu

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['HELO', hello],
  ['EHLO', hello],
  ['STARTTLS', startTls],
  ['MAIL', mail],
  ['RCPT', rcpt],
  ['DATA', data],
  ['BDAT', data],
  ['RSET', rset],
  ['NOOP', () => say(250, '2.0.0', 'OK')],
  ['VRFY', (_, argument) => (argument === '' ? BAD_ARGUMENT : say(252, '2.5.2', 'Cannot VRFY, but will take mail'))],
  ['EXPN', () => say(502, '5.5.1', 'Command not implemented')],
  ['HELP', () => say(214, '2.0.0', 'See RFC 5321')],
  ['QUIT', () => closing(say(221, '2.0.0', 'Bye'))],
])

/** The answer to one well-formed command line. */
export async function obey(session: Session, line: string): Promise<Answer> {
  const [word = '', ...rest] = line.split(' ')
  const verb = word.toUpperCase()
  session.commands += 1
  const command = COMMANDS.get(verb)
  if (session.refused && verb !== 'QUIT') return BAD_ORDER
  const limit = await spoken(session.host.character, 'atAnything', turnOf(session, verb))
  if (limit !== null) return limit
  // RFC 5321 §4.1.1: spaces before the end of a line are to be forgiven.
  const argument = rest.join(' ').trimEnd()
  return command === undefined ? say(500, '5.5.2', 'Command not recognized') : command(session, argument, verb)
}

export function turnOf(session: Session, verb: string): Turn {
  return { session, verb, recipient: null, path: '' }
}

async function hello(session: Session, name: string, verb: string): Promise<Answer> {
  if (!HELLO_NAME.test(name)) return BAD_ARGUMENT
  const { character } = session.host
  const own = await spoken(character, 'atHello', turnOf(session, verb))
  if (own !== null) return own
  endTransaction(session)
  session.hello = verb === 'EHLO' ? 'EHLO' : 'HELO'
  if (verb === 'EHLO' && character.pipeConnect) session.host.earlyOffers.set(session.source, session.host.world.now())
  const lines = [`${session.host.name} greets ${name}`]
  return { code: 250, lines: verb === 'EHLO' ? [...lines, ...extensions(session)] : lines, afterwards: 'stay' }
}

function extensions({ host: { character }, secured }: Session): string[] {
  return [
    ...(offersPipelining(character) ? ['PIPELINING'] : []),
    `SIZE ${MOST_OCTETS}`,
    '8BITMIME',
    'ENHANCEDSTATUSCODES',
    // RFC 3207 §4.2: no longer offered once TLS is there.
    ...(character.starttls && !secured ? ['STARTTLS'] : []),
    ...(character.smtpUtf8 ? ['SMTPUTF8'] : []),
    ...(character.pipeConnect ? ['PIPE_CONNECT'] : []),
  ]
}

export function offersPipelining({ pipelining }: Character): boolean {
  return pipelining === 'offered' || pipelining === 'stalls'
}

function startTls(session: Session, argument: string): Reply {
  if (argument !== '') return BAD_ARGUMENT
  if (!session.host.character.starttls) return say(502, '5.5.1', 'Command not implemented')
  if (session.secured || session.hello !== 'EHLO') return BAD_ORDER
  return { ...say(220, '2.0.0', 'Ready to start TLS'), afterwards: 'secure' }
}

async function mail(session: Session, argument: string, verb: string): Promise<Answer> {
  const { character } = session.host
  if (session.hello === null) return BAD_ORDER
  if (session.sender !== null && !character.takesNewMail) return BAD_ORDER
  const path = argument.slice(0, 5).toUpperCase() === 'FROM:' ? readPath(argument.slice(5)) : null
  if (path === null) return BAD_ARGUMENT
  if (!path.parameters.every((parameter) => isKnown(session, parameter.toUpperCase()))) return BAD_PARAMETER
  const smtpUtf8 = path.parameters.some((parameter) => parameter.toUpperCase() === 'SMTPUTF8')
  if (!smtpUtf8 && !isAscii(path.text)) return ASCII_ONLY
  const own = await spoken(character, 'atMail', {
    ...turnOf(session, verb),
    recipient: path.recipient,
    path: path.text,
  })
  if (own !== null) return own
  endTransaction(session)
  session.sender = path.text
  session.smtpUtf8 = smtpUtf8
  return say(250, '2.1.0', 'Sender OK')
}

/** RFC 1870 §6, RFC 6152 §3, RFC 6531 §3.4; parameters belong to extensions, and those to EHLO. */
function isKnown({ hello, host }: Session, parameter: string): boolean {
  if (hello !== 'EHLO') return false
  if (parameter === 'SMTPUTF8') return host.character.smtpUtf8
  return /^SIZE=\d{1,20}$/u.test(parameter) || parameter === 'BODY=7BIT' || parameter === 'BODY=8BITMIME'
}

async function rcpt(session: Session, argument: string, verb: string): Promise<Answer> {
  if (session.sender === null) return BAD_ORDER
  const path = argument.slice(0, 3).toUpperCase() === 'TO:' ? readPath(argument.slice(3)) : null
  if (path === null || path.recipient === null) return say(501, '5.1.3', 'Bad recipient address syntax')
  if (path.parameters.length > 0) return BAD_PARAMETER
  if (!session.smtpUtf8 && !isAscii(path.text)) return ASCII_ONLY
  session.recipients += 1
  const turn = { session, verb, recipient: path.recipient, path: path.text }
  if (stateOf(session.host, path.recipient) === 'elsewhere') return honestAnswer(turn)
  const answer = (await spoken(session.host.character, 'atRcpt', turn)) ?? honestAnswer(turn)
  if ('code' in answer && answer.code < 300) session.accepted += 1
  return answer
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}

/** Whoever comes this far would have sent a message: the world takes none. */
function data(session: Session, _: string, verb: string): Reply {
  violate(session, 'data', verb)
  return session.sender === null ? BAD_ORDER : say(554, '5.5.1', 'No valid recipients')
}

function rset(session: Session, argument: string): Reply {
  if (argument !== '') return BAD_ARGUMENT
  endTransaction(session)
  return say(250, '2.0.0', 'OK')
}
