// What a domain publishes about its mail, in the words of a report: SPF, DKIM, DMARC, MTA-STS, TLSRPT, DANE.
import type { ReportSections } from '@postern/shared/contract/domain-report.ts'
import type { DaneGiven } from '@postern/shared/report/dane-host.ts'
import { surveyDane } from '@postern/shared/report/dane-survey.ts'
import type { DkimSurvey } from '@postern/shared/report/dkim-survey.ts'
import type { DmarcRecord } from '@postern/shared/report/dmarc.ts'
import type { DmarcSurvey } from '@postern/shared/report/dmarc-survey.ts'
import type { Finding } from '@postern/shared/report/finding.ts'
import { type Fetched, type StsSurvey, surveySts } from '@postern/shared/report/mta-sts-survey.ts'
import { shown } from '@postern/shared/report/record.ts'
import { rounded } from '@postern/shared/report/rounded.ts'
import type { SpfSurvey } from '@postern/shared/report/spf-survey.ts'
import { holdsPolicy } from '@postern/shared/report/tls-cases.ts'
import { chosenTlsRpt, parseTlsRpt } from '@postern/shared/report/tlsrpt.ts'
import { pinName } from './exchanges.ts'
import { exchangesNamed, routeKind, type TextsLearned } from './learned.ts'
import { inspectionOf } from './render-seen.ts'
import type { With } from './sight.ts'
import { policyCertificate, weighed } from './weigh.ts'

/** What others publish is shown so far. */
const MOST_TEXT = 4_000
const [MOST_ITEMS, MOST_OF_ITEM] = [50, 500]

function some(texts: readonly string[] = []): string[] {
  return texts.slice(0, MOST_ITEMS).map((text) => shown(text, MOST_OF_ITEM))
}

export function spfOf({ status, text, dnssec, included, ...survey }: SpfSurvey): ReportSections['spf'] {
  const { lookups, voids, partial, all } = survey
  const isCounted = status === 'one' || status === 'error'
  const counts = isCounted ? { lookups, voids } : { lookups: null, voids: null }
  return {
    status,
    record: text === null ? null : shown(text, MOST_TEXT),
    dnssec,
    ...counts,
    partial,
    all,
    included: included.map((one) => ({ ...one })),
  }
}

export function dkimOf({ zone, selectors }: DkimSurvey): ReportSections['dkim'] {
  return {
    zone,
    selectors: selectors.map(({ selector, status, key }) => ({
      selector,
      status,
      type: key?.type ?? null,
      bits: key?.bits ?? null,
      revoked: key?.revoked ?? null,
      testing: key?.testing ?? null,
    })),
  }
}

export function dmarcOf({ status, text, dnssec, effective, ...survey }: DmarcSurvey): ReportSections['dmarc'] {
  const { organisation, walk } = survey
  return {
    status,
    record: text === null ? null : shown(text, MOST_TEXT),
    dnssec,
    found_at: effective?.foundAt ?? null,
    organisational_domain: organisation,
    walk: walk.map((name) => `_dmarc.${name}`),
    policy: effective?.policy ?? null,
    testing: effective?.record.testing ?? null,
    tags: effective === null ? null : tagsOf(effective.record),
    rua: some(effective?.record.rua),
    ruf: some(effective?.record.ruf),
  }
}

function tagsOf({ p, sp, np, strictDkim, strictSpf, psd }: DmarcRecord): ReportSections['dmarc']['tags'] {
  return { p, sp, np, adkim: strictDkim ? 's' : 'r', aspf: strictSpf ? 's' : 'r', psd }
}

/** As far as a lane has looked, with the certificate of the policy's host and what the exchanges have to offer. */
export function stsOf(sight: With<'sts' | 'route'>): StsSurvey {
  const { domain, sts, route, looked, now } = sight
  const named = exchangesNamed(domain.ascii, route).map(({ exchange: host, preference }) => ({ host, preference }))
  return surveySts({
    domain: domain.ascii,
    now,
    texts: sts.texts,
    fetched: weighed(sts.fetched, looked),
    certificate: policyCertificate(looked, now),
    exchanges: routeKind(domain.ascii, route) === 'error' ? null : named,
    holds: holdsAmong(
      sight,
      named.map(({ host }) => host),
    ),
  })
}

function holdsAmong({ looked }: With<'sts'>, hosts: readonly string[]): ReadonlyMap<string, boolean> {
  const told = hosts.map((host) => [host, holdsPolicy(inspectionOf(looked, host))] as const)
  return new Map(told.flatMap(([host, holds]) => (holds === null ? [] : [[host, holds]])))
}

export function policyOf(sight: With<'sts' | 'route'>): {
  value: ReportSections['mta_sts']
  findings: readonly Finding[]
} {
  const survey = stsOf(sight)
  const { status, id, policy, health, gap, unmatched, unused, findings } = survey
  const certificate = policyCertificate(sight.looked, sight.now)
  return {
    findings,
    value: {
      status,
      records: sight.sts.texts === null ? null : some(sight.sts.texts),
      dnssec: sight.sts.dnssec,
      id,
      policy: policy === null ? null : { mode: policy.mode, max_age_s: policy.maxAgeS, mx: some(policy.mx) },
      fetch: fetchOf(weighed(sight.sts.fetched, sight.looked)),
      certificate:
        certificate === null
          ? null
          : {
              valid: certificate.valid,
              days_left: rounded(certificate.daysLeft, 'days'),
              lifetime_days: rounded(certificate.lifetimeDays, 'days'),
              faults: [...(certificate.faults ?? [])],
              names: some(certificate.names),
              issuer: certificate.issuer,
              expires_at: new Date(certificate.expiresAt).toISOString(),
            },
      health: health === null ? null : healthOf(health),
      gap: gap === null ? null : { ...gap, score: rounded(gap.score, 'percent') },
      unmatched_mx: some(unmatched),
      unused_patterns: some(unused),
    },
  }
}

function healthOf({ score, band, components, named, caps, partial }: NonNullable<StsSurvey['health']>) {
  const { certificate, maxAge, match } = components
  return { score, band, components: { certificate, max_age: maxAge, match }, named, caps: [...caps], partial }
}

function fetchOf(fetched: Fetched): ReportSections['mta_sts']['fetch'] {
  return {
    kind: fetched.kind,
    status: 'status' in fetched ? (fetched.status ?? null) : null,
    content_type: 'contentType' in fetched ? fetched.contentType : null,
    why: 'why' in fetched ? (fetched.why ?? null) : null,
  }
}

export function tlsRptOf({ texts, dnssec }: TextsLearned): ReportSections['tls_rpt'] {
  if (texts === null) return { status: 'unlearned', record: null, dnssec, rua: [] }
  const found = chosenTlsRpt(texts)
  if (found.kind !== 'one') return { status: found.kind, record: null, dnssec, rua: [] }
  const parsed = parseTlsRpt(found.text)
  const record = shown(found.text, MOST_TEXT)
  return parsed.ok
    ? { status: 'published', record, dnssec, rua: some(parsed.record.rua) }
    : { status: 'invalid', record, dnssec, rua: [] }
}

/** What a survey of DANE rests on. */
export function daneGivenOf({ domain, route, exchanges, looked }: With<'route' | 'exchanges'>): DaneGiven {
  return {
    domain: domain.ascii,
    mx: route.dnssec,
    mxDiffers: route.differs,
    hosts: exchanges.map(({ host, dnssec, pins }) => ({
      host,
      base: pins.base,
      differs: pins.differs,
      addresses: dnssec,
      tlsa: pins.dnssec,
      records: pins.records,
      seen: inspectionOf(looked, host),
    })),
  }
}

export function daneOf(sight: With<'route' | 'exchanges'>): {
  value: ReportSections['dane']
  findings: readonly Finding[]
} {
  const { exchanges } = sight
  const survey = surveyDane(daneGivenOf(sight))
  const baseOf = (host: string): string => exchanges.find((one) => one.host === host)?.pins.base ?? host
  return {
    value: {
      active: survey.active,
      hosts: survey.hosts.map(({ host, status, records, matches }) => ({
        host,
        status,
        base: pinName(baseOf(host)),
        records: records.map((one) => ({ ...one })),
        matches,
      })),
    },
    findings: survey.findings,
  }
}
