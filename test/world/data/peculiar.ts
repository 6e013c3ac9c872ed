// Domains whose mail hosts are slow, dead, broken or particular about how they are spoken to.
import {
  closedPort,
  dead,
  endlessAtEhlo,
  garbageAtEhlo,
  greetingLate,
  greetPausing,
  hangingUpAfterCommands,
  hangingUpAfterRecipients,
  hangingUpAtRcpt,
  heloOnly,
  needingTls,
  oneRecipientOnly,
  pipeConnecting,
  pipeConnectLiar,
  stallingPipeline,
  tarpit,
  withoutPipelining,
} from '../characters.ts'
import type { DomainRow } from '../domain-row.ts'
import { known, learns, unknown, unpromised } from '../mailbox.ts'
import * as is from '../outcome.ts'
import { only, SMTP } from './report-ids.ts'

export const peculiar: readonly DomainRow[] = [
  {
    domain: 'needs-tls.test',
    mx: [needingTls],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'MAIL is refused with 530 until STARTTLS was done.',
  },
  {
    domain: 'helo-only.test',
    mx: [heloOnly],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'Knows HELO, answers EHLO with 502.',
  },
  {
    domain: 'no-pipelining.test',
    mx: [withoutPipelining],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'Offers no PIPELINING and hangs up (554) on who does it all the same.',
  },
  {
    domain: 'stalling-pipeline.test',
    mx: [stallingPipeline],
    boxes: { 'jane.roe': learns(is.within(10_000, is.accepted)) },
    note: 'Offers PIPELINING but answers only the first command of a write.',
  },
  {
    domain: 'one-recipient.test',
    mx: [oneRecipientOnly],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'Takes one recipient per transaction, 452 4.5.3 to the next.',
  },
  {
    domain: 'few-commands.test',
    mx: [hangingUpAfterCommands(5)],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'Says 421 to the sixth command and closes.',
  },
  {
    domain: 'few-recipients.test',
    mx: [hangingUpAfterRecipients(3)],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'Says 421 to the fourth recipient and closes.',
  },
  {
    domain: 'one-then-421.test',
    mx: [hangingUpAfterRecipients(1)],
    boxes: { 'jane.roe': unpromised },
    note: 'Says 421 to the second recipient and closes, so the control needs another connection.',
  },
  {
    domain: 'hangs-up.test',
    mx: [hangingUpAtRcpt],
    boxes: { 'jane.roe': learns(is.inconclusive) },
    note: 'Closes without a word after RCPT.',
  },
  {
    domain: 'garbage.test',
    mx: [garbageAtEhlo],
    ...only(SMTP, 'SMTP_EHLO_NO_REPLY'),
    boxes: { 'jane.roe': learns(is.inconclusive) },
    note: 'Answers EHLO with bytes that are no reply.',
  },
  {
    domain: 'endless.test',
    mx: [endlessAtEhlo],
    boxes: { 'jane.roe': learns(is.inconclusive) },
    note: 'Answers EHLO with a line that does not end.',
  },
  {
    domain: 'slow-greeting.test',
    mx: [greetingLate(300)],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'Greets after 300 ms.',
  },
  {
    domain: 'greet-pause.test',
    mx: [greetPausing(500)],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'Greets after 500 ms and turns away (554) who talks before.',
  },
  {
    domain: 'pipe-connect.test',
    mx: [pipeConnecting(100)],
    boxes: { 'jane.roe': known, 'karl.weber': known, 'nina.falk': unknown },
    note: 'Greets after 100 ms, offers PIPE_CONNECT, and takes what was said before.',
  },
  {
    domain: 'pipe-connect-liar.test',
    mx: [pipeConnectLiar(200)],
    boxes: { 'jane.roe': known, 'karl.weber': known, 'nina.falk': unknown },
    note: 'Greets after 200 ms, offers PIPE_CONNECT, and turns away (554) who takes it at its word.',
  },
  {
    domain: 'sluggish.test',
    mx: [tarpit(100)],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'Every reply takes 100 ms.',
  },
  {
    domain: 'tarpit.test',
    mx: [tarpit(3_000)],
    boxes: { 'jane.roe': learns(is.within(1_500, is.smtpTimeout)) },
    note: 'Every reply takes 3 seconds.',
  },
  {
    domain: 'dead.test',
    mx: [dead],
    ...only(SMTP, 'SMTP_NO_GREETING'),
    boxes: { 'jane.roe': learns(is.within(1_500, is.smtpTimeout)) },
    note: 'Accepts the connection and never greets.',
  },
  {
    domain: 'closed-port.test',
    mx: [closedPort],
    boxes: { 'jane.roe': learns(is.connectFailed) },
    findings: ['SMTP_CONNECT_REFUSED'],
    lacks: ['SMTP_CONNECT_TIMEOUT', 'SMTP_421_554_GREETING', 'TLS_NOT_OFFERED'],
    note: 'Nothing listens at the address.',
  },
]
