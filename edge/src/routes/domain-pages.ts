// `/domains` and `/domains/{domain}`: the report of a domain for people, section by section as it is learned, and earlier ones.
import type { DomainReport, ReportPart } from '@postern/shared/contract/domain-report.ts'
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { stream } from 'hono/streaming'
import type { Quota } from '../accounts/limits.ts'
import { tellQuota } from '../http/quota.ts'
import { countVisit, ipOf } from '../http/visit.ts'
import { pageHeaders } from '../pages/document.tsx'
import { createDomainPage, type DomainPage } from '../pages/domain-page.tsx'
import { noticePage, type NoticeOf } from '../pages/notice.tsx'
import { type AnswerPorts, partsOf } from '../reports/answer.ts'
import { readKept } from '../reports/kept-report.ts'
import type { Named } from '../reports/learned.ts'
import { inTime } from '../reports/shelf.ts'
import type { AppEnv } from './context.ts'
import { domainNamed, portsOf, shelfOf } from './domain-asked.ts'
import { inTurn, reportRoute } from './domains.ts'
import { toldAs } from './told-as.ts'

type Visited = Context<AppEnv>

export function domainPages(app: OpenAPIHono<AppEnv>): void {
  app.get('/', (context) => context.redirect('/domains', 302))
  app.get('/domains/', (context) => context.redirect('/domains', 308))
  app.get('/domains/:domain/', (context) =>
    context.redirect(`/domains/${encodeURIComponent(context.req.param('domain'))}`, 308),
  )
  app.get('/domains', (context) => {
    const typed = context.req.query('domain')
    if (typed === undefined) return notice(context, 200, ABOUT)
    const named = domainNamed(context, hostIn(typed))
    if ('detail' in named) return wrong(context, typed, named.detail)
    return context.redirect(`/domains/${encodeURIComponent(named.unicode)}`, 303)
  })
  app.get('/domains/:domain', async (context) => {
    // Whoever only prepares for a visit, or asks for the head, has nobody be asked anything.
    if (/\bprefetch\b/.test(context.req.header('sec-purpose') ?? '')) return context.body(null, 503)
    const typed = context.req.param('domain')
    const named = domainNamed(context, typed)
    if ('detail' in named) return meant(context, typed, named.detail)
    if (context.req.method === 'HEAD') return context.body(null, 200, pageHeaders(nonceOf(context)))
    const query = QUERY.safeParse(context.req.query())
    if (!query.success) return notice(context, 422, { ...NOT_UNDERSTOOD, typed })
    const { report: id, ...asked } = query.data
    const { allowed, quota } = await countVisit(
      id === undefined ? 'report' : 'kept',
      ipOf(context),
      context.get('services'),
    )
    tellQuota(context, quota)
    if (!allowed) return tooMany(context, named, quota)
    return id === undefined ? live(context, named, asked) : earlier(context, named, id)
  })
}

/** As the interface reads it; what others have put behind a link is passed over. */
const QUERY = z.object({ ...reportRoute.request.query.shape, report: z.string().optional() })
type Query = Omit<z.infer<typeof QUERY>, 'report'>

const NOT_UNDERSTOOD = {
  heading: 'That was not understood',
  text: 'A selector is the s= of a DKIM-Signature, such as main; up to five of them are separated by commas. An availability is a share such as 0.99.',
}

const ABOUT = {
  heading: 'What becomes of a domain’s mail?',
  text: 'Name a domain: its mail servers are looked up and looked at, its SPF, DKIM, DMARC, MTA-STS, DANE and TLS reports are read, and each finding says why, by which standard, and what to publish.',
}

/** Whoever typed more than a name is led to the name, if there is one. */
function meant(context: Visited, typed: string, detail: string): Response {
  const named = domainNamed(context, hostIn(typed))
  return 'detail' in named
    ? wrong(context, typed, detail)
    : context.redirect(`/domains/${encodeURIComponent(named.unicode)}`, 303)
}

/** People paste addresses and links, with what stood around them. Two names are none: nobody knows which is meant. */
function hostIn(typed: string): string {
  const text = /<([^<>]*[@.][^<>]*)>/.exec(typed)?.[1] ?? typed
  const host = text
    .replaceAll(/^[\s"'(]+|[\s"'),;.]+$/g, '')
    .replace(/^(?:mailto:|(?:[a-z][a-z0-9+.-]*:)?\/\/)/i, '')
    .replace(/[/?#].*$/, '')
  return /[\s,;]/.test(host) ? '' : host.replace(/^.*@/, '').replace(/:\d*$/, '')
}

function tooMany(context: Visited, { unicode }: Named, { limit, resetS }: Quota): Response {
  const heading = 'That was a lot of reports'
  const text = `At most ${limit} an hour for each visitor: come back in ${Math.ceil(resetS / 60)} minutes, or use a key.`
  context.header('retry-after', String(resetS))
  return notice(context, 429, { heading, text, typed: unicode })
}

async function live(context: Visited, named: Named, asked: Query): Promise<Response> {
  const { newId } = context.get('services')
  const { refresh, selector = [], ...rest } = asked
  const whose = { id: newId('rep'), domain: named, told: toldAs(rest) }
  const wanted = { ...whose, selectors: selector, refresh: refresh === 'true' }
  const ports = portsOf(context, named)
  return told(context, { named, ports }, (page, write) =>
    inTurn(context, { wanted, ports }, (part) => write(page.part(part))),
  )
}

/** One of the last thirty, as it was. */
async function earlier(context: Visited, named: Named, id: string): Promise<Response> {
  const ports = portsOf(context, named)
  const report = readKept(await inTime(shelfOf(context, named)?.report(id), ports))
  const text = 'No report of that id is kept of this domain: the last thirty are, for half a year.'
  if (report === null) return notice(context, 404, { heading: 'No such report', text, typed: named.unicode })
  return told(context, { named, ports }, (page, write) => write(wholeOf(report).map(page.part).join('')))
}

function wholeOf(report: DomainReport): ReportPart[] {
  const begun = { section: 'begun', value: { id: report.id }, findings: [] } satisfies ReportPart
  return [begun, ...partsOf(report), { section: 'report', value: report, findings: [] }]
}

type Write = (text: string) => Promise<void>

/** The frame at once, what is learned as it comes, and at last what there was before. */
function told(
  context: Visited,
  { named, ports }: { named: Named; ports: AnswerPorts },
  tell: (page: DomainPage, write: Write) => Promise<void>,
): Response {
  const nonce = nonceOf(context)
  const page = createDomainPage({ domain: named.unicode, query: context.req.query(), nonce })
  for (const [name, value] of Object.entries(pageHeaders(nonce))) context.header(name, value)
  return stream(
    context,
    async (out) => {
      await out.write(page.opening)
      await tell(page, async (text) => void (await out.write(text)))
      await out.write(page.history((await inTime(shelfOf(context, named)?.history(), ports)) ?? []))
      await out.write(page.closing)
    },
    async (error, out) => {
      // oxlint-disable-next-line no-console -- a Worker's log is its console
      console.error(JSON.stringify({ level: 'error', request: context.get('requestId'), fault: error.name }))
      await out.write(`${page.brokenOff()}${page.closing}`)
    },
  )
}

function wrong(context: Visited, typed: string, detail: string) {
  return notice(context, 422, { heading: 'That is no domain with mail', text: `What you typed ${detail}.`, typed })
}

function notice(context: Visited, status: 200 | 404 | 422 | 429, of: Omit<NoticeOf, 'nonce'>): Response {
  const nonce = nonceOf(context)
  return context.body(noticePage({ ...of, nonce }), status, pageHeaders(nonce))
}

/** 160 random bits. */
function nonceOf(context: Visited): string {
  return context.get('services').newSeed()
}
