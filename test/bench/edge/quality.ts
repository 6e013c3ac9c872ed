// How right the local checks are on material of others, beside other people's libraries on the same rows.
import { parse } from '@postern/shared/address/parse.ts'
import { disposable, disposableExchange } from '@postern/shared/signals/disposable.ts'
import { isFree } from '@postern/shared/signals/free.ts'
import { isLasting } from '@postern/shared/signals/lasting.ts'
import { isForwarding, isRelay, relay } from '@postern/shared/signals/relay.ts'
import { suggest } from '@postern/shared/typo/suggest.ts'
import { namesOf } from '../../../shared/lists/make.ts'
import type { Material } from './material.ts'
import { lists, suggesters, validators } from './others.ts'
import { aligned, type Part, type Row, rounded } from './report.ts'

const OURS = 'postern'

export function syntax({ addresses }: Material): Part {
  const judged = addresses.filter(({ expect }) => expect.signup !== null)
  const told = Object.entries({ [OURS]: (address: string) => parse(address).ok, ...validators }).map(
    ([name, isValid]) => {
      const answers = judged.map(({ address, expect }) => ({ meant: expect.signup, said: attempted(isValid, address) }))
      const count = (meant: boolean, said: boolean | null) =>
        answers.filter((one) => one.meant === meant && one.said === said).length
      const right = count(true, true) + count(false, false)
      const throws = answers.filter(({ said }) => said === null).length
      return {
        name,
        accuracy: right / judged.length,
        refused: count(true, false),
        accepted: count(false, true),
        throws,
      }
    },
  )
  const rows = told.map((one): Row => [one.name, rounded(one.accuracy, 4), one.refused, one.accepted, one.throws])
  const ours = told[0]
  return {
    title: `Syntax: ${judged.length} of ${addresses.length} addresses are to be judged on the sign-up policy`,
    lines: aligned([['', 'accuracy', 'valid refused', 'invalid accepted', 'throws'], ...rows]),
    figures: [
      { name: 'syntax_accuracy', value: rounded(ours?.accuracy ?? 0, 4), target: { atLeast: 0.995 } },
      { name: 'syntax_valid_refused', value: ours?.refused ?? 0, target: { atMost: 0 } },
    ],
  }
}

/** Null where it throws. */
function attempted(isValid: (address: string) => boolean, address: string): boolean | null {
  try {
    return isValid(address)
  } catch {
    return null
  }
}

export function typos({ slips, real }: Material): Part {
  const told = Object.entries({ [OURS]: suggested, ...suggesters }).map(([name, suggests]) => {
    const found = slips.map(({ typed, meant }) => ({ meant, said: suggests(typed) }))
    const right = found.filter(({ meant, said }) => said === meant).length
    const silent = found.filter(({ said }) => said === null).length
    const touched = real.filter((domain) => (suggests(domain) ?? domain) !== domain).length
    return { name, right, wrong: slips.length - right - silent, silent, touched }
  })
  const rows = told.map((one): Row => [one.name, one.right, one.wrong, one.silent, one.touched])
  const ours = told[0]
  return {
    title: `Typos: ${slips.length} slips, ${real.length} real domains`,
    lines: aligned([['', 'right', 'wrong', 'silent', 'real touched'], ...rows]),
    figures: [
      { name: 'typos_right', value: rounded((ours?.right ?? 0) / slips.length, 4), target: { atLeast: 0.85 } },
      { name: 'typos_real_touched', value: rounded((ours?.touched ?? 0) / real.length, 4), target: { atMost: 0.01 } },
    ],
  }
}

function suggested(domain: string): string | null {
  const address = `jane@${domain}`
  return suggest(address, parse(address))?.domain ?? null
}

export function mailboxes({ kinds }: Material): Part {
  const all = listedNames()
  const exchanges = namesOf().listed.filter((name) => !isKept(name))
  const share = (list: readonly string[], says: (domain: string) => boolean) =>
    rounded(list.filter(says).length / list.length, 5)
  const isDisposable = (domain: string) => disposable(domain).value
  const rows = Object.entries({ [OURS]: isDisposable, ...lists }).map(([name, says]): Row => {
    const flagged = (domains: readonly string[]) => domains.filter(says).length
    const below = share(all, (domain) => says(`mx.${domain}`))
    return [name, share(all, says), below, flagged(kinds.kept), flagged(kinds.relays)]
  })
  const below = share(all, (domain) => isDisposable(`mx.${domain}`))
  const passesOn = (domain: string) => isRelay(domain) || isForwarding(domain)
  const wrongly = kinds.kept.filter((domain) => relay(domain).value).length
  return {
    title: `Disposable: ${all.length} names of the source lists, ${kinds.kept.length} mailboxes that people keep, ${kinds.relays.length} relays`,
    lines: aligned([['', 'found', 'names below', 'kept called disposable', 'relays called disposable'], ...rows]),
    figures: [
      { name: 'disposable_found', value: share(all, isDisposable), target: { atLeast: 1 } },
      // Under public suffixes anybody may register a name: there, who stands below is not the operator.
      { name: 'disposable_below_found', value: below, target: { atLeast: 0.999 } },
      { name: 'disposable_exchanges_found', value: share(exchanges, isExchange), target: { atLeast: 1 } },
      { name: 'kept_called_disposable', value: kinds.kept.filter(isDisposable).length, target: { atMost: 0 } },
      { name: 'kept_called_relay', value: wrongly, target: { atMost: 0 } },
      { name: 'relays_called_relay', value: share(kinds.relays, passesOn), target: { atLeast: 0.95 } },
    ],
  }
}

const isExchange = (domain: string): boolean => disposableExchange(domain) !== null

/** Mailboxes that people keep stand on some of the sources' lists too, and are not called disposable for it. */
function listedNames(): string[] {
  const { listed, further } = namesOf()
  return [...listed, ...further].filter((name) => !isKept(name))
}

const isKept = (name: string): boolean => isLasting(name) || isFree(name) || isRelay(name) || isForwarding(name)
