// Reads one line of zone text (`name TYPE data` or `name TTL TYPE data`), the form in which data rows write their records.
import { createHash } from 'node:crypto'

/** Every record type that the world serves, with the data that dns-packet encodes for it. */
export type ResourceRecord = {
  readonly name: string
  readonly ttl: number
  /** What its zone has, where a cache has counted `ttl` down. */
  readonly originalTtl?: number
} & (
  | { readonly type: 'A' | 'AAAA' | 'PTR' | 'NS'; readonly data: string }
  | { readonly type: 'CNAME'; readonly data: string }
  | { readonly type: 'MX'; readonly data: { readonly preference: number; readonly exchange: string } }
  | { readonly type: 'TXT'; readonly data: readonly string[] }
  | { readonly type: 'TLSA'; readonly data: TlsaData }
  | { readonly type: 'SOA'; readonly data: SoaData }
  | { readonly type: 'DS'; readonly data: DsData }
)

interface TlsaData {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  readonly certificate: Buffer
}

interface SoaData {
  readonly mname: string
  readonly rname: string
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
}

interface DsData {
  readonly keyTag: number
  readonly algorithm: number
  readonly digestType: number
  readonly digest: Buffer
}

export const TTL_S = 300
const NAME_SERVER = 'ns.world.test'
const NEGATIVE_TTL_S = 60
// RFC 1035 §3.3: a character-string holds at most 255 octets.
const TXT_STRING = /.{1,255}/gsu
// RFC 1035 §5.1: strings in quotes, one after the other.
const QUOTED = /"((?:[^"\\]|\\.)*)"/gsu
const TTL = /^\d+$/u

type Reader = (fields: readonly string[], origin: string) => ResourceRecord['data']

const address: Reader = (fields) => fields.join('')
const hostName: Reader = (fields, origin) => absolute(fields.join(''), origin)
const READERS: ReadonlyMap<string, Reader> = new Map([
  ['A', address],
  ['AAAA', address],
  ['CNAME', hostName],
  ['PTR', hostName],
  ['NS', hostName],
  [
    'MX',
    ([preference, ...rest], origin) => ({ preference: Number(preference), exchange: absolute(rest.join(''), origin) }),
  ],
  ['TXT', (fields) => strings(fields.join(' '))],
  ['TLSA', tlsa],
])

/** @throws Error on a line that is not zone text: such a world must not start. */
export function parseRecord(line: string, origin: string): ResourceRecord {
  const [owner = '', second = '', ...others] = line.split(' ')
  const ttl = TTL.test(second) ? Number(second) : TTL_S
  const [type = '', ...fields] = TTL.test(second) ? others : [second, ...others]
  const reader = READERS.get(type)
  if (reader === undefined || fields.length === 0) throw new Error(`no record that this world serves: ${line}`)
  return { name: absolute(owner, origin), ttl, type, data: reader(fields, origin) } as ResourceRecord
}

/** As written where it is quoted; else one text, cut into strings where it is too long for one. */
function strings(text: string): readonly string[] {
  const quoted = text.startsWith('"') ? [...text.matchAll(QUOTED)].map(([, inside = '']) => unescaped(inside)) : []
  return quoted.length > 0 ? quoted : (text.match(TXT_STRING) ?? [''])
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gsu, '$1')
}

function tlsa(fields: readonly string[]): TlsaData {
  const [usage = 0, selector = 0, matchingType = 0] = fields.map(Number)
  return { usage, selector, matchingType, certificate: Buffer.from(fields[3] ?? '', 'hex') }
}

function absolute(name: string, origin: string): string {
  if (name === '@') return origin
  if (name === '.') return '.'
  return (name.endsWith('.') ? name.slice(0, -1) : `${name}.${origin}`).toLowerCase()
}

/** The record that ends a negative answer (RFC 2308 §2), with a life short enough for a test to outlast. */
export function startOfAuthority(origin: string): ResourceRecord {
  const timers = { refresh: 3_600, retry: 600, expire: 86_400, minimum: NEGATIVE_TTL_S }
  const data = { mname: NAME_SERVER, rname: 'hostmaster.world.test', serial: 1, ...timers }
  return { name: origin, ttl: NEGATIVE_TTL_S, type: 'SOA', data }
}

/** Every zone is served by the same machine. */
export function nameServer(origin: string): ResourceRecord {
  return { name: origin, ttl: TTL_S, type: 'NS', data: NAME_SERVER }
}

/** What the zone above says of a signed one (RFC 4034 §5.1); nobody signs here, so that the digest is of the name alone. */
export function delegationSigner(origin: string): ResourceRecord {
  const digest = createHash('sha256').update(origin).digest()
  return { name: origin, ttl: TTL_S, type: 'DS', data: { keyTag: 2_371, algorithm: 13, digestType: 2, digest } }
}
