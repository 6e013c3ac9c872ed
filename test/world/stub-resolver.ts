// The tests' own resolver: one question to the world over DNS over HTTPS, and everything that came back.
import { decode, encode, type Packet, type PacketRecord } from './dns/wire-format.ts'
import type { World } from './world.ts'

const RECURSION_DESIRED = 1 << 8

export interface LookUp {
  readonly rcode: string
  readonly answers: readonly PacketRecord[]
  readonly authorities: readonly PacketRecord[]
  readonly packet: Packet
  readonly http: Response
}

interface AskOptions {
  readonly flags?: number
  readonly id?: number
  readonly dnssecOk?: boolean
  readonly class?: string
}

export function question(name: string, type: string, options: AskOptions = {}): Buffer {
  const opt = { type: 'OPT', name: '.', udpPayloadSize: 1_232, flags: 1 << 15, options: [] }
  return encode({
    type: 'query',
    id: options.id ?? 0,
    flags: RECURSION_DESIRED | (options.flags ?? 0),
    questions: [{ name, type, class: options.class ?? 'IN' }],
    additionals: options.dnssecOk === true ? [opt] : [],
  })
}

export function get(world: World, bytes: Buffer, signal?: AbortSignal): Promise<Response> {
  return fetch(`${world.dohUrl}?dns=${bytes.toString('base64url')}`, signal === undefined ? {} : { signal })
}

export async function read(http: Response): Promise<LookUp> {
  const packet = decode(Buffer.from(await http.arrayBuffer()))
  return {
    rcode: packet.rcode ?? '',
    answers: packet.answers ?? [],
    authorities: packet.authorities ?? [],
    packet,
    http,
  }
}

export async function lookUp(world: World, name: string, ...[type = 'A', options]: LookUpRest): Promise<LookUp> {
  return await read(await get(world, question(name, type, options)))
}

type LookUpRest = readonly [type?: string, options?: AskOptions]
