/// <reference path="./dns-packet.d.ts" />
// DNS messages in wire format (RFC 1035 §4) for DNS over HTTPS (RFC 8484): one question out, one typed answer in.
import {
  AUTHENTIC_DATA,
  CHECKING_DISABLED,
  type DnsPacketRecord,
  DNSSEC_OK,
  decode,
  encode,
  type Packet,
  RECURSION_DESIRED,
} from 'dns-packet'
import type { Answer, DataOf, MxData, Question, RecordType, TlsaData } from './answer.ts'

// dns-packet reads through Buffer, which workerd (nodejs_compat) and Node both hold as a global.
declare const Buffer: { from(bytes: ArrayBufferLike, offset: number, length: number): Uint8Array }

export const DNS_MESSAGE = 'application/dns-message'

// RFC 1035 §4.2.2: the length of a message is told in two octets.
const MAX_MESSAGE_OCTETS = 65_535

// A chain longer than this is a loop or an attack; resolvers themselves give up earlier.
const MAX_CNAMES = 12

function query(question: Question) {
  // RFC 8484 §4.1: id 0, so that equal questions are equal URLs. AD asks for the AD bit back (RFC 6840 §5.7).
  return encode({
    type: 'query',
    id: 0,
    flags: RECURSION_DESIRED | (question.checkingDisabled === true ? CHECKING_DISABLED : AUTHENTIC_DATA),
    questions: [{ type: question.type, name: question.name, class: 'IN' }],
    ...(question.dnssecOk === true && { additionals: [WANTS_SIGNATURES] }),
  })
}

/** The size is one of UDP, which DNS over HTTPS heeds not (RFC 8484 §6). */
const WANTS_SIGNATURES = { type: 'OPT', name: '.', udpPayloadSize: 1_232, flags: DNSSEC_OK, options: [] }

/** URL of the GET form; `endpoint` is the DoH URL without query. */
export function getUrl(endpoint: string, question: Question): string {
  return `${endpoint}${endpoint.includes('?') ? '&' : '?'}dns=${query(question).toString('base64url')}`
}

/** Body of the POST form, which no HTTP cache answers. */
export function postBody(question: Question): Uint8Array {
  return query(question)
}

/** Reads one DNS message as the answer to `question`; whatever does not fit it is `malformed`. Never throws. */
export function readAnswer<T extends RecordType>(bytes: Uint8Array, question: Question<T>): Answer<DataOf[T]> {
  const packet = bytes.length > MAX_MESSAGE_OCTETS ? null : decoded(bytes)
  if (packet === null || !answers(packet, question) || packet.flag_tc === true) {
    return { kind: 'failure', why: 'malformed' }
  }
  const authentic = packet.flag_ad === true
  if (packet.rcode === 'NOERROR') return positive(packet, question, authentic)
  if (packet.rcode === 'NXDOMAIN') {
    const { alias } = follow(packet.answers ?? [], plain(question.name))
    return { kind: 'nxdomain', ttlS: negativeTtlS(packet), authentic, ...alias }
  }
  return { kind: 'failure', why: packet.rcode === 'REFUSED' ? 'refused' : 'servfail' }
}

function decoded(bytes: Uint8Array): Packet | null {
  try {
    return decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch {
    return null
  }
}

function answers(packet: Packet, question: Question): boolean {
  const asked = packet.questions?.[0]
  return (
    packet.type === 'response' &&
    packet.id === 0 &&
    packet.questions?.length === 1 &&
    asked?.type === question.type &&
    plain(asked.name) === plain(question.name)
  )
}

function positive<T extends RecordType>(packet: Packet, question: Question<T>, authentic: boolean): Answer<DataOf[T]> {
  const asked = plain(question.name)
  // Whoever asks for an alias wants to see it, not where it leads.
  const chain = question.type === 'CNAME' ? direct(asked) : follow(packet.answers ?? [], asked)
  const records = (packet.answers ?? []).filter(
    (record) => record.type === question.type && plain(record.name) === chain.end,
  )
  const data = records.map((record) => dataOf(record)).filter((datum) => datum !== null) as DataOf[T][]
  if (data.length < records.length) return { kind: 'failure', why: 'malformed' }
  if (data.length === 0) return { kind: 'nodata', ttlS: negativeTtlS(packet), authentic, ...chain.alias }
  const used = [...chain.links, ...records]
  const ttlS = Math.min(...used.map((record) => record.ttl ?? 0))
  return { kind: 'records', data, ttlS, authentic, ...chain.alias, ...originalOf(used, packet.answers ?? []) }
}

/** RFC 2181 §8. */
const MAX_TTL_S = 2 ** 31 - 1

/** Signatures of one set all have its TTL (RFC 4034 §3.1.4); those that do not are no reason to take the longer one. */
function originalOf(used: readonly DnsPacketRecord[], answers: readonly DnsPacketRecord[]): { originalTtlS?: number } {
  const least = leastSigned(answers)
  const originals = used.map(({ name, type }) => least.get(setOf(name, type)) ?? Number.POSITIVE_INFINITY)
  return originals.every((ttlS) => ttlS <= MAX_TTL_S) ? { originalTtlS: Math.min(...originals) } : {}
}

/** By set. Each signature is read once: a zone may have as many of them as it has records. */
function leastSigned(answers: readonly DnsPacketRecord[]): ReadonlyMap<string, number> {
  const least = new Map<string, number>()
  for (const { name, type, data } of answers) {
    if (type !== 'RRSIG' || !isSignature(data)) continue
    const set = setOf(name, data.typeCovered)
    least.set(set, Math.min(data.originalTTL, least.get(set) ?? data.originalTTL))
  }
  return least
}

const setOf = (name: string, type: string): string => `${type} ${plain(name)}`

interface Signature {
  readonly typeCovered: string
  readonly originalTTL: number
}

function isSignature(data: unknown): data is Signature {
  if (typeof data !== 'object' || data === null || !('typeCovered' in data) || !('originalTTL' in data)) return false
  return typeof data.typeCovered === 'string' && typeof data.originalTTL === 'number'
}

interface Chain {
  readonly end: string
  readonly links: readonly DnsPacketRecord[]
  /** What an answer says of it. */
  readonly alias: { readonly canonical?: string }
}

const direct = (end: string): Chain => ({ end, links: [], alias: {} })

function follow(records: readonly DnsPacketRecord[], start: string): Chain {
  const links: DnsPacketRecord[] = []
  let end = start
  while (links.length < MAX_CNAMES) {
    const link = records.find((record) => record.type === 'CNAME' && plain(record.name) === end)
    if (link === undefined || typeof link.data !== 'string') break
    links.push(link)
    end = plain(link.data)
  }
  return { end, links, alias: links.length === 0 ? {} : { canonical: end } }
}

function dataOf(record: DnsPacketRecord): MxData | TlsaData | string | null {
  const { type, data } = record
  if (type === 'MX') return mxData(data)
  if (type === 'TLSA') return tlsaData(data)
  if (type === 'TXT') return txtData(data)
  if (typeof data !== 'string') return null
  return type === 'PTR' || type === 'CNAME' ? plain(data) : data
}

function mxData(data: unknown): MxData | null {
  if (typeof data !== 'object' || data === null || !('exchange' in data)) return null
  const preference = 'preference' in data && typeof data.preference === 'number' ? data.preference : 0
  return typeof data.exchange === 'string' ? { preference, exchange: plain(data.exchange) } : null
}

function tlsaData(data: unknown): TlsaData | null {
  if (typeof data !== 'object' || data === null || !('certificate' in data)) return null
  const { usage, selector, matchingType, certificate } = data as Readonly<Record<string, unknown>>
  const fields = [usage, selector, matchingType].map(Number)
  if (!(certificate instanceof Uint8Array) || fields.some(Number.isNaN)) return null
  const hex = [...certificate].map((octet) => octet.toString(16).padStart(2, '0')).join('')
  return { usage: Number(usage), selector: Number(selector), matching: Number(matchingType), data: hex }
}

function txtData(data: unknown): string | null {
  const strings = Array.isArray(data) ? data : [data]
  return strings.map((part) => String(part)).join('')
}

function negativeTtlS(packet: Packet): number | null {
  const soa = packet.authorities?.find((record) => record.type === 'SOA')
  if (soa === undefined || typeof soa.data !== 'object' || soa.data === null || !('minimum' in soa.data)) return null
  return typeof soa.data.minimum === 'number' ? Math.min(soa.ttl ?? 0, soa.data.minimum) : null
}

/** Names compare without regard to ASCII case (RFC 4343) and without the root's dot. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
