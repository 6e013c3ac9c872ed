// Facts as the public evidence: which rule, by which source, about whom, what was said.
import type { EvidenceRow } from '@postern/shared/contract/verification.ts'
import type { Enhanced } from '@postern/shared/smtp/codes.ts'
import { meaning } from '@postern/shared/smtp/meaning.ts'
import type { Fact } from '@postern/shared/verdict/evidence.ts'
import { ruleSource } from '@postern/shared/verdict/rules.ts'
import type { Verified } from './verified.ts'

/** `summary`: the facts that the verdict cites; `full`: every fact, lists that did not match left out. */
export function evidenceRows({ verdict, facts }: Verified, amount: 'none' | 'summary' | 'full'): EvidenceRow[] {
  if (amount === 'none') return []
  const shown = amount === 'full' ? facts.filter((fact) => fact.kind !== 'signal' || fact.value) : verdict.cites
  const decisive = decisiveOf(verdict)
  return shown.map((fact) => rowOf(fact, decisive === fact ? verdict.rule : null))
}

/** The fact that a rule is about stands first among those cited; a signal stands behind those whose verdict it took over. */
function decisiveOf({ rule, cites }: Verified['verdict']): Fact | undefined {
  return rule.startsWith('signal.') ? cites.at(-1) : cites[0]
}

/** The deciding fact carries the verdict's own rule; any other is named by its own kind. */
function rowOf(fact: Fact, decisive: string | null): EvidenceRow {
  const rule = decisive ?? ownRule(fact)
  const row = {
    rule,
    source: ruleSource(rule, fact),
    about: aboutOf(fact),
    exchange: fact.kind === 'reply' || fact.kind === 'fault' ? fact.exchange : null,
    at: new Date(fact.observedAt).toISOString(),
  }
  if (fact.kind !== 'reply') {
    const lane = fact.kind === 'fault' || fact.kind === 'hold' ? fact.source : null
    return { ...row, phase: null, code: null, enhanced: null, text: null, lane }
  }
  const { code, enhanced, lines } = fact.reply
  const phase = fact.to === 'mailbox' || fact.to === 'nobody' ? fact.phase : `${fact.phase}:${fact.to}`
  return { ...row, phase, code, enhanced: statusOf(enhanced), text: lines.join('\n'), lane: fact.source }
}

function statusOf(enhanced: Enhanced | null): string | null {
  return enhanced === null ? null : `${enhanced.class}.${enhanced.subject}.${enhanced.detail}`
}

function ownRule(fact: Fact): string {
  return isPlain(fact) ? RULE_OF_KIND[fact.kind] : ruleWithin(fact)
}

type PlainKind = keyof typeof RULE_OF_KIND
type PlainFact = Extract<Fact, { readonly kind: PlainKind }>

const isPlain = (fact: Fact): fact is PlainFact => fact.kind in RULE_OF_KIND

function ruleWithin(fact: Exclude<Fact, PlainFact>): string {
  switch (fact.kind) {
    case 'syntax':
    case 'suggestion':
      return fact.rule
    case 'route':
      return `dns.${fact.route.kind}`
    case 'reply':
      return meaning(fact.reply, fact).rule
    case 'fault':
      return `smtp.${fact.fault}`
    case 'hold':
      return `hold.${fact.hold}`
    case 'signal':
      return `signal.${fact.signal}`
    case 'feedback':
      return `feedback.${fact.outcome}`
  }
}

/** Kinds of facts that say one thing only. */
const RULE_OF_KIND = {
  special_use: 'dns.special_use',
  opt_out: 'domain.opted_out',
  domain_age: 'domain.age',
  sender_policy: 'domain.sender_policy',
  canary: 'probe.canary',
} as const

const ABOUT: Readonly<Record<Exclude<Fact['kind'], 'reply'>, EvidenceRow['about']>> = {
  syntax: 'address',
  signal: 'address',
  suggestion: 'address',
  feedback: 'address',
  special_use: 'domain',
  route: 'domain',
  opt_out: 'domain',
  domain_age: 'domain',
  sender_policy: 'domain',
  fault: 'server',
  canary: 'server',
  hold: 'client',
}

function aboutOf(fact: Fact): EvidenceRow['about'] {
  return fact.kind === 'reply' ? meaning(fact.reply, fact).about : ABOUT[fact.kind]
}
