// Greylisting (RFC 6647 §2): the first visit of a (source address, sender, recipient) is put off for a while.
import type { Rule } from './character.ts'
import { stateOf } from './host.ts'
import { say } from './reply.ts'

export interface GreylistOptions {
  readonly delayS: number
  /** The reply names what is left of the delay. */
  readonly named: boolean
  /** True: unknown recipients are put off as well, instead of being refused at once. */
  readonly strangersToo: boolean
}

export function greylists({ delayS, named, strangersToo }: GreylistOptions): Rule {
  return ({ session, recipient }) => {
    if (recipient === null || isExempt(recipient.local)) return null
    const { host, source, sender } = session
    if (!strangersToo && stateOf(host, recipient) !== 'known') return null
    const leftMs =
      firstVisit(host, `${source} ${sender} ${recipient.local}@${recipient.domain}`) + delayS * 1_000 - host.world.now()
    if (leftMs <= 0) return null
    return say(
      451,
      '4.7.1',
      named ? `Greylisted, try again in ${Math.ceil(leftMs / 1_000)} seconds` : 'Greylisted for now',
    )
  }
}

/** As the common greylisters have it, the two addresses for complaints are never put off. */
function isExempt(local: string): boolean {
  return ['postmaster', 'abuse'].includes(local.toLowerCase())
}

function firstVisit({ firstVisits, world }: Parameters<typeof stateOf>[0], triplet: string): number {
  const first = firstVisits.get(triplet) ?? world.now()
  firstVisits.set(triplet, first)
  return first
}
