// MTA-STS (RFC 8461): the record that says that there is a policy, the policy itself, and which exchanges it names.
import type { PolicyMode } from './gap.ts'
import { chosen, type Chosen, isExtension, type Parsed, type Tag, trimmed } from './record.ts'

interface StsRecord {
  /** 1–32 letters and digits; another id means another policy, and no order among them (RFC 8461 §3.1). */
  readonly id: string
}

const BEGINS = /^v=STSv1[ \t]*;/

/** RFC 8461 §3.1: records that do not begin so are left out; several that are left are none. */
export function chosenSts(texts: readonly string[]): Chosen {
  return chosen(texts, (text) => BEGINS.test(text))
}

/** RFC 8461 §3.1: to senders a record with a syntax error is none. Of a field that stands twice the first counts (§3.2). */
export function parseSts(text: string): Parsed<StsRecord> {
  if (!BEGINS.test(text)) return { ok: false, detail: 'does not begin with "v=STSv1;"' }
  const fields = fieldsOf(text)
  if (fields.includes('')) return { ok: false, detail: 'has a semicolon too many' }
  const tags = fields.map(writtenTag)
  const [id, another] = tags.filter(({ name }) => name === 'id')
  if (!tags.every(isExtension)) return { ok: false, detail: 'has a field that is no name=value' }
  if (id === undefined) return { ok: false, detail: 'has no id' }
  if (!/^[a-z0-9]{1,32}$/i.test(id.value))
    return { ok: false, detail: 'has an id that is not 1 to 32 letters and digits' }
  const faults = another === undefined ? [] : ['has more than one id: the first one counts']
  return { ok: true, record: { id: id.value }, faults, notices: [] }
}

/** White space stands around semicolons only, so that at the very end it is part of a field. */
function fieldsOf(text: string): string[] {
  const parts = text.split(';').slice(1)
  const last = parts.pop()?.replace(/^[ \t]+/, '') ?? ''
  return [...parts.map(trimmed), ...(last === '' ? [] : [last])]
}

function writtenTag(field: string): Tag {
  const at = field.indexOf('=')
  return { name: field.slice(0, Math.max(0, at)), value: field.slice(at + 1) }
}

export interface StsPolicy {
  readonly mode: PolicyMode
  /** Seconds. */
  readonly maxAgeS: number
  /** Names in lower case, perhaps with a left-most `*`. */
  readonly mx: readonly string[]
}

/** About a year (RFC 8461 §3.2). */
const LONGEST_AGE_S = 31_557_600
const MODES: readonly PolicyMode[] = ['enforce', 'testing', 'none']

/** A fault with which some readers use the policy, and some do not. */
export const EMPTY_LINES = 'has empty lines at its end'

/**
 * RFC 8461 §3.2: unknown keys are passed over; of a key that stands twice the first counts, but for mx. Empty lines at the
 * end are a fault.
 */
export function parsePolicy(text: string): Parsed<StsPolicy> {
  const lines = text.split(/\r?\n/)
  const ended = lines.at(-1) === '' ? lines.slice(0, -1) : lines
  const written = ended.slice(0, ended.findLastIndex((line) => !/^[ \t]*$/.test(line)) + 1)
  const fields = written.map(fieldOf)
  const wrong = fields.find((field) => field === null)
  if (wrong !== undefined || fields.length === 0) return { ok: false, detail: 'has a line that is no "key: value"' }
  const all = fields.filter((field) => field !== null)
  const value = (key: string): string | undefined => all.find((field) => field.key === key)?.value
  if (value('version') !== 'STSv1') return { ok: false, detail: 'has no "version: STSv1"' }
  const mode = MODES.find((one) => one === value('mode'))
  if (mode === undefined) return { ok: false, detail: 'has no mode that is enforce, testing or none' }
  const age = value('max_age') ?? ''
  if (!/^\d{1,10}$/.test(age)) return { ok: false, detail: 'has no max_age in seconds' }
  const mx = all.filter(({ key }) => key === 'mx').map((field) => field.value.toLowerCase())
  const odd = mx.find((pattern) => !isPattern(pattern))
  if (odd !== undefined) return { ok: false, detail: 'has an mx that is neither a name nor "*." and a name' }
  if (mx.length === 0 && mode !== 'none') return { ok: false, detail: 'names no mx' }
  return {
    ok: true,
    record: { mode, maxAgeS: Math.min(LONGEST_AGE_S, Number(age)), mx },
    faults: [...(written.length < ended.length ? [EMPTY_LINES] : []), ...faultsOf(all, age)],
    notices: [],
  }
}

interface Field {
  readonly key: string
  readonly value: string
}

function fieldOf(line: string): Field | null {
  const [, key = '', written = ''] = /^([a-z0-9][a-z0-9_.-]{0,31}):(.*)$/i.exec(line) ?? []
  const value = trimmed(written)
  return key === '' || !/^[\x20-\x7e\x80-\u{10ffff}]+$/u.test(value) ? null : { key, value }
}

function faultsOf(fields: readonly Field[], age: string): string[] {
  const once = ['version', 'mode', 'max_age'].filter((key) => fields.filter((field) => field.key === key).length > 1)
  const faults = once.map((key) => `has ${key} twice: the first one counts`)
  return Number(age) > LONGEST_AGE_S ? [...faults, `has a max_age of more than ${LONGEST_AGE_S} seconds`] : faults
}

/** RFC 5321 §4.1.2, as names of hosts are. */
const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
const PATTERN = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`)

function isPattern(pattern: string): boolean {
  return pattern.length <= 253 && PATTERN.test(pattern) && !/^\d+(?:\.\d+)*$/.test(pattern)
}

/** RFC 8461 §4.1: `*` stands for exactly one label, the left-most. */
export function names(pattern: string, host: string): boolean {
  const [wanted, given] = [plain(pattern), plain(host)]
  return wanted.startsWith('*.') ? parentOf(given) === wanted.slice(1) : wanted === given
}

/** The same of any of so many patterns, each looked at once. */
export function namedBy(patterns: readonly string[]): (host: string) => boolean {
  const wanted = new Set(patterns.map(plain))
  return (host) => {
    const given = plain(host)
    const parent = parentOf(given)
    return wanted.has(given) || (parent !== null && wanted.has(`*${parent}`))
  }
}

/** The other way about: whether a pattern names any of so many hosts. */
export function namingAny(hosts: readonly string[]): (pattern: string) => boolean {
  const given = new Set(hosts.map(plain))
  const parents = new Set([...given].map(parentOf))
  return (pattern) => {
    const wanted = plain(pattern)
    return wanted.startsWith('*.') ? parents.has(wanted.slice(1)) : given.has(wanted)
  }
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '')

/** From the first dot on; null without a label before it. */
function parentOf(name: string): string | null {
  const dot = name.indexOf('.')
  return dot > 0 ? name.slice(dot) : null
}

/** RFC 8461 §3.2: the media type of a policy; its parameters say how it is written. */
export function isPlainText(contentType: string): boolean {
  return /^[ \t]*text\/plain[ \t]*(?:;.*)?$/i.test(contentType)
}
