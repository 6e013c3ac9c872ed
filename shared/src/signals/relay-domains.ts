// Domains of mail that is passed on: relays hide an address that their user keeps, forwarders lend one for life.
import { nameList } from './list.ts'

/** Relays: an address per correspondent, in front of a mailbox that stays. They are not disposable mailboxes. */
export const relayDomains = nameList('postern relay list 2026-11-21', [
  '33mail.com',
  '8alias.com',
  '8shield.net',
  'addy.io',
  'addymail.com',
  'aleeas.com',
  'anonaddy.com',
  'anonaddy.me',
  'cloaked.id',
  'dralias.com',
  'duck.com',
  'erine.email',
  'mozmail.com',
  'opayq.com',
  'passfwd.com',
  'passinbox.com',
  'passmail.com',
  'passmail.net',
  'privaterelay.appleid.com',
  'relay.firefox.com',
  'simplelogin.co',
  'simplelogin.com',
  'simplelogin.fr',
  'slmail.me',
  'slmails.com',
])

/** Forwarders: one address, kept while the mailbox behind it changes. */
export const forwardingDomains = nameList('postern forwarding list 2026-11-21', [
  'acm.org',
  'alum.mit.edu',
  'alumni.princeton.edu',
  'computer.org',
  'forwardemail.net',
  'ieee.org',
  'pobox.com',
])
