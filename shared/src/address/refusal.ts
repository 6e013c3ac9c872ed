// Why a text is no address that can be signed up with: one rule, one place, one sentence that a person can act on.

export interface Refusal {
  /** Stable id, `syntax.…`. */
  readonly rule: RefusalRule
  /** 0-based UTF-16 offset in the text as typed. */
  readonly offset: number
  readonly message: string
  /** The standard that the rule comes from, such as `RFC 5321 §4.1.2`. */
  readonly cites: string
}

export interface Refused {
  readonly ok: false
  readonly refusal: Refusal
}

const sentences = {
  'syntax.empty': ['Please enter an address.', 'RFC 5321 §4.1.2'],
  'syntax.too_long': ['The address is longer than the 254 octets that mail can carry.', 'RFC 5321 §4.5.3.1.3'],
  'syntax.not_unicode': ['The text is damaged at this place: half a character is missing.', 'RFC 3629 §3'],
  'syntax.surrounding_space': ['Remove the space before or after the address.', 'RFC 5321 §4.1.2'],
  'syntax.display_name': ['Enter the address alone, without a name and without < and >.', 'RFC 5321 §4.1.2'],
  'syntax.comment': ['Comments in parentheses are not part of an address.', 'RFC 5321 §4.1.2'],
  'syntax.at_missing': ['The @ between name and domain is missing.', 'RFC 5321 §4.1.2'],
  'syntax.at_twice': ['There is more than one @.', 'RFC 5321 §4.1.2'],
  'syntax.local.empty': ['The name before the @ is missing.', 'RFC 5321 §4.1.2'],
  'syntax.local.dot': ['The name cannot begin or end with a dot, nor have two in a row.', 'RFC 5321 §4.1.2'],
  'syntax.local.space': ['There is a space in the name before the @.', 'RFC 5321 §4.1.2'],
  'syntax.local.character': ['This character cannot stand in the name before the @.', 'RFC 5321 §4.1.2'],
  'syntax.local.unsafe_character': [
    'This invisible or deceptive character cannot stand in the name before the @.',
    'RFC 6532 §3.1',
  ],
  'syntax.local.too_long': ['The name before the @ is longer than 64 octets.', 'RFC 5321 §4.5.3.1.1'],
  'syntax.local.quotes': [
    'The quotation marks around the name do not close before the @, or hold what they cannot hold.',
    'RFC 5321 §4.1.2',
  ],
  'syntax.local.quoted': ['Names in quotation marks are not accepted here.', 'RFC 5321 §4.1.2'],
  'syntax.domain.empty': ['The domain after the @ is missing.', 'RFC 5321 §4.1.2'],
  'syntax.domain.dot': ['The domain cannot begin or end with a dot, nor have two in a row.', 'RFC 5321 §4.1.2'],
  'syntax.domain.space': ['There is a space in the domain.', 'RFC 5321 §4.1.2'],
  'syntax.domain.character': ['This character cannot stand in a domain.', 'RFC 5321 §4.1.2'],
  'syntax.domain.hyphen': ['No part of a domain can begin or end with a hyphen.', 'RFC 5321 §4.1.2'],
  'syntax.domain.label_too_long': ['No part of a domain can be longer than 63 octets.', 'RFC 1035 §2.3.4'],
  'syntax.domain.too_long': ['The domain is longer than the 253 octets that the DNS can hold.', 'RFC 5321 §4.5.3.1.2'],
  'syntax.domain.idna': ['This part of the domain is not a valid internationalized name.', 'RFC 5891 §5.4'],
  'syntax.domain.dotless': ['The domain has no dot: the ending, such as .com, is missing.', 'RFC 7085 §2'],
  'syntax.domain.tld_numeric': [
    'A domain cannot end in a number; addresses of machines are not accepted here.',
    'RFC 3696 §2',
  ],
  'syntax.domain.tld_short': ['No domain ends in a single letter.', 'RFC 3696 §2'],
  'syntax.domain.tld_letters': ['The ending of a domain is letters only.', 'RFC 3696 §2'],
  'syntax.domain.literal': ['This is no address of a machine in brackets.', 'RFC 5321 §4.1.3'],
  'syntax.domain.ip_literal': [
    'Addresses of machines in brackets are not accepted here; enter a domain.',
    'RFC 5321 §4.1.3',
  ],
} as const satisfies Record<string, readonly [message: string, cites: string]>

export type RefusalRule = keyof typeof sentences

/** Every rule with its sentence and its source. */
export const refusalRules = Object.entries(sentences).map(([rule, [message, cites]]) => ({ rule, message, cites }))

export function refuse(rule: RefusalRule, offset: number): Refused {
  const [message, cites] = sentences[rule]
  return { ok: false, refusal: { rule, offset, message, cites } }
}
