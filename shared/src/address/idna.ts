// Which characters a name may hold, as IDNA2008 derives it (RFC 5892); UTS 46 alone lets emoji and symbols through.

/** RFC 5892 §2.6, exceptions that are valid although the derivation would not say so. */
const exceptionallyValid = /[\u00df\u03c2\u06fd\u06fe\u0f0b\u3007]/u
/** RFC 5892 §2.6 exceptions, §2.8 blocks and §2.9 old Hangul jamo: letters and marks that are nevertheless disallowed. */
const disallowed =
  /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\u{1d100}-\u{1d24f}]|[\u20d0-\u20ff]/u
/** RFC 5892 §2.1 and §2.5: letters, digits, marks, and the hyphen. */
const letterDigit = /[\p{Ll}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}-]/u
const ignorable = /[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Noncharacter_Code_Point}]/u
/** Joiners (RFC 5892 A.1 and A.2) are judged in their context by UTS 46 processing. */
const joiner = /[\u200c\u200d]/u

type Context = (label: readonly string[], at: number) => boolean

const arabicDigits = /[\u0660-\u0669]/u
const extendedArabicDigits = /[\u06f0-\u06f9]/u
const afterHebrew: Context = (label, at) => /\p{Script=Hebrew}/u.test(label[at - 1] ?? '')

/** RFC 5892 A.3 to A.9: characters that are valid among the right neighbours only. */
const contextRules: readonly (readonly [RegExp, Context])[] = [
  [/\u00b7/u, (label, at) => label[at - 1] === 'l' && label[at + 1] === 'l'],
  [/\u0375/u, (label, at) => /\p{Script=Greek}/u.test(label[at + 1] ?? '')],
  [/[\u05f3\u05f4]/u, afterHebrew],
  [/\u30fb/u, (label) => /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(label.join(''))],
  [arabicDigits, (label) => !extendedArabicDigits.test(label.join(''))],
  [extendedArabicDigits, (label) => !arabicDigits.test(label.join(''))],
]

/** Whether every character of a U-label (NFC, mapped) may stand where it stands: PVALID, or CONTEXTO in its context. */
export function isIdna2008(uLabel: string): boolean {
  const characters = Array.from(uLabel)
  return characters.every((character, at) => {
    const rule = contextRules.find(([pattern]) => pattern.test(character))
    return rule === undefined ? isValid(character) : rule[1](characters, at)
  })
}

function isValid(character: string): boolean {
  if (exceptionallyValid.test(character) || joiner.test(character)) return true
  if (disallowed.test(character) || ignorable.test(character)) return false
  return letterDigit.test(character) && isStable(character)
}

/** RFC 5892 §2.2: what normalization and case folding would change has no place in a name. */
const isStable = (character: string): boolean =>
  character.normalize('NFKC').toLowerCase().normalize('NFKC') === character
