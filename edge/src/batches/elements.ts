// `{"emails": […]}` as it arrives, turned into a line for each element, with no more than one element in memory.
import { readJson } from './json-text.ts'
import { MOST_ROW_OCTETS } from './row.ts'

export type Lines =
  | { readonly ok: true; readonly octets: Uint8Array }
  | {
      readonly ok: false
      /** Byte offset in the body. */
      readonly at: number
      /** JSON pointer (RFC 6901); empty for the whole body. */
      readonly pointer: string
      readonly detail: string
    }

/** Newline-delimited JSON from a JSON document; what was refused once stays refused. */
export interface JsonToLines {
  /** The lines of the elements that these octets complete. */
  push(octets: Uint8Array): Lines
  /** The document has ended. */
  end(): Lines
}

export function jsonToLines(): JsonToLines {
  return new Scanner()
}

type Refused = Extract<Lines, { ok: false }>

type State =
  | 'document'
  | 'name'
  | 'in name'
  | 'colon'
  | 'array'
  | 'first'
  | 'element'
  | 'in element'
  | 'comma'
  | 'brace'
  | 'end'

/** What may come, and what comes behind it; whatever else comes is refused in these words. */
interface Expected {
  readonly behind: Readonly<Record<string, State>>
  readonly otherwise: string
}

const SHAPE = 'The body is to be {"emails": […]}, an array of strings or objects'
const ELEMENT = 'An element of "emails" is neither a string nor an object.'

const EXPECTED: Readonly<Record<State, Expected>> = {
  document: { behind: { '{': 'name' }, otherwise: `${SHAPE}.` },
  name: { behind: { '"': 'in name' }, otherwise: `${SHAPE}: there is no name of a member here.` },
  'in name': { behind: {}, otherwise: '' },
  colon: { behind: { ':': 'array' }, otherwise: `${SHAPE}: there is no colon behind the name.` },
  array: { behind: { '[': 'first' }, otherwise: `${SHAPE}: "emails" is no array.` },
  first: { behind: { ']': 'brace', '"': 'in element', '{': 'in element' }, otherwise: ELEMENT },
  element: { behind: { '"': 'in element', '{': 'in element' }, otherwise: ELEMENT },
  'in element': { behind: {}, otherwise: '' },
  comma: { behind: { ',': 'element', ']': 'brace' }, otherwise: 'There is no comma between two elements of "emails".' },
  brace: { behind: { ',': 'name', '}': 'end' }, otherwise: `${SHAPE}: it does not end behind the array.` },
  end: { behind: {}, otherwise: `${SHAPE}: something stands behind its end.` },
}

const [TAB, LF, CR, SPACE, QUOTE, BACKSLASH] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x5c]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d]
const BOM = [0xef, 0xbb, 0xbf]

/** A line break makes it a row. */
const MOST_OCTETS = MOST_ROW_OCTETS - 1
const TOLD_CHARACTERS = 40

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

class Scanner implements JsonToLines {
  #state: State = 'document'
  /** Octets read before the one that is looked at. */
  #at = 0
  /** Elements that are complete. */
  #elements = 0
  #hasEmails = false
  #refused: Refused | null = null
  /** The name or element that is being read. */
  readonly #token = new Uint8Array(MOST_OCTETS)
  #length = 0
  #begin = 0
  #depth = 0
  #isInString = false
  #isEscaped = false
  #lines = new Uint8Array()
  #written = 0

  push(octets: Uint8Array): Lines {
    // Each line break but the first stands for a comma among these octets.
    this.#lines = new Uint8Array(this.#length + octets.length + 1)
    this.#written = 0
    for (const octet of octets) {
      this.#refused ??= this.#read(octet)
      if (this.#refused !== null) return this.#refused
      this.#at += 1
    }
    return this.#refused ?? { ok: true, octets: this.#lines.subarray(0, this.#written) }
  }

  end(): Lines {
    if (this.#state !== 'end') this.#refused ??= this.#refuse('The body ends before its JSON does.')
    return this.#refused ?? { ok: true, octets: new Uint8Array() }
  }

  #read(octet: number): Refused | null {
    if (this.#state === 'in element' || this.#state === 'in name') return this.#collect(octet)
    if (octet === SPACE || octet === LF || octet === CR || octet === TAB) return null
    if (octet === BOM[this.#at]) return null
    const { behind, otherwise } = EXPECTED[this.#state]
    const character = String.fromCharCode(octet)
    if (!Object.hasOwn(behind, character)) return this.#refuse(otherwise)
    this.#state = behind[character] ?? 'end'
    this.#length = 0
    this.#begin = this.#at
    return this.#state === 'in element' || this.#state === 'in name' ? this.#collect(octet) : null
  }

  /** Takes an octet of a name or an element, and the whole of it with its last one. */
  #collect(octet: number): Refused | null {
    if (this.#length === MOST_OCTETS) return this.#refuseToken(`is longer than ${MOST_OCTETS} octets`)
    const isBreak = octet === LF || octet === CR
    this.#token[this.#length] = isBreak && !this.#isInString ? SPACE : octet
    this.#length += 1
    if (this.#isInString) this.#readInString(octet)
    else this.#readOutside(octet)
    if (this.#isInString || this.#depth > 0) return null
    return this.#state === 'in name' ? this.#takeName() : this.#takeElement()
  }

  #readInString(octet: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (octet === BACKSLASH) this.#isEscaped = true
    else if (octet === QUOTE) this.#isInString = false
  }

  #readOutside(octet: number): void {
    if (octet === QUOTE) this.#isInString = true
    else if (octet === OPEN || octet === OPEN_ARRAY) this.#depth += 1
    else if (octet === CLOSE || octet === CLOSE_ARRAY) this.#depth -= 1
  }

  #takeName(): Refused | null {
    const json = readJson(this.#text())
    if (json === null) return this.#refuseToken('is no JSON')
    const name = String(json.value)
    if (name !== 'emails') return this.#refuseMember(name, 'options are query parameters.')
    if (this.#hasEmails) return this.#refuseMember(name, 'it may come once.')
    this.#hasEmails = true
    this.#state = 'colon'
    return null
  }

  #takeElement(): Refused | null {
    if (readJson(this.#text()) === null) return this.#refuseToken('is no JSON, or nested too deeply')
    this.#lines.set(this.#token.subarray(0, this.#length), this.#written)
    this.#written += this.#length + 1
    this.#lines[this.#written - 1] = LF
    this.#elements += 1
    this.#state = 'comma'
    return null
  }

  #text(): string {
    return decoder.decode(this.#token.subarray(0, this.#length))
  }

  #refuse(detail: string): Refused {
    return { ok: false, at: this.#at, pointer: this.#pointer(), detail }
  }

  /** At its first octet. */
  #refuseToken(what: string): Refused {
    return {
      ok: false,
      at: this.#begin,
      pointer: this.#pointer(),
      detail: `This ${this.#state.slice('in '.length)} ${what}.`,
    }
  }

  #refuseMember(name: string, why: string): Refused {
    const told = name.slice(0, TOLD_CHARACTERS)
    const pointer = `/${told.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const detail = `The body has a member ${JSON.stringify(told)} beside "emails": ${why}`
    return { ok: false, at: this.#begin, pointer, detail }
  }

  #pointer(): string {
    if (['first', 'element', 'in element', 'comma'].includes(this.#state)) return `/emails/${this.#elements}`
    return this.#state === 'array' ? '/emails' : ''
  }
}
