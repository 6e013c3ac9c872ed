// The characters that mail hosts of the world can have, each named by what it does; data rows pick from here.
import { characterOf } from './smtp/character.ts'
import { callsBack } from './smtp/callout.ts'
import { type GreylistOptions, greylists } from './smtp/greylist.ts'
import { hangsUpAfterCommands, hangsUpAfterRecipients } from './smtp/limits.ts'
import { type Answer, closing, say } from './smtp/reply.ts'
import * as rules from './smtp/rules.ts'
import type { CertificateKind } from './tls/certificate-kind.ts'

/** Known mailboxes 250, others 550 5.1.1. */
export const strict = characterOf()
export const acceptsAll = characterOf({ atRcpt: rules.acceptsAnybody })
export const cannotVerify = characterOf({
  atRcpt: rules.always(say(252, '2.5.2', 'Cannot verify, will take the message')),
})
export const putsOffStrangers = characterOf({ atRcpt: rules.putsOffStrangers })
/** Refuses what looks made up, and accepts everybody else. */
export const evasive = characterOf({ atRcpt: rules.refusesMadeUp })
export const longWinded = characterOf({ atRcpt: rules.longWinded })

export const greylisting = (options: GreylistOptions) => characterOf({ atRcpt: greylists(options) })
export const callingBack = characterOf({ atRcpt: callsBack })

/** Refuses the client itself, before it has said a word. */
export const refusingAtGreeting = (answer: Answer) => characterOf({ atGreeting: rules.always(answer) })
export const refusingListedClients = characterOf({ atRcpt: rules.blocksListedClients })
/** Says the same to every recipient, postmaster included. */
export const refusingEverybody = (answer: Answer) => characterOf({ atRcpt: rules.always(answer) })
export const repeatingTheAddress = characterOf({ atRcpt: rules.repeatsTheAddress })

/** Offers TLS with a certificate for its own name that the world's authority has signed. */
export const trusted = characterOf({ starttls: true, certificate: 'valid' })
export const presenting = (certificate: CertificateKind) => characterOf({ starttls: true, certificate })
export const speakingOldTls = characterOf({ starttls: true, certificate: 'valid', tlsVersion: 'TLSv1.1' })
/** Offers TLS and has no certificate, so that no handshake succeeds. */
export const breakingTls = characterOf({ starttls: true, certificate: 'none' })
/** Trusted, under a name that is not its own. */
export const greetingAs = (name: string) =>
  characterOf({ starttls: true, certificate: 'valid', atGreeting: rules.always(say(220, name, 'ESMTP')) })
export const needingTls = characterOf({ starttls: true, atMail: rules.needsTls })
export const offeringTls = characterOf({ starttls: true })
export const offeringUtf8 = characterOf({ smtpUtf8: true })
export const heloOnly = characterOf({ pipelining: 'absent', atHello: rules.refusesEhlo })

export const withoutPipelining = characterOf({ pipelining: 'enforced' })
export const stallingPipeline = characterOf({ pipelining: 'stalls' })
export const oneRecipientOnly = characterOf({ takesNewMail: true, atRcpt: rules.oneRecipientOnly })
export const hangingUpAfterCommands = (most: number) => characterOf({ atAnything: hangsUpAfterCommands(most) })
export const hangingUpAfterRecipients = (most: number) => characterOf({ atRcpt: hangsUpAfterRecipients(most) })
export const hangingUpAtRcpt = characterOf({ atRcpt: rules.always({ noise: 'hang_up' }) })
export const garbageAtEhlo = characterOf({ atHello: rules.always({ noise: 'garbage' }) })
export const endlessAtEhlo = characterOf({ atHello: rules.always({ noise: 'endless' }) })

export const greetingLate = (ms: number) => characterOf({ greetsAfterMs: ms })
/** Greets late and turns away who talks before. */
export const greetPausing = (ms: number) => characterOf({ greetsAfterMs: ms, enforcesGreeting: true })
/** Greets late, and does not mind who does not wait for it, once it has said so. */
export const pipeConnecting = (ms: number) => characterOf({ greetsAfterMs: ms, pipeConnect: true })
/** Says that nobody need wait, and turns away (554) who does not. */
export const pipeConnectLiar = (ms: number) =>
  characterOf({ greetsAfterMs: ms, pipeConnect: true, enforcesGreeting: true })
export const tarpit = (ms: number) => characterOf({ repliesAfterMs: ms })
/** Accepts the connection and never says a word. */
export const dead = characterOf({ atGreeting: rules.always({ noise: 'silence' }) })
export const closedPort = characterOf({ listens: false })

export const closingWith421 = (text: string) => refusingAtGreeting(closing(say(421, '4.7.0', text)))
/** Strict, but connecting at all is a violation. */
export const unwelcoming = (why: string) => characterOf({ unwelcome: why })
/** Called by every host that calls back, by several at a time. */
export const senderDomain = characterOf({ mostConnections: 100 })
