// The part of dns-packet that this house uses, with the narrow types it is used at; the package ships none.
declare module 'dns-packet' {
  export interface Question {
    readonly type: string
    readonly name: string
    readonly class?: string
  }
  export interface DnsPacketRecord {
    readonly type: string
    readonly name: string
    readonly ttl?: number
    readonly data?: unknown
    /** OPT only (RFC 6891 §6.1.3). */
    readonly udpPayloadSize?: number
    readonly flags?: number
    readonly options?: readonly unknown[]
  }
  export interface Packet {
    readonly type?: 'query' | 'response'
    readonly id?: number
    readonly flags?: number
    readonly rcode?: string
    readonly flag_tc?: boolean
    readonly flag_ad?: boolean
    readonly questions?: readonly Question[]
    readonly answers?: readonly DnsPacketRecord[]
    readonly authorities?: readonly DnsPacketRecord[]
    readonly additionals?: readonly DnsPacketRecord[]
  }
  export const DNSSEC_OK: number
  export const RECURSION_DESIRED: number
  export const AUTHENTIC_DATA: number
  export const CHECKING_DISABLED: number
  export interface EncodedPacket extends Uint8Array {
    toString(encoding?: 'base64url'): string
  }
  export function encode(packet: Packet): EncodedPacket
  export function decode(bytes: Uint8Array): Packet
}
