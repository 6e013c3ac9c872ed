// Cuts a client's bytes into command lines, however they were split, and notices what RFC 5321 §2.3.8 forbids.

export interface Line {
  readonly text: string
  readonly fault: 'line_too_long' | 'bare_control' | null
}

/** RFC 5321 §4.5.3.1.4, the CRLF included. */
const LONGEST_LINE = 512
/** Nobody who waits for replies has this much outstanding. */
const MOST_PENDING = 65_536
const CR = 13
const LF = 10

export class LineInbox {
  #bytes = Buffer.alloc(0)
  #last = 0
  #flooded = false
  #complaints = new Set<'bare_lf' | 'flood'>()

  /** The client sent more than anybody will read; nothing further is kept. */
  get flooded(): boolean {
    return this.#flooded
  }

  get pending(): number {
    return this.#bytes.length
  }

  push(chunk: Buffer): void {
    if (this.#flooded) return
    this.#lookForBareLf(chunk)
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    if (this.#bytes.length <= MOST_PENDING) return
    this.#flooded = true
    this.#complaints.add('flood')
    this.clear()
  }

  /** What was wrong with the bytes since the last time this was asked, whole line or not. */
  takeComplaints(): readonly ('bare_lf' | 'flood')[] {
    const complaints = [...this.#complaints]
    this.#complaints.clear()
    return complaints
  }

  clear(): void {
    this.#bytes = Buffer.alloc(0)
  }

  take(): Line | null {
    const end = this.#bytes.indexOf('\r\n')
    if (end < 0) return null
    const bytes = this.#bytes.subarray(0, end)
    this.#bytes = this.#bytes.subarray(end + 2)
    return { text: bytes.toString('utf8'), fault: faultOf(bytes) }
  }

  #lookForBareLf(chunk: Buffer): void {
    for (const byte of chunk) {
      if (byte === LF && this.#last !== CR) this.#complaints.add('bare_lf')
      this.#last = byte
    }
  }
}

/** RFC 5321 §4.1.2: no command holds a CR, LF or NUL. */
function faultOf(line: Buffer): Line['fault'] {
  if (line.length + 2 > LONGEST_LINE) return 'line_too_long'
  return [CR, LF, 0].some((byte) => line.includes(byte)) ? 'bare_control' : null
}
