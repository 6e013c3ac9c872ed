// One session from greeting to goodbye: reads lines off the wire, keeps the order of RFC 5321 and RFC 2920, speaks the answers.
import type { SecureContext } from 'node:tls'
import { spoken } from './character.ts'
import type { Line } from './line-inbox.ts'
import { obey, offersPipelining, turnOf } from './protocol.ts'
import { type Answer, closing, type Noise, printReply, say } from './reply.ts'
import { endTransaction, type Session, violate } from './session.ts'
import type { Wire } from './wire.ts'

// RFC 2920 §3.1: these end a group of commands, whatever is offered.
const ENDS_A_GROUP = new Set(['EHLO', 'HELO', 'DATA', 'VRFY', 'EXPN', 'NOOP', 'QUIT', 'STARTTLS'])
const OUT_OF_STEP = closing(say(554, '5.5.0', 'SMTP synchronization error'))
const GARBAGE = Buffer.from([0, 255, 254, 27, 91, 155, 128, 7, 240, 40, 140, 40, 13, 10])
const ENDLESS_BYTES = 4_194_304

/** Ends when either side has ended the session; true where it was the server. */
export async function converse(session: Session, wire: Wire, tls: () => SecureContext): Promise<boolean> {
  if (await greet(session, wire)) return true
  for (let line = await wire.nextLine(); line !== null; line = await wire.nextLine()) {
    const answer = await answerTo(session, wire, line)
    if (await speak(wire, answer)) return true
    if ('afterwards' in answer && answer.afterwards === 'secure') await secure(session, wire, tls)
  }
  if (wire.inbox.flooded) return await speak(wire, closing(say(421, '4.7.0', 'Too much at once')))
  return false
}

async function greet(session: Session, wire: Wire): Promise<boolean> {
  const { character, name, world } = session.host
  await wire.wait((character.greetsAfterMs + character.repliesAfterMs) * world.timeScale)
  if (talkedTooSoon(session, wire) && character.enforcesGreeting) {
    return await speak(wire, closing(say(554, '5.5.1', 'You talk too soon')))
  }
  const greeting = (await spoken(character, 'atGreeting', turnOf(session, ''))) ?? say(220, name, 'ESMTP')
  session.refused = 'code' in greeting && greeting.code >= 400
  const ended = await speak(wire, greeting)
  if ('noise' in greeting) talkedTooSoon(session, wire)
  return ended
}

function talkedTooSoon(session: Session, { inbox }: Wire): boolean {
  if (inbox.pending > 0 && !session.mayTalkEarly) violate(session, 'talked_before_greeting', `${inbox.pending} bytes`)
  return inbox.pending > 0
}

async function answerTo(session: Session, wire: Wire, line: Line): Promise<Answer> {
  const { character, world } = session.host
  const verb = (line.text.split(' ')[0] ?? '').toUpperCase()
  world.journal.said(session.record, line.text)
  const answer = line.fault === null ? await obey(session, line.text) : unreadable(session, line)
  await wire.wait(character.repliesAfterMs * world.timeScale)
  if (wire.inbox.pending === 0) return answer
  return outOfStep(session, wire, verb) ?? answer
}

function unreadable(session: Session, line: Line): Answer {
  if (line.fault === 'line_too_long') violate(session, 'line_too_long', line.text)
  return say(500, '5.5.2', line.fault === 'line_too_long' ? 'Line too long' : 'Line holds what no line may hold')
}

/** More was sent before this answer went out: noted where nobody offered that, and dealt with as the character does. */
function outOfStep(session: Session, wire: Wire, verb: string): Answer | null {
  const { character } = session.host
  const endsGroup = ENDS_A_GROUP.has(verb) && !(verb === 'EHLO' && session.mayTalkEarly)
  const offered = session.hello === 'EHLO' && offersPipelining(character) && !endsGroup
  if (!offered) violate(session, 'pipelined_unasked', `after ${verb}`)
  if (character.pipelining === 'stalls') wire.inbox.clear()
  return character.pipelining === 'enforced' ? OUT_OF_STEP : null
}

/** True where this was the last that the server had to say. */
async function speak(wire: Wire, answer: Answer): Promise<boolean> {
  if ('noise' in answer) return await NOISES[answer.noise](wire)
  wire.write(printReply(answer))
  if (answer.afterwards === 'close') wire.end()
  return answer.afterwards === 'close'
}

const NOISES: Readonly<Record<Noise['noise'], (wire: Wire) => boolean | Promise<boolean>>> = {
  silence: async (wire) => {
    await wire.untilGone()
    return false
  },
  hang_up: (wire) => {
    wire.end()
    return true
  },
  garbage: (wire) => {
    wire.write(GARBAGE)
    return false
  },
  endless: async (wire) => {
    await wire.pour(Buffer.alloc(16_384, 'x'), ENDLESS_BYTES)
    wire.end()
    return true
  },
}

/** RFC 3207 §4.2: after the handshake both sides know nothing of what was said before. */
async function secure(session: Session, wire: Wire, tls: () => SecureContext): Promise<void> {
  session.secured = session.record.secured = await wire.secure(tls())
  session.hello = null
  endTransaction(session)
}
