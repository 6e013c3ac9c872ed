// Exchanges with TLSA records as a survey of DANE is given them: sound in all but what is wished.
import type { Dnssec } from '@postern/shared/dns/dnssec.ts'
import type { DaneHost } from '@postern/shared/report/dane-host.ts'
import { surveyDane } from '@postern/shared/report/dane-survey.ts'
import { parseTlsa, type Tlsa } from '@postern/shared/report/tlsa.ts'
import { connected, digest, seen } from './inspections.ts'

export function tlsa(text: string): Tlsa {
  const parsed = parseTlsa(text)
  if (!parsed.ok) throw new Error(parsed.detail)
  return parsed.record
}

export const FOUR = '192.0.2.1'
/** Keys of the leaf, of its issuer and of nobody. */
export const EE = `3 1 1 ${digest('d1')}`
export const NEXT = `3 1 1 ${digest('e1')}`
export const TA = `2 1 1 ${digest('d2')}`
export const OTHER_TA = `2 1 1 ${digest('e2')}`

interface Wish extends Partial<Omit<DaneHost, 'records'>> {
  readonly records?: readonly string[] | null
}

export function host({ records = [EE, NEXT], ...wish }: Wish = {}): DaneHost {
  return {
    host: 'mx1.a.test',
    base: wish.host ?? 'mx1.a.test',
    differs: false,
    addresses: 'secure',
    tlsa: 'secure',
    seen: seen('mx1.a.test', { [FOUR]: connected() }),
    records: records?.map(tlsa) ?? null,
    ...wish,
  }
}
export const showing = (startTls: unknown, wish: Readonly<Record<string, unknown>> = {}) =>
  seen('mx1.a.test', { [FOUR]: connected({ startTls }) }, wish)

export function found(hosts: readonly DaneHost[], mx: Dnssec = 'secure', mxDiffers = false) {
  const survey = surveyDane({ domain: 'a.test', mx, mxDiffers, hosts })
  const told = survey.findings.map(({ id, subject, severity }) => [id, subject, severity].filter(Boolean).join(' '))
  return { ...survey, told, statuses: survey.hosts.map(({ status }) => status) }
}
