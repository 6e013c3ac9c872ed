// DMARC of one domain as its owner has to see it: the walk, the record that counts, and whether its reports may go where they are sent.
import { concludedFrom, type Dnssec } from '../dns/dnssec.ts'
import { type AnyAnswer, type Asking, isAskable, textsOf } from './asking.ts'
import { chosenDmarc, type DmarcRecord, parseDmarc } from './dmarc.ts'
import { type Applied, appliedTo, type Effective, organisationOf, type Published, walkOf } from './dmarc-walk.ts'

export interface DmarcSurvey {
  /**
   * `unlearned` where a name that might have decided was not learned; `invalid` where the record that counts asks for nothing,
   * or the domain's own is none. What stands at the domain itself and is none is worth a word, though another one may count.
   */
  readonly status: 'found' | 'none' | 'several' | 'invalid' | 'unlearned'
  /** Names that were asked, without `_dmarc.`, from the domain upwards. */
  readonly walk: readonly string[]
  /** Of the record that was found and all names below it that have none, or of all of the walk; null where one was not learned. */
  readonly dnssec: Dnssec | null
  /** Of the record that counts, or asks for nothing, and the name that has it; else of the domain's own. Null where there is none. */
  readonly text: string | null
  readonly foundAt: string | null
  /** The domain's own record, whatever counts for it. */
  readonly own: DmarcRecord | null
  readonly effective: Effective | null
  /** Null where nobody knows. */
  readonly organisation: string | null
  /** Of the record that counts: what is wrong with it. */
  readonly faults: readonly string[]
  readonly notices: readonly string[]
  /** What is wrong with p, sp or np of that record, to complete a sentence about it; null where nothing is. */
  readonly detail: string | null
  /** Why the domain's own record is none, in the same way. */
  readonly discarded: string | null
  /** Destinations of reports outside the organisation that do not say that they take them. */
  readonly unauthorised: readonly string[]
  /** Any name below has the record: a wildcard answers. Null where nobody knows. */
  readonly wildcard: boolean | null
}

/** Nobody's name: only a wildcard has a record for it. */
const NOBODY = 'wildcard-test-7f3a'
/** Destinations that are asked whether they take reports. */
const MOST_DESTINATIONS = 5

/** Asks for the exchanges too, which tell whether there is such a name: another policy may be meant for names that are not there. */
export function* surveyDmarc(domain: string): Asking<DmarcSurvey> {
  const walk = walkOf(domain)
  const names = [...walk.map((name) => `_dmarc.${name}`), `_dmarc.${NOBODY}.${domain}`]
  const texts = names.map((name) => ({ name, type: 'TXT' }) as const)
  const answers = yield [...texts, { name: domain, type: 'MX' }]
  const read = answers.slice(0, walk.length).map(recordIn)
  const walked = walk.map((name, n) => ({ name, has: (read[n] ?? NOT_THERE).has }))
  const applied = appliedTo(domain, walked, existence(answers.at(-1)))
  const organisation = organisationOf(domain, walked)
  const foundAt = placeOf(applied)
  const [own = NOT_THERE] = read
  const { text, faults, notices, detail } = foundAt === null ? own : (read[walk.indexOf(foundAt)] ?? NOT_THERE)
  const effective = applied.kind === 'found' ? applied.effective : null
  return {
    status: own.discarded ?? STATUS[applied.kind],
    walk,
    dnssec: concludedFrom(answers.slice(0, foundAt === null ? walk.length : walk.indexOf(foundAt) + 1)),
    text,
    foundAt,
    own: own.has.kind === 'record' ? own.has.record : null,
    effective,
    organisation,
    faults,
    notices,
    detail: foundAt === null ? null : detail,
    discarded: own.discarded === null ? null : own.detail,
    unauthorised: effective === null || organisation === null ? [] : yield* unauthorisedOf(effective, organisation),
    wildcard: hasRecord(answers[walk.length]),
  }
}

const STATUS = { found: 'found', off: 'invalid', none: 'none', unlearned: 'unlearned' } as const

function placeOf(applied: Applied): string | null {
  if (applied.kind === 'found') return applied.effective.foundAt
  return applied.kind === 'off' ? applied.foundAt : null
}

/** RFC 8020 §2. */
function existence(answer: AnyAnswer | undefined): boolean | null {
  return answer === undefined || answer.kind === 'failure' ? null : answer.kind !== 'nxdomain'
}

function hasRecord(answer: AnyAnswer | undefined): boolean | null {
  const texts = textsOf(answer)
  return texts === null ? null : chosenDmarc(texts).kind !== 'none'
}

interface Read {
  readonly has: Published
  /** Several records are none (RFC 9989 §4.10), and so is one that is no list of tags (RFC 6376 §3.2). */
  readonly discarded: 'several' | 'invalid' | null
  readonly text: string | null
  readonly faults: readonly string[]
  readonly notices: readonly string[]
  readonly detail: string | null
}

const NOT_THERE: Read = { has: { kind: 'none' }, discarded: null, text: null, faults: [], notices: [], detail: null }

function recordIn(answer: AnyAnswer): Read {
  const texts = textsOf(answer)
  if (texts === null) return { ...NOT_THERE, has: { kind: 'unlearned' } }
  const found = chosenDmarc(texts)
  if (found.kind !== 'one') return { ...NOT_THERE, discarded: found.kind === 'several' ? 'several' : null }
  const parsed = parseDmarc(found.text)
  if (!parsed.ok) return { ...NOT_THERE, discarded: 'invalid', text: found.text, detail: parsed.detail }
  const { record, faults, notices, wrong } = parsed
  return { has: { kind: 'record', record }, discarded: null, text: found.text, faults, notices, detail: wrong }
}

/** RFC 9990 §4: a destination of another organisation than the record's says `v=DMARC1` below its own name. */
function* unauthorisedOf({ record, foundAt }: Effective, organisation: string): Asking<readonly string[]> {
  const owner = record.psd === 'y' ? foundAt : organisation
  const hosts = [...record.rua, ...record.ruf].flatMap((uri) => hostOf(uri) ?? [])
  const outside = [...new Set(hosts)].filter((host) => host !== owner && !host.endsWith(`.${owner}`))
  const questions = outside.map((host) => ({ host, name: `${foundAt}._report._dmarc.${host}`, type: 'TXT' }) as const)
  const asked = questions.filter(({ name }) => isAskable(name)).slice(0, MOST_DESTINATIONS)
  if (asked.length === 0) return []
  const answers = yield asked.map(({ name, type }) => ({ name, type }))
  return asked.flatMap(({ host }, n) => {
    const texts = textsOf(answers[n])
    // Who does not answer has not said no.
    return texts === null || texts.some((text) => /^v[ \t]*=[ \t]*DMARC1/i.test(text)) ? [] : [host]
  })
}

function hostOf(uri: string): string | null {
  const [, mailHost] = /^mailto:[^@?!]+@([^?!]+)/i.exec(uri) ?? []
  const [, webHost] = /^https:\/\/([^/:?#!]+)/i.exec(uri) ?? []
  return (mailHost ?? webHost)?.toLowerCase() ?? null
}
