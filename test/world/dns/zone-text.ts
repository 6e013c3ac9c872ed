// Reads one line of zone text (`name TYPE data`), the form in which data rows write their records.

/** Every record type that the world serves, with the data that dns-packet encodes for it. */
export type ResourceRecord = { readonly name: string; readonly ttl: number } & (
  | { readonly type: 'A' | 'AAAA' | 'PTR'; readonly data: string }
  | { readonly type: 'CNAME'; readonly data: string }
  | { readonly type: 'MX'; readonly data: { readonly preference: number; readonly exchange: string } }
  | { readonly type: 'TXT'; readonly data: readonly string[] }
  | { readonly type: 'TLSA'; readonly data: TlsaData }
  | { readonly type: 'SOA'; readonly data: SoaData }
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

export const TTL_S = 300
const NEGATIVE_TTL_S = 60
// RFC 1035 §3.3: a character-string holds at most 255 octets.
const TXT_STRING = /.{1,255}/gsu

type Reader = (fields: readonly string[], origin: string) => ResourceRecord['data']

const address: Reader = (fields) => fields.join('')
const hostName: Reader = (fields, origin) => absolute(fields.join(''), origin)
const READERS: ReadonlyMap<string, Reader> = new Map([
  ['A', address],
  ['AAAA', address],
  ['CNAME', hostName],
  ['PTR', hostName],
  [
    'MX',
    ([preference, ...rest], origin) => ({ preference: Number(preference), exchange: absolute(rest.join(''), origin) }),
  ],
  ['TXT', (fields) => fields.join(' ').match(TXT_STRING) ?? ['']],
  ['TLSA', tlsa],
])

/** @throws Error on a line that is not zone text: such a world must not start. */
export function parseRecord(line: string, origin: string): ResourceRecord {
  const [owner = '', type = '', ...fields] = line.split(' ')
  const reader = READERS.get(type)
  if (reader === undefined || fields.length === 0) throw new Error(`no record that this world serves: ${line}`)
  return { name: absolute(owner, origin), ttl: TTL_S, type, data: reader(fields, origin) } as ResourceRecord
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
  const data = { mname: 'ns.world.test', rname: 'hostmaster.world.test', serial: 1, ...timers }
  return { name: origin, ttl: NEGATIVE_TTL_S, type: 'SOA', data }
}
