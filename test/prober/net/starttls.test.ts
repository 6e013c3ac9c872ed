// STARTTLS against servers that mean no good: what is not protected is not heard, and no certificate ends a conversation.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import {
  type Behaviour,
  type HostileServer,
  meet,
  type Patience,
  type Peer,
  serveUntil,
  startHostileServer,
} from './hostile-server.ts'

let server: HostileServer

beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.close())
afterEach(async () => {
  await expect.poll(() => server.connections(), { interval: 5, timeout: 400 }).toBe(0)
})

const DECENT = 'done mailbox:250 stranger:550'
/** Where silence is the point; whatever ends must end by then. */
const SHORT: Patience = { deadlineMs: 100 }
const SLACK_MS = 150

async function against(behaviour: Behaviour, patience: Patience = {}) {
  server.behave(behaviour)
  const met = await meet(server, patience)
  expect(met.tookMs).toBeLessThan((patience.deadlineMs ?? 2_000) + SLACK_MS)
  return met
}

const starttls = { ehlo: '250-mx.strict.test\r\n250 STARTTLS\r\n', mail: '530 5.7.0 Must issue STARTTLS first\r\n' }

/** As far as the client's STARTTLS, whose answer is due. */
async function untilStartTls(peer: Peer): Promise<void> {
  await serveUntil(peer, 'mailbox', starttls)
}

const go = '220 2.0.0 Go ahead\r\n'

it('is done where it is demanded, and the certificate is nobody’s business', async () => {
  const { text } = await against(async (peer) => {
    await untilStartTls(peer)
    peer.say(go)
    await peer.secure()
    await peer.hear()
    peer.say('250 mx.strict.test\r\n')
    for (const reply of ['250 Ok', '250 Ok', '550 5.1.1 No']) {
      await peer.hear()
      peer.say(`${reply}\r\n`)
    }
    await peer.untilGone()
  })
  expect(text).toBe(DECENT)
  await expect
    .poll(() => server.heard)
    .toEqual([
      'EHLO a.probe.test',
      'MAIL FROM:<probe@a.probe.test>',
      'STARTTLS',
      'EHLO a.probe.test',
      'MAIL FROM:<probe@a.probe.test>',
      'RCPT TO:<jane@strict.test>',
      'RCPT TO:<stranger@strict.test>',
      'QUIT',
    ])
})

it('what stands in clear behind the go-ahead is not heard (RFC 3207 §6)', async () => {
  const { text } = await against(async (peer) => {
    await untilStartTls(peer)
    peer.say(`${go}250 Ok\r\n250 Ok\r\n250 half a li`)
    await peer.secure()
    await peer.hear()
    peer.say('554 5.7.1 not you\r\n')
    await peer.untilGone()
  })
  expect(text).toBe('done ehlo:554')
})

const record = (hex: string) => Buffer.from(hex, 'hex')
const then = (peer: Peer, act: () => void) => {
  peer.say(go)
  // Ten milliseconds are a packet of its own.
  setTimeout(act, 10)
}
it.each<[string, (peer: Peer) => void, string]>([
  ['garbage', (peer) => then(peer, () => peer.say('\0\x01garbage'.repeat(100))), 'tls_error'],
  ['replies in clear', (peer) => then(peer, () => peer.say('250 Ok\r\n250 Ok\r\n')), 'tls_error'],
  ['a fatal alert', (peer) => then(peer, () => peer.say(record('15030300020228'))), 'tls_error'],
  ['a record that never ends', (peer) => then(peer, () => peer.say(record('1603034000'))), 'timed_out'],
  ['the end', (peer) => then(peer, () => peer.hangUp()), 'tls_error'],
  ['a reset', (peer) => then(peer, () => peer.reset()), 'tls_error'],
  ['silence', (peer) => peer.say(go), 'timed_out'],
  ['silence behind garbage in one packet', (peer) => peer.say(`${go}${go}250 Ok\r\n\0garbage`), 'timed_out'],
  ['the end in the same packet', (peer) => (peer.say(go), peer.hangUp()), 'tls_error'],
  ['a refusal', (peer) => peer.say('454 4.7.0 TLS not available\r\n'), 'done starttls:454'],
])('answered with %s', async (_what, answer, expected) => {
  const { text } = await against(async (peer) => {
    await untilStartTls(peer)
    answer(peer)
    await peer.untilGone()
  }, SHORT)
  expect(text).toBe(expected)
})

it.each<[string, (peer: Peer) => void, string]>([
  ['the end', (peer) => peer.hangUp(), 'closed'],
  ['a reset', (peer) => peer.reset(), 'closed'],
  ['silence', () => undefined, 'timed_out'],
  ['a refusal', (peer) => peer.say('554 no\r\n'), 'done ehlo:554'],
  ['a line without end', (peer) => peer.say('x'.repeat(100_000)), 'protocol_error'],
  ['STARTTLS once more', (peer) => peer.say('250-mx\r\n250 STARTTLS\r\n'), 'timed_out'],
])('and after it %s', async (_what, answer, expected) => {
  const { text } = await against(async (peer) => {
    await untilStartTls(peer)
    peer.say(go)
    await peer.secure()
    await peer.hear()
    answer(peer)
    await peer.untilGone()
  }, SHORT)
  expect(text).toBe(expected)
})
