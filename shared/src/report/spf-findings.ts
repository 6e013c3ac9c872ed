// What an SPF record gives to think of: findings of one survey.
import { type Finding, type FindingId, finding } from './finding.ts'
import { MOST_LOOKUPS, MOST_VOIDS } from './spf.ts'
import type { SpfSurvey } from './spf-survey.ts'

/** Octets of a record beyond which its answer is cut off on old ways (RFC 7208 §3.4). */
const LONG = 450
/** From here on the limit is near. */
const NEAR = 8

export function spfFindings(domain: string, survey: SpfSurvey): Finding[] {
  const { status, text, error } = survey
  const evidence = { record: text, lookups: survey.lookups, voids: survey.voids }
  const say = (id: FindingId, subject?: string): Finding =>
    finding(id, { domain, evidence, ...(subject === undefined ? {} : { subject }) })
  if (status === 'unlearned') return []
  if (status === 'none') return [say('SPF_NONE')]
  if (status === 'several') return [say('SPF_MULTIPLE')]
  return [
    ...(error === null
      ? []
      : [say('SPF_SYNTAX', error.domain === domain ? error.term : `${error.domain}: ${error.term}`)]),
    ...survey.loops.map((name) => say('SPF_LOOP', name)),
    ...survey.broken.map((name) => say('SPF_BROKEN_INCLUDE', name)),
    ...limits(survey).map((id) => say(id)),
    ...endOf(survey).map((id) => say(id)),
    ...(survey.usesPtr ? [say('SPF_PTR')] : []),
    ...((text ?? '').length > LONG ? [say('SPF_LONG')] : []),
  ]
}

function limits({ lookups, voids }: SpfSurvey): FindingId[] {
  const count: FindingId[] =
    lookups > MOST_LOOKUPS ? ['SPF_LOOKUPS_OVER_10'] : lookups >= NEAR ? ['SPF_LOOKUPS_8_10'] : []
  return voids > MOST_VOIDS ? [...count, 'SPF_VOID_OVER_2'] : count
}

/** A record with an error says nothing of its end. */
function endOf({ all, error }: SpfSurvey): FindingId[] {
  if (error !== null) return []
  switch (all) {
    case '+':
      return ['SPF_PLUS_ALL']
    case '?':
      return ['SPF_NEUTRAL_ALL']
    case null:
      return ['SPF_NO_ALL']
    case '-':
    case '~':
      return []
  }
}
