// What pages are built from: cards, facts, lines to paste, words for what is not known.
import type { Child } from 'hono/jsx'
import type { HtmlEscapedString } from 'hono/utils/html'

/** Elements as text: no brick waits for anything. */
export function htmlOf(element: HtmlEscapedString | Promise<HtmlEscapedString>): string {
  if (element instanceof Promise) throw new Error('a brick of a page waits for something')
  return element.toString()
}

/** Not known is not "no", and is never an empty place. */
const UNKNOWN = 'not known'

export type Fact = readonly [name: string, value: Child | null | undefined]

/** Names and values; `null` is shown as not known, `undefined` not at all. */
export function Facts({ of }: { of: readonly Fact[] }) {
  return (
    <dl>
      {of
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value ?? UNKNOWN}</dd>
          </>
        ))}
    </dl>
  )
}

/** A line for a terminal, a zone or a file. */
export function Paste({ text, what }: { text: string; what: string }) {
  return (
    <div class="paste">
      <code>{text}</code>
      <button type="button" class="copy" aria-label={`Copy: ${what}`}>
        Copy
      </button>
    </div>
  )
}

/** A text in which what stands between back-ticks is to be read letter by letter. */
export function Prose({ text }: { text: string }) {
  return <>{text.split('`').map((piece, n) => (n % 2 === 1 ? <code>{piece}</code> : piece))}</>
}

/** A record as it is published; null where there is none to show. */
export function record(text: string | null): Child | undefined {
  return text === null ? undefined : <code>{text}</code>
}

export function list(names: readonly string[], none = 'none'): string {
  return names.length === 0 ? none : names.join(', ')
}

export function yesNo(value: boolean | null): string | null {
  if (value === null) return null
  return value ? 'yes' : 'no'
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(share > 0.99 ? 6 : 3))} %`
}

/** `2026-11-21T12:00:00.000Z` as `2026-11-21 12:00 UTC`. */
export function Instant({ at }: { at: string }) {
  return <time datetime={at}>{`${at.slice(0, 10)} ${at.slice(11, 16)} UTC`}</time>
}
