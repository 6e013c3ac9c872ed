// What can be said of a domain's mail: a catalogue of findings, and one of them with its subject, its evidence and how sure it is.
import { isPastable } from './commands.ts'
import catalogue from './findings.json' with { type: 'json' }
import { lineOf, type ToPublish } from './publish.ts'
import { shown } from './record.ts'

export const SEVERITIES = ['ok', 'info', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export const SECTIONS = ['mx', 'smtp', 'tls', 'spf', 'dkim', 'dmarc', 'mta_sts', 'tls_rpt', 'dane', 'dns'] as const
export type Section = (typeof SECTIONS)[number]

export type FindingId = keyof typeof catalogue

/** How a finding is known: looked at, concluded from what was, or a model with its assumptions. */
type Confidence = 'measured' | 'inferred' | 'model'

/** A rule's source; `section` is absent where the whole document is meant. */
interface Reference {
  readonly rfc: number
  readonly section?: string
}

interface Entry {
  readonly section: Section
  /** As a rule, and at its worst. */
  readonly severity: Severity
  readonly worst: Severity
  readonly refs: readonly Reference[]
  readonly title: string
  readonly explanation: string
  readonly fix: string
  /** What to do instead, by the name of the case. */
  readonly otherwise?: Readonly<Record<string, string>>
}

export interface Finding {
  readonly id: FindingId
  readonly section: Section
  readonly severity: Severity
  /** The host, name, address or term that it is about; null where that is the domain. */
  readonly subject: string | null
  readonly title: string
  readonly explanation: string
  /** What to do; where there are records to publish, each of them whole, on lines of their own. */
  readonly fix: string
  readonly publish: readonly ToPublish[]
  readonly refs: readonly Reference[]
  readonly evidence: Readonly<Record<string, unknown>>
  readonly confidence: Confidence
}

export interface About {
  readonly domain: string
  readonly subject?: string
  /** What is to be shown in the text. */
  readonly value?: string
  /** Where this case is better or worse than the rule; never worse than the catalogue's worst. */
  readonly severity?: Severity
  readonly evidence?: Readonly<Record<string, unknown>>
  readonly confidence?: Confidence
  readonly publish?: readonly ToPublish[]
  /** A case of which the catalogue has something else to do. */
  readonly when?: string | undefined
}

const ENTRIES: ReadonlyMap<string, Entry> = new Map(Object.entries(catalogue as Record<FindingId, Entry>))

/** Characters: a name in the DNS has 253, and more of a record's term tells nobody more. */
const MOST_OF_SUBJECT = 300

export const FINDING_IDS = [...ENTRIES.keys()] as readonly FindingId[]

export function finding(id: FindingId, about: About): Finding {
  const { section, severity, worst, refs, title, explanation, ...entry } = entryOf(id)
  const given = about.severity ?? severity
  const subject = about.subject === undefined ? null : shown(about.subject, MOST_OF_SUBJECT)
  const words = { domain: about.domain, subject: subject ?? about.domain, value: shown(about.value ?? '') }
  const { publish = [], when } = about
  const fix = when === undefined ? entry.fix : (entry.otherwise?.[when] ?? entry.fix)
  return {
    id,
    section,
    severity: isWorse(given, worst) ? worst : given,
    subject,
    title,
    explanation: filled(explanation, words),
    fix: [filled(fix, words), ...publish.map(lineOf)].join('\n'),
    publish,
    refs,
    evidence: about.evidence ?? {},
    confidence: about.confidence ?? 'measured',
  }
}

function entryOf(id: FindingId): Entry {
  const entry = ENTRIES.get(id)
  if (entry === undefined) throw new Error(`there is no finding ${id}`)
  return entry
}

export function isWorse(one: Severity, other: Severity): boolean {
  return SEVERITIES.indexOf(one) > SEVERITIES.indexOf(other)
}

type Words = Readonly<Record<'domain' | 'subject' | 'value', string>>

/** Something to be pasted into a terminal begins with the name of a program. */
const COMMAND_OR_WORD = /`(?:curl|delv|dig|openssl|swaks) [^`]*`|\{(?:domain|subject|value)\}/g

/**
 * Names in braces stand for what this case is about. What they stand for was chosen by whoever publishes the records: in a
 * command HOST stands for what a shell would read otherwise.
 */
function filled(text: string, { domain, subject, value }: Words): string {
  const words = new Map([
    ['{domain}', domain],
    ['{subject}', subject],
    ['{value}', value],
  ])
  const toPaste = (word: string): string => (isPastable(words.get(word) ?? '') ? (words.get(word) ?? '') : 'HOST')
  return text.replace(COMMAND_OR_WORD, (found) => words.get(found) ?? found.replace(/\{\w+\}/g, toPaste))
}

/** The record that findings are about is shown by the first of them alone, as far as anybody reads it. */
export function withRecord(findings: readonly Finding[], text: string | null): Finding[] {
  const record = text === null ? null : shown(text)
  return findings.map((one, n) => (n === 0 ? { ...one, evidence: { record, ...one.evidence } } : one))
}

/**
 * How somebody weighs findings otherwise than the catalogue; `null` leaves one out. The catalogue's worst binds what a case
 * makes of a finding, and nobody who knows what it means to them.
 */
export type Profile = Readonly<
  Partial<Record<FindingId, { readonly severity: Severity | null; readonly fix?: string }>>
>

type Weighed = Pick<Finding, 'severity' | 'fix' | 'publish'> & { readonly id: string }

export function underProfile<F extends Weighed>(findings: readonly F[], profile: Profile): F[] {
  return findings.flatMap((one) => {
    const weight = profile[one.id as FindingId]
    if (weight === undefined) return [one]
    const { severity, fix } = weight
    if (severity === null) return []
    return [{ ...one, severity, ...(fix === undefined ? {} : { fix, publish: [] }) }]
  })
}

/** The worst first; equals as they came. */
export function inOrder<F extends Pick<Finding, 'severity'>>(findings: readonly F[]): F[] {
  return findings.toSorted((one, other) => SEVERITIES.indexOf(other.severity) - SEVERITIES.indexOf(one.severity))
}
