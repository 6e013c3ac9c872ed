// Domains whose mail hosts refuse us, everybody, or for now; what they say is about us or about nobody.
import {
  closingWith421,
  greylisting,
  refusingAtGreeting,
  refusingEverybody,
  refusingListedClients,
  repeatingTheAddress,
} from '../characters.ts'
import type { DomainRow } from '../domain-row.ts'
import { absent, known, learns, unknown } from '../mailbox.ts'
import * as is from '../outcome.ts'
import { say } from '../smtp/reply.ts'

export const refusing: readonly DomainRow[] = [
  {
    domain: 'greylist.test',
    mx: [greylisting({ delayS: 1, named: true, strangersToo: false })],
    boxes: { 'jane.roe': known, 'karl.weber': known, 'nina.falk': unknown },
    note: 'Greylists known mailboxes for 1 second, which the reply names.',
  },
  {
    domain: 'greylist-long.test',
    mx: [greylisting({ delayS: 300, named: true, strangersToo: true })],
    boxes: { 'jane.roe': learns(is.greylisted), 'nina.falk': absent(is.greylisted) },
    note: 'Greylists everybody for 300 seconds, which the reply names.',
  },
  {
    domain: 'greylist-silent.test',
    mx: [greylisting({ delayS: 120, named: false, strangersToo: true })],
    boxes: { 'jane.roe': learns(is.greylisted) },
    note: 'Greylists everybody for 120 seconds and does not say for how long.',
  },
  {
    domain: 'blocked-greeting.test',
    mx: [refusingAtGreeting(say(554, '5.7.1', 'Connection refused: your address has a poor reputation'))],
    boxes: { 'jane.roe': learns(is.blocked) },
    findings: ['SMTP_421_554_GREETING'],
    lacks: ['SMTP_CONNECT_REFUSED', 'TLS_NOT_OFFERED'],
    note: 'Greets with 554 and reputation words.',
  },
  {
    domain: 'blocked-550.test',
    mx: [refusingAtGreeting(say(550, '5.7.1', 'Access denied: your address is on our block list'))],
    boxes: { 'jane.roe': learns(is.blocked) },
    note: 'Greets with 550 and block list words.',
  },
  {
    domain: 'blocked-421.test',
    mx: [closingWith421('Connection refused: your address has a poor reputation')],
    boxes: { 'jane.roe': learns(is.blocked) },
    findings: ['SMTP_421_554_GREETING'],
    lacks: ['SMTP_CONNECT_REFUSED', 'TLS_NOT_OFFERED'],
    note: 'Greets with 421 and reputation words, and closes.',
  },
  {
    domain: 'busy-421.test',
    mx: [closingWith421('Connection rate limit exceeded for your address')],
    boxes: { 'jane.roe': learns(is.rateLimited) },
    note: 'Greets with 421 and rate words, and closes.',
  },
  {
    domain: 'blocked-rcpt.test',
    mx: [refusingListedClients],
    boxes: { 'jane.roe': learns(is.blocked) },
    note: 'Refuses every recipient because our address is on a DNSBL (550 5.7.1).',
  },
  {
    domain: 'policy.test',
    mx: [refusingEverybody(say(550, '5.7.1', 'Message refused by local policy'))],
    boxes: { 'jane.roe': learns(is.blocked), 'nina.falk': absent(is.blocked) },
    note: 'Refuses everybody alike, postmaster included, in words of policy.',
  },
  {
    domain: 'nobody-home.test',
    mx: [refusingEverybody(say(550, '5.1.1', 'User unknown'))],
    boxes: { 'jane.roe': learns(is.notFoundEstimated) },
    note: 'Calls everybody unknown alike, postmaster included (550 5.1.1).',
  },
  {
    domain: 'echo.test',
    mx: [repeatingTheAddress],
    boxes: { 'no-such-user': absent(is.blocked) },
    note: 'Refuses by policy and repeats the address, which reads like a refusal of the mailbox.',
  },
  {
    domain: 'temporary.test',
    mx: [refusingEverybody(say(451, '4.3.0', 'Local error in processing'))],
    // On a first visit a temporary failure is greylisting as far as anybody can tell.
    boxes: { 'jane.roe': learns(is.greylisted) },
    note: 'Answers 451 to every recipient.',
  },
  {
    domain: 'rate-limited.test',
    mx: [refusingEverybody(say(450, '4.7.1', 'Rate limit exceeded, slow down'))],
    boxes: { 'jane.roe': learns(is.rateLimited) },
    note: 'Answers every recipient with 450 and rate words.',
  },
]
