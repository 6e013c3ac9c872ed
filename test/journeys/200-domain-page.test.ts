// The page of a domain's report: for visitors without a key, section by section, in a real browser and without one.
import type { DomainReport } from '@postern/shared/contract/domain-report.ts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, openBrowser } from './browser.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack(['--lanes', '1x1'])
})
afterAll(() => stack.stop())

let visitors = 0
/** Each visit comes from another address. */
const visit = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  stack.request(path, {
    redirect: 'manual',
    headers: { 'cf-connecting-ip': `198.51.100.${(visitors += 1)}`, ...headers },
  })

const SECTIONS =
  'verdict overview mx mta_sts dane tls_rpt spf dkim dmarc dns routing resolution availability unmeasured'

describe('without a browser', () => {
  it('a page has all sections of the report, and says where it looks', async () => {
    const response = await visit('/domains/exemplary.test')
    const text = await response.text()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    for (const name of [...SECTIONS.split(' '), 'history', 'commands']) expect(text).toContain(`data-section="${name}"`)
    expect(text).toContain('exemplary.test takes mail')
    expect(text.trimEnd()).toMatch(/<\/html>$/)
  })

  it('a page loads nothing, runs nothing but its own, is framed by nobody and kept by nobody', async () => {
    const { headers } = await visit('/domains')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; style-src 'nonce-[a-z2-7]{32}'; script-src 'nonce-[a-z2-7]{32}'/)
    expect(policy).toMatch(/frame-ancestors 'none'/)
    expect([headers.get('x-robots-tag'), headers.get('cache-control')]).toEqual(['noindex', 'no-store, no-transform'])
    expect((await visit('/domains')).headers.get('content-security-policy')).not.toBe(policy)
  })

  it.each([
    ['strict.test', '/domains/strict.test'],
    [' JANE@Strict.test ', '/domains/strict.test'],
    ['https://strict.test:8080/path?x#y', '/domains/strict.test'],
    ['bücher.test', '/domains/b%C3%BCcher.test'],
    ['Jane Roe <jane@strict.test>', '/domains/strict.test'],
    ['"strict.test";', '/domains/strict.test'],
    ['//strict.test', '/domains/strict.test'],
    ['mailto:jane@strict.test?subject=x', '/domains/strict.test'],
    ['https://strict.test/@jane', '/domains/strict.test'],
  ])('whoever types %j comes to %s', async (typed, path) => {
    const response = await visit(`/domains?domain=${encodeURIComponent(typed)}`)
    expect([response.status, response.headers.get('location')]).toEqual([303, path])
  })

  it.each([
    ['/domains?domain=', 'is no domain name'],
    ['/domains?domain=%3Cscript%3E', 'is no domain name'],
    ['/domains?domain=jane@strict.test,joe@null-mx.test', 'is no domain name'],
    ['/domains?domain=_dmarc.strict.test', 'name the domain itself'],
    ['/domains/printer.local', 'below local'],
    ['/domains/127.0.0.1', 'IP address'],
  ])('%s is refused in words, and nothing of it is markup', async (path, words) => {
    const response = await visit(path)
    const text = await response.text()
    expect([response.status, text]).toEqual([422, expect.stringContaining(words)])
    expect(text).not.toContain('<script>')
  })

  it.each([
    ['/', 302, '/domains'],
    ['/domains/', 308, '/domains'],
    ['/domains/strict.test/', 308, '/domains/strict.test'],
    ['/domains/jane@strict.test', 303, '/domains/strict.test'],
    ['/domains/strict.test:25', 303, '/domains/strict.test'],
  ])('%s leads to where it is meant (%i)', async (path, status, location) => {
    const response = await visit(path)
    expect([response.status, response.headers.get('location')]).toEqual([status, location])
  })

  it.each(['main', ' s=main; ', 'main._domainkey.dkim-short.test'])('a selector is known as %j', async (typed) => {
    const response = await visit(`/domains/dkim-short.test?selector=${encodeURIComponent(typed)}`)
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('DKIM_KEY_1024')])
  })

  it('whoever only prepares for a visit, or asks for the head, causes no question', async () => {
    const prefetch = await visit('/domains/multiline.test', { 'sec-purpose': 'prefetch;prerender' })
    const head = await stack.request('/domains/multiline.test', { method: 'HEAD' })
    expect([prefetch.status, head.status]).toEqual([503, 200])
    // What is asked the same way and later has come when all that was on its way before it has.
    await (await visit('/domains/dkim-none.test')).text()
    const queries = await fetch(`${stack.worldUrl()}/world/queries`)
    const asked = ((await queries.json()) as readonly { readonly name: string }[]).map(({ name }) => name)
    const of = ['dkim-none.test', 'multiline.test'].filter((domain) =>
      asked.some((name) => name === domain || name.endsWith(`.${domain}`)),
    )
    expect(of).toEqual(['dkim-none.test'])
  })

  it('findings are weighed as the visitor wants, and what cannot be understood is refused in words', async () => {
    const usual = await (await visit('/domains/tls-trusted.test')).text()
    const strict = await (await visit('/domains/tls-trusted.test?profile=strict&utm_source=x')).text()
    const gradeOf = (text: string) => /<details class="(\w+)"[^>]*data-finding="STS_NONE"/.exec(text)?.[1]
    expect([gradeOf(usual), gradeOf(strict)]).toEqual(['info', 'medium'])
    for (const query of ['profile=mine', 'selector=%3Cscript%3E', 'availability=2']) {
      const { status, headers } = await visit(`/domains/tls-trusted.test?${query}`)
      expect([status, headers.get('content-type')]).toEqual([422, 'text/html; charset=utf-8'])
    }
  })

  it('an earlier report has a page of its own; of one that is not kept is said so', async () => {
    const key = { authorization: `Bearer ${stack.keys.sk_live}` }
    const report = (await (await stack.request('/v1/domains/strict.test', { headers: key })).json()) as DomainReport
    const page = await visit(`/domains/strict.test?report=${report.id}`)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('This is an earlier report')])
    expect(page.headers.get('ratelimit-policy')).toBe('"page_kept";q=60;w=3600')
    const missing = await visit('/domains/strict.test?report=rep_1')
    expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining('No report of that id')])
  })

  it('the twenty-first domain within an hour is one too many, on the page and by its token alike', async () => {
    const from = { 'cf-connecting-ip': '203.0.113.77' }
    const site = { 'sec-fetch-site': 'same-origin' }
    const { token } = (await (await stack.request('/page-token', { headers: site })).json()) as { token: string }
    const byToken = { ...from, authorization: `Bearer ${token}` }
    const first = await stack.request('/v1/domains/null-mx.test', { headers: byToken })
    expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([200, '"page_report";q=20;w=3600'])
    for (let n = 0; n < 19; n += 1) expect((await visit('/domains/null-mx.test', from)).status).toBe(200)
    const page = await visit('/domains/null-mx.test', from)
    expect([page.status, Number(page.headers.get('retry-after'))]).toEqual([429, expect.any(Number)])
    expect(await page.text()).toContain('come back in')
    expect((await stack.request('/v1/domains/null-mx.test', { headers: byToken })).status).toBe(429)
  })
})

describe.skipIf(!hasBrowser)('in a browser (skipped where Chromium is not installed)', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  /** What the browser complains about, Content Security Policy included, goes into `complaints`. */
  async function open(path: string, complaints: string[], width = 1_200): Promise<Page> {
    const extraHTTPHeaders = { 'cf-connecting-ip': `203.0.113.${(visitors += 1)}` }
    const context = await browser.newContext({ viewport: { width, height: 900 }, extraHTTPHeaders })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: stack.url })
    const page = await context.newPage()
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', ({ message }) => complaints.push(message))
    await page.goto(new URL(path, stack.url).href, { waitUntil: 'commit' })
    return page
  }

  /** Names of the sections that can be seen, from the top to the bottom. */
  const shown = (page: Page): Promise<string[]> =>
    page.evaluate(`[...document.querySelectorAll('[data-section]')]
      .map((one) => ({ name: one.dataset.section, ...one.getBoundingClientRect().toJSON() }))
      .filter(({ height }) => height > 0)
      .sort((one, other) => one.top - other.top)
      .map(({ name }) => name)`)

  it('what is known is shown while mail servers keep us waiting, and at last each section once and in its place', async () => {
    const complaints: string[] = []
    const page = await open('/domains/smtp-slow.test', complaints)
    await page.locator('[data-section=spf] >> visible=true').waitFor()
    await page.waitForLoadState('load', { timeout: 30_000 })
    expect(await shown(page)).toEqual([...SECTIONS.split(' '), 'history', 'commands'])
    expect(complaints).toEqual([])
  })

  it('what a domain publishes is read, and never run', async () => {
    const complaints: string[] = []
    const page = await open('/domains/markup.test', complaints)
    await page.waitForLoadState('load')
    expect(await page.title()).toBe('markup.test: mail report')
    expect(await page.locator('main script, main img').count()).toBe(0)
    expect(await page.locator('main').innerText()).toContain('<script>document.title=1</script>')
    expect(complaints).toEqual([])
  })

  it('a command is copied, a key is looked at by its selector, an earlier report is opened', async () => {
    const complaints: string[] = []
    const page = await open('/domains/dkim-short.test', complaints)
    await page.waitForLoadState('load')
    await page.locator('[data-section=commands] button.copy').first().click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('dig +noall +answer MX dkim-short.test')
    await page.locator('[data-section=dkim] input[name=selector] >> visible=true').fill('main')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/domains/dkim-short.test?selector=main')
    await page.waitForLoadState('load')
    expect(await page.locator('[data-finding=DKIM_KEY_1024] >> visible=true').count()).toBe(1)
    const again = page.waitForResponse(/refresh=true/)
    await page.locator('a', { hasText: 'Look again' }).first().click()
    await again
    await page.waitForLoadState('load')
    // What was wished stays, and the page that is loaded again makes no new report.
    expect(new URL(page.url()).search).toBe('?selector=main')
    expect(await page.locator('[data-finding=DKIM_KEY_1024] >> visible=true').count()).toBe(1)
    expect(complaints).toEqual([])
  })

  it('findings that matter lie open and are named at the top, where a click leads to their section', async () => {
    const complaints: string[] = []
    const page = await open('/domains/spf-plus-all.test', complaints)
    await page.waitForLoadState('load')
    const finding = page.locator('[data-finding=SPF_PLUS_ALL] >> visible=true')
    expect(await finding.getAttribute('open')).not.toBeNull()
    await page.locator('[data-section=overview] ol a').first().click()
    const target = await page.evaluate('document.querySelector(location.hash).parentElement.dataset.finding')
    expect(target).toBe('SPF_PLUS_ALL')
    expect(complaints).toEqual([])
  })

  it('a telephone shows all of it without being moved sideways', async () => {
    const page = await open('/domains/exemplary.test', [], 360)
    await page.waitForLoadState('load')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
  })

  it('the form leads from one domain to the next', async () => {
    const page = await open('/domains', [])
    await page.locator('#domain').fill('jane@null-mx.test')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/domains/null-mx.test')
    await page.waitForLoadState('load')
    expect(await page.locator('h1 >> visible=true').innerText()).toBe('null-mx.test')
  })
})
