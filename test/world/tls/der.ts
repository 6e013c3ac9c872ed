// Writes the few kinds of DER (X.690) that a certificate is made of.

const [BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OBJECT, UTF8, UTC_TIME, SEQUENCE, SET] = [
  0x01, 0x02, 0x03, 0x04, 0x06, 0x0c, 0x17, 0x30, 0x31,
]

/** One element; its contents are elements, or octets. */
export function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const octets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...octets]), content])
}

export const sequence = (...contents: readonly Buffer[]) => element(SEQUENCE, ...contents)
export const set = (...contents: readonly Buffer[]) => element(SET, ...contents)
export const octetString = (...contents: readonly Buffer[]) => element(OCTET_STRING, ...contents)
export const text = (value: string) => element(UTF8, Buffer.from(value))
export const yes = element(BOOLEAN, Buffer.from([0xff]))

/** Of octets that count from the most significant one; never negative. */
export function integer(octets: Buffer): Buffer {
  return element(INTEGER, (octets[0] ?? 0) < 0x80 ? octets : Buffer.concat([Buffer.from([0]), octets]))
}

export function bitString(octets: Buffer, unused = 0): Buffer {
  return element(BIT_STRING, Buffer.from([unused]), octets)
}

/** Such as `2.5.29.17`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return element(OBJECT, Buffer.from([40 * first + second, ...others.flatMap(base128)]))
}

function base128(number: number): number[] {
  const octets = [number & 0x7f]
  for (let rest = number >> 7; rest > 0; rest >>= 7) octets.unshift(0x80 | (rest & 0x7f))
  return octets
}

/** Milliseconds since the epoch, before 2050 (RFC 5280 §4.1.2.5.1). */
export function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/\D/gu, '').slice(2, 14)
  return element(UTC_TIME, Buffer.from(`${digits}Z`))
}
