// A DMARC record (RFC 9989 §4.7, §4.8): what a domain asks of those who take mail in its name, and where it wants to hear of it.
import { bare, chosen, type Chosen, type Parsed, partsOf, repeated, type Tag, tagOf } from './record.ts'

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
  readonly psd: 'y' | 'n' | 'u'
  readonly strictDkim: boolean
  readonly strictSpf: boolean
  readonly rua: readonly string[]
  readonly ruf: readonly string[]
  /** Tags of an earlier standard that count no more (RFC 9989 §4.7). */
  readonly historic: readonly string[]
}

/** RFC 9989 §4.10: records that do not begin so are left out, and several that are left are none. */
export function chosenDmarc(texts: readonly string[]): Chosen {
  return chosen(texts, (text) => BEGINS.test(text))
}

const BEGINS = /^[vV][ \t]*=[ \t]*DMARC1(?:[ \t]*;|[ \t]*$)/
const HISTORIC: readonly string[] = ['pct', 'rf', 'ri']

export function parseDmarc(text: string): Parsed<DmarcRecord> {
  if (!BEGINS.test(text)) return { ok: false, detail: 'does not begin with "v=DMARC1;"' }
  const parts = partsOf(text).slice(1)
  const read = parts.map((part) => (part === '' ? null : tagOf(part)))
  const tags = read.filter((tag) => tag !== null)
  const twice = repeated([{ name: 'v', value: 'DMARC1' }, ...tags])
  if (twice !== null) return { ok: false, detail: `has the tag ${twice} twice` }
  const malformed = read.length > tags.length ? ['has a part that is no tag=value'] : []
  const [rua, ruf] = [urisOf(tags, 'rua'), urisOf(tags, 'ruf')]
  const { policies, faults, notices } = policiesOf(tags, rua.uris.length > 0)
  const record = {
    ...policies,
    testing: valueOf(tags, 't') === 'y',
    psd: PSD.find((one) => one === valueOf(tags, 'psd')) ?? 'u',
    strictDkim: valueOf(tags, 'adkim') === 's',
    strictSpf: valueOf(tags, 'aspf') === 's',
    rua: rua.uris,
    ruf: ruf.uris,
    historic: tags.map(({ name }) => name).filter((name) => HISTORIC.includes(name)),
  }
  return {
    ok: true,
    record,
    faults: [...faults, ...malformed, ...faultsIn(tags), ...rua.faults, ...ruf.faults],
    notices,
  }
}

interface Policies {
  readonly policies: Pick<DmarcRecord, 'p' | 'sp' | 'np'>
  readonly faults: readonly string[]
  readonly notices: readonly string[]
}

const POLICY_TAGS = ['p', 'sp', 'np'] as const

/** RFC 9989 §4.10.1: one that is not valid takes the others with it. */
function policiesOf(tags: readonly Tag[], isReported: boolean): Policies {
  const isThere = (name: string): boolean => name === 'p' || valueOf(tags, name) !== undefined
  const wrong = POLICY_TAGS.find((name) => isThere(name) && policyOf(tags, name) === null)
  if (wrong === undefined) {
    const policies = { p: policyOf(tags, 'p'), sp: policyOf(tags, 'sp'), np: policyOf(tags, 'np') }
    return { policies, faults: [], notices: [] }
  }
  const policies = { p: isReported ? ('none' as const) : null, sp: null, np: null }
  return isReported
    ? { policies, faults: [], notices: [`has no valid ${wrong}: it counts as p=none, since it has a rua`] }
    : { policies, faults: [`has no valid ${wrong}, and no rua that would stand in for it`], notices: [] }
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
  ['p', /^(?:none|quarantine|reject)$/],
  ['sp', /^(?:none|quarantine|reject)$/],
  ['np', /^(?:none|quarantine|reject)$/],
  ['adkim', /^[rs]$/],
  ['aspf', /^[rs]$/],
  ['t', /^[yn]$/],
  ['psd', /^[ynu]$/],
  ['fo', /^[01ds](?:[ \t]*:[ \t]*[01ds])*$/],
])

/** RFC 6376 §3.2, which RFC 9989 §4.7 follows: names are told apart by case, so these are unknown ones. */
const NAMES: readonly string[] = [...FORMS.keys(), 'v', 'rua', 'ruf', ...HISTORIC]

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
  const uris = written === undefined ? [] : written.split(',').map(bare)
  const known = uris.filter((uri) => URI.test(uri))
  return { uris: known, faults: known.length < uris.length ? [`has a URI in ${name} that is none`] : [] }
}
