// Domains whose mail hosts work as hosts should, and the ways in which hosts answer about mailboxes.
import {
  acceptsAll,
  callingBack,
  cannotVerify,
  evasive,
  longWinded,
  offeringTls,
  offeringUtf8,
  putsOffStrangers,
  senderDomain,
  strict,
} from '../characters.ts'
import type { DomainRow } from '../domain-row.ts'
import { absent, disabled, full, known, learns, moved, overQuota, unknown, unpromised } from '../mailbox.ts'
import * as is from '../outcome.ts'
import { publicKeyDigest } from '../smtp/tls-identity.ts'
import { DANE, only } from './report-ids.ts'

export const plain: readonly DomainRow[] = [
  {
    domain: 'strict.test',
    mx: [strict],
    boxes: { 'jane.roe': known, 'karl.weber': known, 'nina.falk': unknown, postmaster: learns(is.role) },
    findings: [
      'MX_SINGLE_HOST',
      'MX_NO_IPV6',
      'TLS_NOT_OFFERED',
      'SPF_NONE',
      'DKIM_NO_ZONE',
      'DMARC_NONE',
      'STS_NONE',
      'TLSRPT_NONE',
      'DANE_NONE',
    ],
    lacks: ['MX_IMPLICIT', 'MX_ONE_FAILURE_DOMAIN', 'STS_ORPHAN_POLICY', 'TLS_HANDSHAKE_FAILED', 'PTR_MISSING'],
    note: 'Known mailboxes 250, others 550 5.1.1.',
  },
  {
    domain: 'young.test',
    mx: [strict],
    registeredDaysAgo: 3,
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'As strict.test, but registered three days ago.',
  },
  {
    domain: 'catchall.test',
    mx: [acceptsAll],
    boxes: { 'jane.roe': learns(is.acceptsAll), 'nina.falk': absent(is.acceptsAll) },
    note: 'Accepts whatever is asked.',
  },
  {
    domain: 'evasive.test',
    mx: [evasive],
    boxes: { 'jane.roe': unpromised, 'nina.falk': { ...unknown, outcome: null } },
    note: 'Refuses local parts that look made up and accepts everybody else, so that only a stranger with a name proves anything.',
  },
  {
    domain: 'cannot-verify.test',
    mx: [cannotVerify],
    boxes: { 'jane.roe': learns(is.unverifiable) },
    note: 'Answers 252 to every recipient.',
  },
  {
    domain: 'strangers-later.test',
    mx: [putsOffStrangers],
    boxes: { 'jane.roe': learns(is.acceptsAllUnchecked) },
    note: 'Accepts whom it knows and puts off everybody else with 450, so no control is ever answered.',
  },
  {
    domain: 'overquota.test',
    mx: [strict],
    boxes: { 'jane.roe': known, 'paul.thorn': full, 'ruth.stein': overQuota },
    note: 'One mailbox is full for now (452 4.2.2), one for good (552 5.2.2).',
  },
  {
    domain: 'disabled.test',
    mx: [strict],
    boxes: { 'jane.roe': known, 'paul.thorn': disabled },
    note: 'One account is disabled (550 5.2.1).',
  },
  {
    domain: 'moved.test',
    mx: [strict],
    boxes: { 'jane.roe': known, 'paul.thorn': moved },
    note: 'One mailbox has moved elsewhere (551 with the new address).',
  },
  {
    domain: 'multiline.test',
    mx: [longWinded],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: 'Every reply to RCPT has three lines.',
  },
  {
    domain: 'callback.test',
    mx: [callingBack],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    note: "Asks the sender's own mail server first, and refuses with 550 when that says no.",
  },
  {
    domain: 'xn--bcher-kva.test',
    mx: [offeringUtf8],
    boxes: { anna: known, jörg: known, käthe: unknown },
    note: 'A name with an umlaut (xn--bcher-kva.test), a host with SMTPUTF8, mailboxes with umlauts.',
  },
  {
    domain: 'ascii-only.test',
    mx: [strict],
    boxes: { 'jane.roe': known, jörg: absent(is.smtpUtf8Unsupported) },
    note: 'No SMTPUTF8: an umlaut in the local part cannot even be said.',
  },
  {
    domain: 'starttls.test',
    mx: [offeringTls],
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    findings: ['TLS_CERT_UNTRUSTED', 'TLS_CERT_MISMATCH'],
    lacks: ['TLS_NOT_OFFERED', 'TLS_CERT_EXPIRED'],
    note: 'Offers STARTTLS, self-signed, and does without.',
  },
  {
    domain: 'dane.test',
    mx: [offeringTls],
    zone: [`_25._tcp.mx TLSA 3 1 1 ${publicKeyDigest()}`],
    authentic: true,
    boxes: { 'jane.roe': known, 'nina.falk': unknown },
    ...only(DANE, 'DANE_SINGLE_TLSA'),
    note: 'Signed zone (AD) with a TLSA record that fits the certificate.',
  },
  {
    domain: 'probe.test',
    mx: [senderDomain],
    boxes: { abuse: unpromised },
    note: "The lanes' sender domains: their sender mailboxes, postmaster and abuse take mail, others 550 5.1.1.",
  },
]
