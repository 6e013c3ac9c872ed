// The document around every page: its head, one style, one script, a form for the next domain; and what browsers are told of it.
import { raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import { htmlOf } from './bricks.tsx'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

export interface DocumentOf {
  readonly title: string
  /** Random, and another for each answer: what carries it is ours (Content Security Policy, `nonce-`). */
  readonly nonce: string
  /** What stands in the form for the next domain. */
  readonly typed?: string
  /** The form is what the page is for. */
  readonly focus?: boolean
}

/** Nothing is loaded from anywhere, framed by nobody, and told to nobody whose page is opened from here. */
export function pageHeaders(nonce: string): Readonly<Record<string, string>> {
  const ours = `'nonce-${nonce}'`
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src ${ours}; script-src ${ours}; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    // What is looked up anew for each visitor is no index’s business.
    'x-robots-tag': 'noindex',
    // Compressed, sections would wait for one another: whoever compresses on the way keeps back what is short.
    // Deviates: RFC 9110 §18.6 — because the platform compresses what names no coding, whatever `no-transform` says.
    'cache-control': 'no-store, no-transform',
    'content-encoding': 'identity',
  }
}

const HERE = '<!-- sections -->'

/** What stands before and behind the sections of a page that is told as it is learned. */
export function aroundSections(of: DocumentOf, before: Child): { readonly opening: string; readonly closing: string } {
  const text = documentText(
    of,
    <>
      {before}
      {raw(HERE)}
    </>,
  )
  const [opening = '', closing = ''] = text.split(HERE)
  return { opening, closing }
}

export function documentText(of: DocumentOf, content: Child): string {
  return `<!doctype html>\n${htmlOf(<Document of={of}>{content}</Document>)}`
}

function Document({ of: { title, nonce, typed = '', focus = false }, children }: { of: DocumentOf; children?: Child }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <link rel="icon" href="data:," />
        <style nonce={nonce}>{raw(STYLE)}</style>
        <script nonce={nonce}>{raw(SCRIPT)}</script>
      </head>
      <body>
        <header class="bar">
          <a class="brand" href="/domains">
            Postern
          </a>
          <form action="/domains" method="get" role="search">
            <label class="unseen" for="domain">
              Domain
            </label>
            <input
              id="domain"
              name="domain"
              value={typed}
              placeholder="example.com"
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              required
              autofocus={focus}
              maxlength={300}
            />
            <button type="submit">Look</button>
          </form>
        </header>
        <main id="page">{children}</main>
        <footer>
          Every line is measured, or says that it is not. Reachable is not delivered, and nothing here says what is
          spam. By program: <code>GET /v1/domains/{'{domain}'}</code>, described in{' '}
          <a href="/openapi.json">openapi.json</a>.
        </footer>
      </body>
    </html>
  )
}
