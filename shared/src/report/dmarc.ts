// A DMARC record (RFC 9989 §4.7, §4.8): what a domain asks of those who take mail in its name, and where it wants to hear of it.
import { bare, chosen, type Chosen, type Parsed, partsOf, repeated, type Tag, tagOf } from './record.ts'

export const POLICIES = ['none', 'quarantine', 'reject'] as const
export type Policy = (typeof POLICIES)[number]

export interface DmarcRecord {
  /** Without `p`, and with a `rua`, it is `none`: the owner wants reports (RFC 9989 §4.7). */
  readonly p: Policy
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
  const tags = read.filter((tag) => tag !== null).map(({ name, value }) => ({ name: name.toLowerCase(), value }))
  const twice = repeated(tags)
  if (twice !== null) return { ok: false, detail: `has the tag ${twice} twice` }
  const malformed = read.length > tags.length ? ['has a part that is no tag=value'] : []
  const rua = urisOf(tags, 'rua')
  const p = policyOf(tags, 'p')
  if (p === undefined && rua.uris.length === 0)
    return { ok: false, detail: 'has no valid p, and no rua that would stand in for it' }
  const ruf = urisOf(tags, 'ruf')
  const record = {
    p: p ?? 'none',
    sp: policyOf(tags, 'sp') ?? null,
    np: policyOf(tags, 'np') ?? null,
    testing: valueOf(tags, 't') === 'y',
    psd: PSD.find((one) => one === valueOf(tags, 'psd')) ?? 'u',
    strictDkim: valueOf(tags, 'adkim') === 's',
    strictSpf: valueOf(tags, 'aspf') === 's',
    rua: rua.uris,
    ruf: ruf.uris,
    historic: tags.map(({ name }) => name).filter((name) => HISTORIC.includes(name)),
  }
  const missing = p === undefined ? ['has no valid p: it counts as p=none, since it has a rua'] : []
  return { ok: true, record, faults: [...malformed, ...faultsIn(tags), ...rua.faults, ...ruf.faults], notices: missing }
}

const PSD = ['y', 'n', 'u'] as const

function valueOf(tags: readonly Tag[], name: string): string | undefined {
  return tags.find((tag) => tag.name === name)?.value.toLowerCase()
}

function policyOf(tags: readonly Tag[], name: string): Policy | undefined {
  return POLICIES.find((policy) => policy === valueOf(tags, name))
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

function faultsIn(tags: readonly Tag[]): string[] {
  return tags
    .filter(({ name, value }) => FORMS.get(name)?.test(value.toLowerCase()) === false)
    .map(({ name }) => `has a value of ${name} that its readers do not know`)
}

/** RFC 3986; an earlier standard let a size follow behind `!`, which is passed over now. */
const URI = /^[a-z][a-z0-9+.-]*:[^\s!,;]+(?:!\d{1,18}[kmgt]?)?$/i

function urisOf(tags: readonly Tag[], name: string): { uris: readonly string[]; faults: readonly string[] } {
  const written = tags.find((tag) => tag.name === name)?.value
  const uris = written === undefined ? [] : written.split(',').map(bare)
  const known = uris.filter((uri) => URI.test(uri))
  return { uris: known, faults: known.length < uris.length ? [`has a URI in ${name} that is none`] : [] }
}
