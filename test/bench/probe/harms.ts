// What hostile mail servers do, one kind of harm each, for conversations that must end by their deadline all the same.
import { setTimeout as pause } from 'node:timers/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { type Behaviour, type Peer, serveUntil, type Stage, STAGES } from '../../prober/net/hostile-server.ts'

const TEN_MEGABYTES = Buffer.alloc(10_000_000, 'x')
const GREETING_OF_TEN = Buffer.concat([Buffer.from('220 '), TEN_MEGABYTES])
const TLS_RECORD = Buffer.from('160303007a02000076030315030100020228', 'hex')

async function tls(peer: Peer, act: () => void | Promise<void>): Promise<void> {
  await serveUntil(peer, 'mailbox', { ehlo: '250-mx\r\n250 STARTTLS\r\n', mail: '530 Must issue STARTTLS first\r\n' })
  peer.say('220 Go ahead\r\n')
  await act()
}

async function endless(peer: Peer, chunk: string): Promise<void> {
  while (!peer.gone) {
    peer.say(chunk)
    await turn()
  }
}

async function slowly(peer: Peer, text: string): Promise<void> {
  for (const octet of text) {
    if (peer.gone) return
    peer.say(octet)
    await pause(1_000)
  }
}

const at = (name: string, act: (peer: Peer, stage: Stage) => void | Promise<void>) =>
  Object.fromEntries(
    STAGES.map((stage): [string, Behaviour] => [
      `${name} at ${stage}`,
      (peer) => serveUntil(peer, stage).then(() => act(peer, stage)),
    ]),
  )

const saying = (name: string, greeting: string | Buffer): Record<string, Behaviour> => ({
  [`a greeting of ${name}`]: (peer) => peer.say(greeting),
})

const wrong = (line: string): Record<string, Behaviour> =>
  Object.fromEntries(
    STAGES.map((stage): [string, Behaviour] => [
      `${line} at ${stage}`,
      (peer) => serveUntil(peer, null, { [stage]: `${line}\r\n` }),
    ]),
  )

/** By name; a server runs through them in turns. */
export const HARMS: Readonly<Record<string, Behaviour>> = {
  ...saying('half a line', '220 mx.str'),
  ...saying('half a reply', '220-mx.strict.test\r\n'),
  ...saying('ten megabytes without a line end', TEN_MEGABYTES),
  ...saying('ten megabytes that begin well', GREETING_OF_TEN),
  ...saying('NULs', Buffer.alloc(4_096)),
  ...saying('NULs in lines', '\0\0\0\r\n'),
  ...saying('TLS', TLS_RECORD),
  ...saying('HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'),
  ...saying('codes that change', '220-mx\r\n250 mx\r\n'),
  ...at('silence', () => undefined),
  ...at('an octet a second', (peer) => slowly(peer, '250 2.1.0 slow')),
  ...at('half an answer and the end', (peer) => {
    peer.say('25')
    peer.hangUp()
  }),
  ...at('the end', (peer) => peer.hangUp()),
  ...at('a reset', (peer) => peer.reset()),
  ...at('continuation without end', (peer) => endless(peer, '250-more\r\n'.repeat(50))),
  ...at('a line without end', (peer) => endless(peer, 'x'.repeat(1_000))),
  ...at('replies to nothing', (peer) => endless(peer, '250 and another thing\r\n'.repeat(50))),
  ...at('a lone LF', (peer, stage) => peer.say(stage === 'greeting' ? '220 hi\n' : '250 hi\n')),
  ...at('a NUL within a line', (peer, stage) => peer.say(stage === 'greeting' ? '220 a\0b\r\n' : '250 a\0b\r\n')),
  ...wrong('354 go ahead'),
  ...wrong('199 what'),
  ...wrong('600 what'),
  ...wrong('421 4.3.2 closing'),
  ...wrong('554 5.7.1 go away'),
  'TLS that works and says no more': (peer) => tls(peer, () => peer.secure()),
  'TLS that works and a flood': (peer) => tls(peer, () => peer.secure().then(() => endless(peer, '250-x\r\n'))),
  'garbage for TLS': (peer) => tls(peer, () => peer.say(TLS_RECORD)),
  'a flood for TLS': (peer) => tls(peer, () => endless(peer, '250 x\r\n')),
  'a reset for TLS': (peer) => tls(peer, () => peer.reset()),
  'the end for TLS': (peer) => tls(peer, () => peer.hangUp()),
  'nothing wrong': (peer) => serveUntil(peer, null),
}
