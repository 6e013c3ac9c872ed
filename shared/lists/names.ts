// Names and words of many languages in the letters of a local part, for the making of the gibberish table and its test.
import { allLocales } from '@faker-js/faker'
import roles from '../src/signals/role.json' with { type: 'json' }

export interface Names {
  readonly first: readonly string[]
  readonly last: readonly string[]
  readonly words: readonly string[]
}

/** Every name and word once, `a` to `z` only, in the order of the locales. */
export function names(): Names {
  const people = Object.values(allLocales).map(({ person }) => person)
  const syllables = [...pinyin(), ...romaji()]
  return {
    first: latin(people.flatMap((person) => strings(person?.first_name))),
    last: latin([...people.flatMap((person) => strings(person?.last_name)), ...OTHER_SPELLINGS]),
    words: latin([
      ...Object.values(allLocales).flatMap(({ word }) => strings(word)),
      ...strings(allLocales.en.animal),
      ...strings(allLocales.en.color),
      ...strings(allLocales.en.music),
      ...strings(allLocales.en.location),
      ...roles.core,
      ...roles.common,
      ...paired(syllables),
    ]),
  }
}

/**
 * Spellings that no locale of the package has: Welsh names, Greek and Arabic names as their bearers type them, and Dutch and
 * Vietnamese initials grown into a name. Our own.
 */
const OTHER_SPELLINGS = [
  'rhys llwyd llyr llywelyn gwyn gwynfor gwyneth hywel dylan rhydderch rhodri ynyr myfyr llinos bryn glyndwr cynwrig pryddr',
  'dhmhtrhs giwrgos giwrghs swthrhs eythymhs xrhstos xristos nikolaos thanashs basilhs spyros ghrhgorhs panagiwths',
  'tlqhtani alqhtani qahtani alghtani fhdalqhtani alshmri alshhri almtairi alhrbi aldosri alzhrani mhmd ahmd fhd bdr tlal',
  'vdberg vdmeer vdveen vdwal vdpol vdhoek vdbroek vdheuvel vdlinden vdmeulen vdvlugt rvdwal kvdpol hvdmeer mvdberg jpvdberg',
  'nthphuc nthhuong ntkoanh vuquynhnhu ngthanh phthanh ltthuy nvthanh tthhanh dthmai xyzhou lxzhou zyxu yhzhang xjzhao',
].flatMap((line) => line.split(' '))

/** A fifth of all names, by their letters: they are never learned from, so that the test may ask about them. */
export function isHeldOut(name: string): boolean {
  let hash = 7
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) % 1_000_003
  return hash % 5 === 0
}

/** All strings within a definition, however deep; patterns with placeholders are no names. */
function strings(within: unknown): string[] {
  if (typeof within === 'string') return within.includes('{{') ? [] : [within]
  if (typeof within !== 'object' || within === null) return []
  return Object.values(within).flatMap(strings)
}

function latin(texts: readonly string[]): string[] {
  const parts = texts.flatMap((text) => transliterated(text).split(/[\s'’.-]+/))
  return [...new Set(parts.filter((part) => /^[a-z]{2,20}$/.test(part)))]
}

/** Each letter with what stands for it in passports and local parts. */
const letters = new Map(
  [
    'ł:l ø:o đ:d ð:d þ:th ß:ss æ:ae œ:oe ı:i ə:e',
    'а:a б:b в:v г:g д:d е:e ж:zh з:z и:i к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch',
    'ы:y э:e ю:yu я:ya ь: ъ: і:i є:ye ґ:g ј:j љ:lj њ:nj џ:dzh ѓ:gj ќ:kj ѕ:dz',
    'α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch ψ:ps ω:o',
  ]
    .join(' ')
    .split(' ')
    .map((pair): [string, string] => [pair.slice(0, 1), pair.slice(2)]),
)

function transliterated(text: string): string {
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return Array.from(plain.normalize('NFC'), (letter) => letters.get(letter) ?? romanized(letter)).join('')
}

const initials = 'g kk n d tt r m b pp s ss . j jj ch k t p h'.split(' ')
const medials = 'a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i'.split(' ')
const finals = '. k k k n n n t l k m l l l p l m p p t t ng t t k t p t'.split(' ')
const HANGUL = 0xac00
const HANGUL_SYLLABLES = 11_172

/** A Hangul syllable in the Revised Romanization; every other character as it is. */
function romanized(letter: string): string {
  const at = letter.charCodeAt(0) - HANGUL
  if (at < 0 || at >= HANGUL_SYLLABLES) return letter
  const sounds = [initials[Math.floor(at / 588)], medials[Math.floor((at % 588) / 28)], finals[at % 28]]
  return sounds.join('').replaceAll('.', '')
}

function pinyin(): string[] {
  const heads = 'b p m f d t n l g k h j q x zh ch sh r z c s y w'.split(' ')
  const tails = 'a ai an ang ao e ei en eng i ia ian iang iao ie in ing iu o ong ou u ua uan uang ui un uo'.split(' ')
  return heads.flatMap((head) => tails.map((tail) => head + tail))
}

function romaji(): string[] {
  const heads = ['', ...'k s t n h m r g z d b y ky sh ch ts j ry'.split(' ')]
  return heads.flatMap((head) => ['a', 'i', 'u', 'e', 'o', 'ou'].map((tail) => head + tail))
}

/** Every syllable before a few others: names of two or three are written without space. */
const paired = (syllables: readonly string[]): string[] =>
  syllables.flatMap((one, at) =>
    [1, 7, 29, 101].map((step) => one + (syllables[(at * 3 + step) % syllables.length] ?? '')),
  )
