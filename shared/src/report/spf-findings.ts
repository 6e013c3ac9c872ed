// What an SPF record gives to think of: findings of one survey.
import { type About, type Finding, type FindingId, finding, withRecord } from './finding.ts'
import type { MailUse } from './mail-use.ts'
import { textAt } from './publish.ts'
import { MOST_LOOKUPS, MOST_VOIDS } from './spf.ts'
import type { SpfSurvey, SpfTerm } from './spf-survey.ts'

/** Octets of a record beyond which its answer is cut off on old ways (RFC 7208 §3.4). */
const LONG = 450
/** From here on the limit is near. */
const NEAR = 8

export function spfFindings(domain: string, survey: SpfSurvey, { sends }: Pick<MailUse, 'sends'>): Finding[] {
  const { lookups, voids, partial } = survey
  const evidence = { lookups, voids, partial }
  const publish = sends === false ? textAt(domain, 'v=spf1 -all') : []
  const words = survey.status === 'none' ? [{ id: 'SPF_NONE', publish } as const] : wordsOf(domain, survey)
  const found = words.map(({ id, ...about }) => finding(id, { domain, evidence, ...about }))
  return withRecord(found, survey.text)
}

interface Word extends Pick<About, 'subject' | 'value'> {
  readonly id: FindingId
}

function wordsOf(domain: string, survey: SpfSurvey): Word[] {
  const { status, text, error } = survey
  if (status === 'unlearned' || status === 'none') return []
  if (status === 'several') return [{ id: 'SPF_MULTIPLE' }]
  const placed = (one: SpfTerm): string => (one.domain === domain ? one.term : `${one.domain}: ${one.term}`)
  return [
    ...(error === null ? [] : [{ id: 'SPF_SYNTAX', subject: placed(error), value: error.detail } as const]),
    ...survey.loops.map((name): Word => ({ id: 'SPF_LOOP', subject: name })),
    ...survey.broken.map((name): Word => ({ id: 'SPF_BROKEN_INCLUDE', subject: name })),
    ...limits(survey).map((id) => ({ id })),
    ...survey.open.map((one) => ({ ...openTo(one, domain), value: one.term })),
    ...endOf(domain, survey),
    ...(survey.usesPtr ? [{ id: 'SPF_PTR' } as const] : []),
    ...((text ?? '').length > LONG ? [{ id: 'SPF_LONG' } as const] : []),
  ]
}

function limits({ lookups, voids }: SpfSurvey): FindingId[] {
  const count: FindingId[] =
    lookups > MOST_LOOKUPS ? ['SPF_LOOKUPS_OVER_10'] : lookups >= NEAR ? ['SPF_LOOKUPS_8_10'] : []
  return voids > MOST_VOIDS ? [...count, 'SPF_VOID_OVER_2'] : count
}

/** The end of the domain's own record needs no other name. */
function openTo({ domain: whose, term }: SpfTerm, domain: string): Word {
  const isEnd = /^\+?all$/i.test(term)
  if (whose === domain) return isEnd ? { id: 'SPF_PLUS_ALL' } : { id: 'SPF_PLUS_ALL', subject: term }
  return { id: 'SPF_PLUS_ALL', subject: `${whose}: ${term}` }
}

/** A record with an error says nothing of its end. */
function endOf(domain: string, { all, endless, error }: SpfSurvey): Word[] {
  if (error !== null) return []
  if (all === '?') return [{ id: 'SPF_NEUTRAL_ALL' }]
  if (endless === null) return []
  return [endless === domain ? { id: 'SPF_NO_ALL' } : { id: 'SPF_NO_ALL', subject: endless }]
}
