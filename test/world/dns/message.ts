// DNS messages in wire format (RFC 1035 §4.1) for the world's resolver: reads one question, writes its response.
import { decode, encode, type Packet } from './wire-format.ts'
import type { Finding } from './zones.ts'

const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const
const TRUNCATED = 1 << 9
const RECURSION_DESIRED = 1 << 8
const RECURSION_AVAILABLE = 1 << 7
const AUTHENTIC_DATA = 1 << 5
const CHECKING_DISABLED = 1 << 4
const DNSSEC_OK = 1 << 15
const HEADER_BYTES = 12
const MAX_LABEL = 63
const UDP_PAYLOAD_SIZE = 1_232

export interface Query {
  readonly id: number
  readonly flags: number
  /** As asked, in the letter case asked. */
  readonly name: string
  readonly type: string
  /** The question's own bytes, echoed unchanged so that a client that mixes letter case (0x20) knows it again. */
  readonly question: Buffer
  readonly edns: { readonly dnssecOk: boolean } | null
  /** The client checks signatures for itself, or not at all: the resolver is not to (RFC 4035 §3.2.2). */
  readonly checkingDisabled: boolean
  /** Set where the message is DNS but not a question that a resolver answers. */
  readonly problem: 'FORMERR' | 'NOTIMP' | 'REFUSED' | null
}

/** Null where the bytes are not a DNS message at all. */
export function readQuery(bytes: Buffer): Query | null {
  const packet = decoded(bytes)
  if (packet === null) return null
  const asked = packet.questions?.[0]
  return {
    id: bytes.readUInt16BE(0),
    flags: bytes.readUInt16BE(2),
    name: asked?.name ?? '.',
    type: asked?.type ?? '',
    question: asked === undefined ? Buffer.alloc(0) : bytes.subarray(HEADER_BYTES, questionEnd(bytes)),
    edns: ednsOf(packet),
    checkingDisabled: (bytes.readUInt16BE(2) & CHECKING_DISABLED) !== 0,
    problem: problemOf(packet, bytes.readUInt16BE(2)),
  }
}

function decoded(bytes: Buffer): Packet | null {
  try {
    return decode(bytes)
  } catch {
    return null
  }
}

/** Where the first question ends: after its name, which a pointer may end too (RFC 1035 §4.1.4), and two 16-bit fields. */
function questionEnd(bytes: Buffer): number {
  let at = HEADER_BYTES
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    if (length > MAX_LABEL) return at + 6
    at += length + 1
  }
  return at + 5
}

function ednsOf(packet: Packet): Query['edns'] {
  const opt = packet.additionals?.find(({ type }) => type === 'OPT')
  return opt === undefined ? null : { dnssecOk: opt.flag_do === true }
}

function problemOf(packet: Packet, flags: number): Query['problem'] {
  // RFC 9619 §4: no query has more than one question; one that has none asks nothing.
  if (packet.type !== 'query' || packet.questions?.length !== 1) return 'FORMERR'
  if (((flags >> 11) & 0xf) !== 0) return 'NOTIMP'
  return packet.questions[0]?.class === 'IN' ? null : 'REFUSED'
}

/** An answer without records, for questions that are refused or fail. */
export function failed(rcode: keyof typeof RCODES): Response {
  return { rcode, answers: [], authorities: [], authentic: false, signatures: { answers: [], authorities: [] } }
}

export interface Response extends Omit<Finding, 'rcode'> {
  readonly rcode: keyof typeof RCODES
  readonly truncated?: boolean
}

export function writeResponse(query: Query, response: Response): Buffer {
  const { answers, authorities, signatures } = response
  // RFC 4035 §3.2.1: signatures go to those who said with DO that they want them.
  const isSigned = query.edns?.dnssecOk === true
  const body = encode({
    type: 'response',
    id: query.id,
    flags: flagsOf(query, response),
    answers: [...answers, ...(isSigned ? signatures.answers : [])].map((record) => ({
      ...record,
      name: asAsked(record.name, query.name),
      data: copied(record.data),
    })),
    authorities: [...authorities, ...(isSigned ? signatures.authorities : [])],
    additionals: query.edns === null ? [] : [optRecord(query.edns.dnssecOk)],
  })
  return withQuestion(Buffer.from(body), query.question)
}

function flagsOf(query: Query, response: Response): number {
  // RFC 6840 §5.8: AD goes only to those who showed with AD or DO that they understand it.
  const understood = (query.flags & AUTHENTIC_DATA) !== 0 || query.edns?.dnssecOk === true
  // Who was told not to check vouches for nothing.
  const authentic = response.authentic && understood && !query.checkingDisabled ? AUTHENTIC_DATA : 0
  const truncated = response.truncated === true ? TRUNCATED : 0
  const echoed = query.flags & (RECURSION_DESIRED | CHECKING_DISABLED)
  return RECURSION_AVAILABLE | echoed | authentic | truncated | RCODES[response.rcode]
}

function asAsked(owner: string, asked: string): string {
  return owner === asked.toLowerCase() ? asked : owner
}

/** dns-packet turns the strings of a TXT record into bytes in place: it must not do so in the zone. */
function copied(data: unknown): unknown {
  return Array.isArray(data) ? [...data] : data
}

function optRecord(dnssecOk: boolean) {
  const flags = dnssecOk ? DNSSEC_OK : 0
  return { type: 'OPT', name: '.', udpPayloadSize: UDP_PAYLOAD_SIZE, flags, options: [] }
}

function withQuestion(message: Buffer, question: Buffer): Buffer {
  message.writeUInt16BE(question.length > 0 ? 1 : 0, 4)
  return Buffer.concat([message.subarray(0, HEADER_BYTES), question, message.subarray(HEADER_BYTES)])
}
