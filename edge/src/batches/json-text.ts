// JSON of uploads as values: what is no JSON, or nested beyond reason, is answered with null.

export interface JsonValue {
  readonly value: unknown
}

/** Deeper values cannot be written again by every engine without running out of stack. */
const DEEPEST = 100

export function readJson(text: string): JsonValue | null {
  return isDeep(text) ? null : parsed(text)
}

/** The same for values that are written again: a number keeps digits that a double would lose. */
export function readJsonExactly(text: string): JsonValue | null {
  if (isDeep(text)) return null
  return /\d{16}/.test(text) ? parsed(text, exact) : parsed(text)
}

/** Null for all that JSON can say but an object. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null
}

interface Place {
  readonly source?: string
}

function parsed(text: string, reviver?: typeof exact): JsonValue | null {
  try {
    return { value: JSON.parse(text, reviver) as unknown }
  } catch {
    return null
  }
}

// Engines have it, and the third parameter of a reviver; the compiler's library does not know either yet.
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => object }

function exact(_key: string, value: unknown, place?: Place): unknown {
  const source = place?.source
  return typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value
}

function isDeep(text: string): boolean {
  if (text.length <= 2 * DEEPEST) return false
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at += 1) {
    const unit = text[at]
    if (unit === '"') isInString = !isInString
    else if (isInString) at += unit === '\\' ? 1 : 0
    else if (unit === '{' || unit === '[') depth += 1
    else if (unit === '}' || unit === ']') depth -= 1
    if (depth > DEEPEST) return true
  }
  return false
}
