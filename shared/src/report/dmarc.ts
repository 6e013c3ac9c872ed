// A DMARC record (RFC 9989 §4.7, §4.8): what a domain asks of those who take mail in its name, and where it wants to hear of it.
import { chosen, type Chosen, type Parsed, partsOf, repeated, shown, type Tag, tagOf, trimmed } from './record.ts'

export const POLICIES = ['none', 'quarantine', 'reject'] as const
export type Policy = (typeof POLICIES)[number]

export interface DmarcRecord {
  /**
   * Without a valid `p`, or with an `sp` or `np` that is not valid, it is `none` where there is a `rua`. Without one the
   * record stands in the way of others and asks for nothing: null (RFC 9989 §4.10.1).
   */
  readonly p: Policy | null
  /** For existing and for absent names below; null where they follow from the others. */
  readonly sp: Policy | null
  readonly np: Policy | null
  /** `t=y`: a policy is applied one level lower. */
  readonly testing: boolean
  /** The domain's own word on whether names below it are other people's (`y`), its own (`n`), or `u`. */
  readonly psd: Psd
  readonly strictDkim: boolean
  readonly strictSpf: boolean
  readonly rua: readonly string[]
  readonly ruf: readonly string[]
  /** Tags of an earlier standard that count no more (RFC 9989 §4.7). */
  readonly historic: readonly string[]
}

export type Psd = (typeof PSD)[number]

/** `wrong` completes a sentence about a record of which p, sp or np takes the others with it (RFC 9989 §4.10.1). */
type ParsedDmarc =
  | Extract<Parsed<DmarcRecord>, { ok: false }>
  | (Extract<Parsed<DmarcRecord>, { ok: true }> & { readonly wrong: string | null })

/** RFC 9989 §4.10: records that do not begin so are left out, and several that are left are none. */
export function chosenDmarc(texts: readonly string[]): Chosen {
  return chosen(texts, (text) => BEGINS.test(text))
}

const BEGINS = /^[vV][ \t]*=[ \t]*DMARC1(?:[ \t]*;|[ \t]*$)/
const HISTORIC: readonly string[] = ['pct', 'rf', 'ri']

export function parseDmarc(text: string): ParsedDmarc {
  if (!BEGINS.test(text)) return { ok: false, detail: 'does not begin with "v=DMARC1;"' }
  const parts = partsOf(text).slice(1)
  const read = parts.map((part) => (part === '' ? null : tagOf(part)))
  const tags = read.filter((tag) => tag !== null)
  const twice = repeated([{ name: 'v', value: 'DMARC1' }, ...tags])
  if (twice !== null) return { ok: false, detail: `has the tag ${shown(twice, MOST_OF_VALUE)} twice` }
  const malformed = read.length > tags.length ? ['has a part that is no tag=value'] : []
  const [rua, ruf] = [urisOf(tags, 'rua'), urisOf(tags, 'ruf')]
  const { policies, wrong, notices } = policiesOf(tags, rua.uris.length > 0)
  const record = {
    ...policies,
    testing: valueOf(tags, 't') === 'y',
    psd: PSD.find((one) => one === valueOf(tags, 'psd')) ?? 'u',
    strictDkim: valueOf(tags, 'adkim') === 's',
    strictSpf: valueOf(tags, 'aspf') === 's',
    rua: rua.uris,
    ruf: ruf.uris,
    historic: HISTORIC.filter((name) => valueOf(tags, name) !== undefined),
  }
  return {
    ok: true,
    record,
    faults: [...malformed, ...faultsIn(tags), ...rua.faults, ...ruf.faults],
    notices,
    wrong,
  }
}

interface Policies extends Pick<ParsedDmarc & { ok: true }, 'wrong' | 'notices'> {
  readonly policies: Pick<DmarcRecord, 'p' | 'sp' | 'np'>
}

const POLICY_TAGS = ['p', 'sp', 'np'] as const
/** Characters of what is written that are shown. */
const MOST_OF_VALUE = 40

/** RFC 9989 §4.10.1: one that is not valid takes the others with it; none at all is p=none where there is a rua (§4.7). */
function policiesOf(tags: readonly Tag[], isReported: boolean): Policies {
  const [p, sp, np] = [policyOf(tags, 'p'), policyOf(tags, 'sp'), policyOf(tags, 'np')]
  const odd = POLICY_TAGS.find((name) => valueOf(tags, name) !== undefined && policyOf(tags, name) === null)
  if (odd === undefined && p !== null) return { policies: { p, sp, np }, wrong: null, notices: [] }
  const policies = { p: isReported ? ('none' as const) : null, sp: null, np: null }
  if (odd !== undefined) {
    const wrong = `says ${odd}=${shown(valueOf(tags, odd) ?? '', MOST_OF_VALUE)}, which is no policy`
    return { policies, wrong, notices: [] }
  }
  return isReported
    ? { policies, wrong: null, notices: ['has no p: it counts as p=none, since it has a rua'] }
    : { policies, wrong: 'has no p, and no rua that would stand in for it', notices: [] }
}

const PSD = ['y', 'n', 'u'] as const

function valueOf(tags: readonly Tag[], name: string): string | undefined {
  return tags.find((tag) => tag.name === name)?.value.toLowerCase()
}

function policyOf(tags: readonly Tag[], name: string): Policy | null {
  return POLICIES.find((policy) => policy === valueOf(tags, name)) ?? null
}

/** What a tag may say; other tags are for their own readers, and unknown ones are passed over (RFC 9989 §4.8). */
const FORMS: ReadonlyMap<string, RegExp> = new Map([
  ['adkim', /^[rs]$/],
  ['aspf', /^[rs]$/],
  ['t', /^[yn]$/],
  ['psd', /^[ynu]$/],
  ['fo', /^[01ds](?:[ \t]*:[ \t]*[01ds])*$/],
])

/** RFC 6376 §3.2, which RFC 9989 §4.7 follows: names are told apart by case, so these are unknown ones. */
const NAMES: readonly string[] = [...FORMS.keys(), ...POLICY_TAGS, 'v', 'rua', 'ruf', ...HISTORIC]

function faultsIn(tags: readonly Tag[]): string[] {
  const misnamed = tags.filter(({ name }) => !NAMES.includes(name) && NAMES.includes(name.toLowerCase()))
  return [
    ...misnamed.map(({ name }) => `has the tag ${name}, which is none: names are in small letters`),
    ...tags
      .filter(({ name, value }) => FORMS.get(name)?.test(value.toLowerCase()) === false)
      .map(({ name }) => `has a value of ${name} that its readers do not know`),
  ]
}

/** Characters of RFC 3986 §2; an earlier standard let a size follow behind `!`, which is passed over now (RFC 9989 §4.8). */
const URI = /^[a-z][a-z0-9+.-]*:(?:[a-z0-9\-._~:/?#[\]@$&'()*+=]|%[0-9a-f]{2})*(?:!\d{1,18}[kmgt]?)?$/i

function urisOf(tags: readonly Tag[], name: string): { uris: readonly string[]; faults: readonly string[] } {
  const written = tags.find((tag) => tag.name === name)?.value
  const uris = written === undefined ? [] : written.split(',').map(trimmed)
  const known = uris.filter((uri) => URI.test(uri))
  return { uris: known, faults: known.length < uris.length ? [`has a URI in ${name} that is none`] : [] }
}
