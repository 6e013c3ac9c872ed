// What DMARC of a domain gives to think of: findings of one survey.
import type { DmarcRecord, Policy } from './dmarc.ts'
import type { DmarcSurvey } from './dmarc-survey.ts'
import { type Finding, type FindingId, finding } from './finding.ts'

interface Word {
  readonly id: FindingId
  readonly isSo: boolean
  readonly subject?: string
  readonly value?: string
}

export function dmarcFindings(domain: string, survey: DmarcSurvey): Finding[] {
  const { status, effective, detail } = survey
  const here: Word[] = [
    { id: 'DMARC_MULTIPLE', isSo: status === 'several', subject: `_dmarc.${domain}` },
    { id: 'DMARC_INVALID_P', isSo: status === 'invalid', value: detail ?? '' },
    { id: 'DMARC_NONE', isSo: status === 'none' },
    { id: 'DMARC_WILDCARD_TXT', isSo: survey.wildcard },
  ]
  const words = effective === null ? here : [...here, ...wordsOf(effective.record, survey)]
  const evidence = { record: survey.text, walk: survey.walk }
  return words
    .filter(({ isSo }) => isSo)
    .map(({ id, subject, value }) =>
      finding(id, {
        domain,
        evidence,
        ...(subject === undefined ? {} : { subject }),
        ...(value === undefined ? {} : { value }),
      }),
    )
}

/** Of the record that counts, whoever's it is. */
function wordsOf(record: DmarcRecord, { own, faults, unauthorised }: DmarcSurvey): Word[] {
  return [
    { id: 'DMARC_P_NONE', isSo: record.p === 'none' && own !== null },
    { id: 'DMARC_TESTING', isSo: record.testing },
    { id: 'DMARC_SP_WEAKER', isSo: isWeaker(record) },
    { id: 'DMARC_NO_RUA', isSo: record.rua.length === 0 },
    ...record.historic.map((tag): Word => ({ id: 'DMARC_HISTORIC_TAG', isSo: true, subject: tag })),
    { id: 'DMARC_INVALID_TAG', isSo: faults.length > 0, value: faults.join('; ') },
    ...unauthorised.map((host): Word => ({ id: 'DMARC_EXT_RUA_UNAUTH', isSo: true, subject: host })),
  ]
}

const STRENGTH: Readonly<Record<Policy, number>> = { none: 0, quarantine: 1, reject: 2 }

function isWeaker({ p, sp }: DmarcRecord): boolean {
  return p !== null && sp !== null && STRENGTH[sp] < STRENGTH[p]
}
