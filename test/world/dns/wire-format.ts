// dns-packet at the types that this room uses it at; the package ships none, and module declarations of several rooms would collide.
import { createRequire } from 'node:module'

export interface Question {
  readonly name: string
  readonly type: string
  readonly class?: string
}

export interface PacketRecord {
  readonly name: string
  readonly type: string
  readonly ttl?: number
  readonly data?: unknown
  /** OPT only (RFC 6891 §6.1.3). */
  readonly flag_do?: boolean
  readonly udpPayloadSize?: number
}

export interface Packet {
  readonly type: 'query' | 'response'
  readonly id: number
  readonly flags: number
  /** Read, never written: `flags` carries it. */
  readonly rcode?: string
  readonly flag_tc?: boolean
  readonly flag_ad?: boolean
  readonly questions?: readonly Question[]
  readonly answers?: readonly PacketRecord[]
  readonly authorities?: readonly PacketRecord[]
  readonly additionals?: readonly PacketRecord[]
}

interface DnsPacket {
  readonly encode: (packet: Packet) => Buffer
  /** @throws Error on bytes that are no DNS message. */
  readonly decode: (bytes: Buffer) => Packet
}

export const { encode, decode } = createRequire(import.meta.url)('dns-packet') as DnsPacket
