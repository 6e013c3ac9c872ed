// A domain's report is begun while its caller is still being let in: whoever may ask waits for one far round trip less.
import type { Context } from 'hono'
import type { Entry } from '../accounts/till.ts'
import { begin } from '../reports/head-start.ts'
import type { AppEnv } from './context.ts'
import { domainNamed, portsOf } from './domain-asked.ts'
import { reportRoute } from './domains.ts'
import { keyOf } from './key-of.ts'

/** Only where the request is as it should be, and its key was not refused lately. */
export function beginReport(context: Context<AppEnv>, entry: Promise<Entry>): void {
  const { headStarts } = context.get('services').reports
  const { keyId } = keyOf(context)
  const query = reportRoute.request.query.safeParse(context.req.query())
  const named = domainNamed(context, context.req.param('domain') ?? '')
  if (!query.success || 'detail' in named || !headStarts.isFor(keyId)) return
  const ports = portsOf(context, named)
  const refresh = query.data.refresh === 'true'
  context.set('report', { ...ports, begun: begin({ domain: named, refresh }, ports) })
  void entry.then(({ ok }) => (ok ? undefined : headStarts.noteRefused(keyId)))
}
