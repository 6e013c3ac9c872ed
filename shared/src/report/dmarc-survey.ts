// DMARC of one domain as its owner has to see it: the walk, the record that counts, and whether its reports may go where they are sent.
import { type AnyAnswer, type Asking, textsOf } from './asking.ts'
import { chosenDmarc, type DmarcRecord, parseDmarc } from './dmarc.ts'
import { type Effective, effectiveOf, organisationOf, untilSaid, walkOf, type Walked } from './dmarc-walk.ts'

export interface DmarcSurvey {
  readonly status: 'found' | 'none' | 'several' | 'invalid' | 'unlearned'
  /** Names that were asked, without `_dmarc.`, from the domain upwards. */
  readonly walk: readonly string[]
  readonly text: string | null
  /** The domain's own record, whatever counts for it. */
  readonly own: DmarcRecord | null
  readonly effective: Effective | null
  readonly organisation: string
  /** Of the record that counts: what is wrong with it. */
  readonly faults: readonly string[]
  readonly notices: readonly string[]
  /** Why the domain's own record is none, or asks for nothing; null where it counts, or is not there. */
  readonly detail: string | null
  /** Destinations of reports outside the organisation that do not say that they take them. */
  readonly unauthorised: readonly string[]
  /** Any name below has the record: a wildcard answers. */
  readonly wildcard: boolean
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
  const exists = answers.at(-1)?.kind !== 'nxdomain'
  const read = answers.slice(0, walk.length).map(recordIn)
  const walked: Walked = walk.map((name, n) => ({ name, record: read[n]?.record ?? null }))
  const [own = NOT_THERE] = read
  // RFC 9989 §4.10.1: who does not answer has not said that there is no record.
  const isOpen = own.record === null && read.slice(0, untilSaid(walked).length).some(({ kind }) => kind === 'unlearned')
  const effective = isOpen ? null : effectiveOf(domain, walked, { exists })
  const organisation = organisationOf(domain, walked)
  const { text, faults, notices } = read[walk.indexOf(effective?.foundAt ?? domain)] ?? own
  return {
    status: statusOf(own, { effective, isOpen }),
    walk,
    text,
    own: own.record,
    effective,
    organisation,
    faults,
    notices,
    detail: own.detail,
    unauthorised: effective === null ? [] : yield* unauthorisedOf(effective, organisation),
    wildcard: isRecord(answers[walk.length]),
  }
}

function isRecord(answer: AnyAnswer | undefined): boolean {
  return chosenDmarc(textsOf(answer) ?? []).kind !== 'none'
}

interface Read {
  readonly kind: 'one' | 'none' | 'several' | 'invalid' | 'unlearned'
  readonly text: string | null
  readonly record: DmarcRecord | null
  readonly faults: readonly string[]
  readonly notices: readonly string[]
  readonly detail: string | null
}

const NOTHING = { text: null, record: null, faults: [], notices: [], detail: null } as const
const NOT_THERE: Read = { ...NOTHING, kind: 'none' }

function recordIn(answer: AnyAnswer): Read {
  const texts = textsOf(answer)
  if (texts === null) return { ...NOTHING, kind: 'unlearned' }
  const found = chosenDmarc(texts)
  if (found.kind !== 'one') return { ...NOTHING, kind: found.kind }
  const parsed = parseDmarc(found.text)
  if (!parsed.ok) return { ...NOTHING, kind: 'invalid', text: found.text, detail: parsed.detail }
  const { record, faults, notices } = parsed
  const isVoid = record.p === null
  const detail = isVoid ? faults.join('; ') : null
  return { kind: isVoid ? 'invalid' : 'one', text: found.text, record, faults, notices, detail }
}

/** What stands at the domain itself and is none is worth a word, though another one may count in its place. */
function statusOf(
  { kind }: Read,
  { effective, isOpen }: { readonly effective: Effective | null; readonly isOpen: boolean },
): DmarcSurvey['status'] {
  if (kind === 'several' || kind === 'invalid') return kind
  if (isOpen) return 'unlearned'
  return effective === null ? 'none' : 'found'
}

/** RFC 9990 §4: a destination elsewhere says `v=DMARC1` below its own name. */
function* unauthorisedOf({ record, foundAt }: Effective, organisation: string): Asking<readonly string[]> {
  const hosts = [...record.rua, ...record.ruf].flatMap((uri) => hostOf(uri) ?? [])
  const outside = [...new Set(hosts)].filter((host) => host !== organisation && !host.endsWith(`.${organisation}`))
  const asked = outside.slice(0, MOST_DESTINATIONS)
  if (asked.length === 0) return []
  const answers = yield asked.map((host) => ({ name: `${foundAt}._report._dmarc.${host}`, type: 'TXT' }) as const)
  return asked.filter((_, n) => {
    const texts = textsOf(answers[n])
    // Who does not answer has not said no.
    return texts !== null && !texts.some((text) => /^v[ \t]*=[ \t]*DMARC1/i.test(text))
  })
}

function hostOf(uri: string): string | null {
  const [, mailHost] = /^mailto:[^@?!]+@([^?!]+)/i.exec(uri) ?? []
  const [, webHost] = /^https:\/\/([^/:?#!]+)/i.exec(uri) ?? []
  return (mailHost ?? webHost)?.toLowerCase() ?? null
}
