// The sections of a report: what each needs to be shown, what it shows besides when that is known, and how it is made.
import type { ReportSections, SectionName } from '@postern/shared/contract/domain-report.ts'
import { addressesIn, IPV4_TEXT, leadsNowhere, targetOf } from '@postern/shared/dns/mail-route.ts'
import { commandsFor } from '@postern/shared/report/commands.ts'
import { dmarcFindings } from '@postern/shared/report/dmarc-findings.ts'
import { type DkimContext, dkimFindings } from '@postern/shared/report/dkim-survey.ts'
import { type Finding, finding } from '@postern/shared/report/finding.ts'
import type { MailUse } from '@postern/shared/report/mail-use.ts'
import { chosenSts } from '@postern/shared/report/mta-sts.ts'
import { tlsRptFindings } from '@postern/shared/report/mta-sts-survey.ts'
import { spfFindings } from '@postern/shared/report/spf-findings.ts'
import { exchangesNamed, type Piece, routeKind } from './learned.ts'
import { availabilityOf } from './render-availability.ts'
import { mxOf } from './render-mx.ts'
import { daneOf, dkimOf, dmarcOf, policyOf, spfOf, tlsRptOf } from './render-records.ts'
import { resolutionOf } from './render-resolution.ts'
import { routingOf } from './render-routing.ts'
import { unmeasuredOf } from './render-seen.ts'
import type { Rendered, Sight, With } from './sight.ts'

interface Section<S extends SectionName> {
  readonly needs: readonly Piece[]
  readonly uses: readonly Piece[]
  readonly render: (sight: never) => Rendered<S>
}

/** `render` is called where all that it needs is there. */
function section<S extends SectionName, P extends Piece>(
  needs: readonly P[],
  uses: readonly Piece[],
  render: (sight: With<P>) => Rendered<S>,
): Section<S> {
  return { needs, uses, render }
}

type Sections = { readonly [S in SectionName]: Section<S> }

export const SECTIONS = {
  verdict: section(['route'], ['exchanges'], (sight) => ({ value: verdictOf(sight), findings: [] })),
  mx: section(['route'], ['exchanges', 'looked', 'sts'], mxOf),
  spf: section(['spf'], ['route', 'exchanges', 'dkim'], (sight) => ({
    value: spfOf(sight.spf),
    findings: spfFindings(sight.domain.ascii, sight.spf, mailUse(sight)),
  })),
  dkim: section(['dkim'], ['route', 'exchanges', 'spf', 'dmarc'], (sight) => ({
    value: dkimOf(sight.dkim),
    findings: dkimFindings(sight.domain.ascii, sight.dkim, dkimContext(sight)),
  })),
  dmarc: section(['dmarc'], ['route', 'exchanges', 'spf', 'dkim'], (sight) => ({
    value: dmarcOf(sight.dmarc),
    findings: dmarcFindings(sight.domain.ascii, sight.dmarc, mailUse(sight)),
  })),
  mta_sts: section(['sts', 'route'], ['looked'], policyOf),
  tls_rpt: section(['tlsRpt', 'sts'], ['exchanges', 'route'], tlsRpt),
  dane: section(['route', 'exchanges'], ['looked'], daneOf),
  dns: section(['route', 'bogus'], [], (sight) => ({
    value: { bogus: [...sight.bogus] },
    findings: bogusFindings(sight),
  })),
  routing: section(['route', 'exchanges'], ['looked'], routingOf),
  resolution: section(['route', 'exchanges'], [], resolutionOf),
  availability: section(['route', 'exchanges'], [], (sight) => ({ value: availabilityOf(sight), findings: [] })),
  commands: section(['exchanges', 'dkim'], [], (sight) => ({ value: commands(sight), findings: [] })),
  unmeasured: section(['looked'], ['sts'], (sight) => ({ value: unmeasuredOf(sight), findings: [] })),
} as const satisfies Sections

/** Reachable is not delivered, and says nothing of what is spam. */
const CAVEAT = 'Whether the DNS leads mail anywhere: that is not yet delivered, and says nothing of what is spam.'

function verdictOf(sight: With<'route'>): ReportSections['verdict'] {
  return { ...acceptanceOf(sight), caveat: CAVEAT }
}

type Acceptance = Omit<ReportSections['verdict'], 'caveat'>

const ACCEPTANCE: Readonly<Record<ReturnType<typeof routeKind>, Acceptance>> = {
  mx: { accepts_mail: 'yes', reason: 'mx_found' },
  implicit: { accepts_mail: 'implicit', reason: 'implicit_mx' },
  null_mx: { accepts_mail: 'no', reason: 'null_mx' },
  none: { accepts_mail: 'no', reason: 'no_mail_host' },
  nxdomain: { accepts_mail: 'no', reason: 'domain_not_found' },
  error: { accepts_mail: 'unknown', reason: 'dns_failure' },
}

function acceptanceOf({ domain, route, exchanges = [], loopback }: With<'route'>): Acceptance {
  const targets = exchanges.map((one) => targetOf(one, loopback))
  const isWhole = exchangesNamed(domain.ascii, route).length === targets.length
  const isLost = isWhole && targets.length > 0 && targets.every(leadsNowhere)
  if (!isLost) return ACCEPTANCE[routeKind(domain.ascii, route)]
  const reason = targets.includes('special_purpose') ? 'exchanges_unreachable' : 'exchanges_without_address'
  return { accepts_mail: 'no', reason }
}

/** Of a name that is not there only that is worth saying; what takes no mail needs no protection on the way. */
const UNSAID: Readonly<Partial<Record<ReturnType<typeof routeKind>, readonly SectionName[]>>> = {
  nxdomain: ['spf', 'dkim', 'dmarc', 'mta_sts', 'tls_rpt', 'dane'],
  null_mx: ['mta_sts', 'tls_rpt', 'dane'],
  none: ['mta_sts', 'tls_rpt', 'dane'],
}
const ABSENCES: readonly string[] = ['STS_NONE', 'TLSRPT_NONE', 'DANE_NONE', 'SPF_NONE', 'DMARC_NONE', 'DKIM_NO_ZONE']

/** Findings of a section as far as they are any use to a domain whose mail goes there. */
export function worthSaying<F extends { readonly id: string }>(
  section: SectionName,
  findings: readonly F[],
  kind: ReturnType<typeof routeKind> | null,
): readonly F[] {
  const isUnsaid = kind !== null && UNSAID[kind]?.includes(section) === true
  return isUnsaid ? findings.filter(({ id }) => !ABSENCES.includes(id)) : findings
}

/** An SPF record that lets nobody send. */
export function rejectsAll(record: string | null): boolean {
  return record !== null && /^v=spf1 +-all *$/i.test(record)
}

function mailUse(sight: Sight): MailUse {
  const { domain, route } = sight
  if (route === undefined) return { takes: null, sends: null }
  if (routeKind(domain.ascii, route) === 'null_mx') return { takes: false, sends: isSilent(sight) ? false : null }
  // An address without an MX record may be a web server's.
  return { takes: acceptanceOf({ ...sight, route }).accepts_mail === 'yes' ? true : null, sends: null }
}

/** Nothing that it publishes speaks of anybody who sends in its name. */
function isSilent({ spf, dkim }: Sight): boolean {
  const isNobodyNamed = spf?.status === 'none' || rejectsAll(spf?.text ?? null)
  return isNobodyNamed && dkim?.zone === 'absent'
}

/** Whether anybody misses keys of this name. */
function dkimContext(sight: Sight): DkimContext {
  const { spf, dmarc } = sight
  return {
    nullMx: mailUse(sight).takes === false,
    spfRejectsAll: rejectsAll(spf?.text ?? null),
    organisation: dmarc?.organisation ?? null,
  }
}

function tlsRpt(sight: With<'tlsRpt' | 'sts'>): Rendered<'tls_rpt'> {
  const { domain, tlsRpt: learned, sts, exchanges } = sight
  const isPinned = exchanges?.some(({ pins }) => (pins.records ?? []).length > 0) === true
  const isNeeded = chosenSts(sts.texts ?? []).kind === 'one' || isPinned
  return {
    value: tlsRptOf(learned),
    findings: tlsRptFindings(domain.ascii, learned.texts, { isNeeded, ...mailUse(sight) }),
  }
}

function bogusFindings({ domain, bogus }: With<'bogus'>): Finding[] {
  return bogus.map((subject) => finding('DNS_BOGUS', { domain: domain.ascii, subject }))
}

function commands({ domain, dkim, exchanges }: With<'exchanges' | 'dkim'>): ReportSections['commands'] {
  const found = dkim.selectors.find(({ status }) => status === 'found')
  const reached = exchanges.filter((one) => !IPV4_TEXT.test(one.host) && addressesIn(one).length > 0)
  const hosts = reached.map(({ host }) => host)
  return [
    ...commandsFor({
      domain: domain.ascii,
      exchanges: hosts,
      ...(found === undefined ? {} : { selector: found.selector }),
    }),
  ]
}
