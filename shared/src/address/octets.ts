// Lengths as the wire counts them, for the limits of RFC 5321 §4.5.3.1.

/** Nearly all addresses are: what is dear beyond ASCII need not be looked for. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false
  return true
}

/** Length in UTF-8 octets; a surrogate alone counts three, as its replacement would. */
export function octets(text: string): number {
  if (isAscii(text)) return text.length
  let count = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    count += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return count
}
