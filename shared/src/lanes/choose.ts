// Which lane a key leaves by: rendezvous hashing, so that a lane which goes takes only its own keys along.
import type { Lane } from './lane.ts'

// FNV-1a (32 bit) spreads badly in its high bits; the murmur3 finalizer behind it mixes them.
function hash(text: string): number {
  let value = 0x81_1c_9d_c5
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01_00_01_93)
  }
  value = Math.imul(value ^ (value >>> 16), 0x85_eb_ca_6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2_b2_ae_35)
  return (value ^ (value >>> 16)) >>> 0
}

function byWeight<T>(key: string, items: readonly T[], nameOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, name: nameOf(item), weight: hash(`${nameOf(item)}\n${key}`) }))
    .sort((one, other) => other.weight - one.weight || (one.name < other.name ? -1 : 1))
    .map(({ item }) => item)
}

/**
 * Equals in an order of the key's own: load is spread over keys as dice would spread it (RFC 5321 §5.1), while the same key
 * comes back to the same host, which is the one that remembers having put it off.
 */
export function inOrderFor(key: string, equals: readonly string[]): string[] {
  return byWeight(key, equals, (one) => one)
}

/** Lanes for `key`, best first: the same for the same lanes and key, whatever their order. */
export function rank(lanes: readonly Lane[], key: string): Lane[] {
  return byWeight(key, lanes, ({ id }) => id)
}
