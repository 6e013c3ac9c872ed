// What DMARC of a domain gives to think of: findings of one survey.
import type { DmarcRecord, Policy } from './dmarc.ts'
import type { DmarcSurvey } from './dmarc-survey.ts'
import type { Effective } from './dmarc-walk.ts'
import { type About, type Finding, type FindingId, finding, withRecord } from './finding.ts'
import type { MailUse } from './mail-use.ts'
import { textAt } from './publish.ts'

interface Word extends Pick<About, 'subject' | 'value' | 'publish'> {
  readonly id: FindingId
  readonly isSo: boolean
}

export function dmarcFindings(domain: string, survey: DmarcSurvey, mail: MailUse): Finding[] {
  const { status, effective } = survey
  const here: Word[] = [
    { id: 'DMARC_MULTIPLE', isSo: status === 'several', subject: `_dmarc.${domain}` },
    ...policyWords(domain, survey),
    { id: 'DMARC_NONE', isSo: status === 'none', ...firstRecord(domain, mail) },
    { id: 'DMARC_WILDCARD_TXT', isSo: survey.wildcard === true },
  ]
  const words =
    effective === null ? here : [...here, ...wordsOf(effective, survey), ...reportWords(domain, effective, mail)]
  const evidence = { walk: survey.walk }
  const found = words.filter(({ isSo }) => isSo).map(({ id, ...about }) => finding(id, { domain, evidence, ...about }))
  return withRecord(found, survey.text)
}

/** Whoever has mail hears first what a policy would do to it; reports need a mailbox that can be there. */
function firstRecord(domain: string, { takes, sends }: MailUse): Pick<Word, 'value' | 'publish'> {
  const name = `_dmarc.${domain}`
  if (sends === false) {
    const value =
      'If no mail is sent from this name, ask for the rest to be refused; names below it that send need records of their own before.'
    return { value, publish: textAt(name, 'v=DMARC1; p=reject; sp=reject') }
  }
  const value =
    'Begin with p=none and a mailbox for reports (rua), read them, then raise p to quarantine; to reject only where no people write to mailing lists from it.'
  return { value, publish: takes === true ? textAt(name, `v=DMARC1; p=none; rua=mailto:dmarc@${domain}`) : [] }
}

function reportWords(domain: string, { record }: Effective, { takes }: MailUse): Word[] {
  const value =
    takes === true
      ? `Add \`rua=mailto:dmarc@${domain}\`.`
      : 'Add a rua at a domain that takes mail, which has to agree to it by a record of its own.'
  return [{ id: 'DMARC_NO_RUA', isSo: record.rua.length === 0, value }]
}

/** What a record without a policy that can be meant comes to: the domain's own, and the one that counts. */
function policyWords(domain: string, { foundAt, detail, discarded, effective }: DmarcSurvey): Word[] {
  const end =
    effective === null
      ? 'receivers do as if there were no DMARC, whatever a name above says'
      : 'receivers act as if it asked for nothing, since it has a rua'
  const where = foundAt === null || foundAt === domain ? {} : { subject: foundAt }
  return [
    { id: 'DMARC_INVALID_P', isSo: discarded !== null, value: `${discarded ?? ''}: receivers take it for none` },
    { id: 'DMARC_INVALID_P', isSo: detail !== null, value: `${detail ?? ''}: ${end}`, ...where },
  ]
}

/** Of the record that counts, whoever's it is. */
function wordsOf({ record, foundAt }: Effective, { own, detail, faults, unauthorised }: DmarcSurvey): Word[] {
  const outside = unauthorised.map((host) => ({ subject: host, value: foundAt }))
  return [
    { id: 'DMARC_P_NONE', isSo: record.p === 'none' && own !== null && detail === null },
    { id: 'DMARC_TESTING', isSo: record.testing },
    { id: 'DMARC_SP_WEAKER', isSo: isWeaker(record) },
    ...record.historic.map((tag): Word => ({ id: 'DMARC_HISTORIC_TAG', isSo: true, subject: tag })),
    { id: 'DMARC_INVALID_TAG', isSo: faults.length > 0, value: faults.join('; ') },
    ...outside.map((word): Word => ({ id: 'DMARC_EXT_RUA_UNAUTH', isSo: true, ...word })),
  ]
}

const STRENGTH: Readonly<Record<Policy, number>> = { none: 0, quarantine: 1, reject: 2 }

function isWeaker({ p, sp }: DmarcRecord): boolean {
  return p !== null && sp !== null && STRENGTH[sp] < STRENGTH[p]
}
