// Which column holds the addresses: the one that is asked for, one whose name is known, or the one that is full of them.

/** As forms, mail programs, shops and newsletter services call it; whichever stands first is preferred. */
const ADDRESS_NAMES = [
  'email, email address, email addresses, emails, mail, mail address, email id',
  'user email, customer email, contact email, billing email, subscriber email, recipient email',
  'primary email, work email, business email, personal email, email 1, e-mail 1 - value',
  'correo, correo electrónico, courriel, adresse e-mail, adresse mail, adresse courriel, adresse électronique',
  'e-mail-adresse, mailadresse, e-mailadres, indirizzo email, posta elettronica, endereço de email',
  'e-post, e-postadress, e-postadresse, sähköposti, sähköpostiosoite, e-posta, adres e-mail, e-mailová adresa',
  'почта, электронная почта, メールアドレス, 邮箱, 电子邮件, 電子郵件, 이메일',
].flatMap((names) => names.split(', ').map(plain))

/** Which of the names is known to be that of addresses; -1 where none is. */
export function knownColumn(names: readonly string[]): number {
  const plainNames = names.map(plain)
  const known = ADDRESS_NAMES.find((name) => plainNames.includes(name))
  return known === undefined ? -1 : plainNames.indexOf(known)
}

/** Letters and digits alone: neither case nor accents, hyphens or blanks make another name. */
function plain(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
}

/** Which of the names is meant, whatever its case; -1 where none is. */
export function columnNamed(names: readonly string[], wanted: string): number {
  const same = (one: string): string => one.trim().normalize('NFC').toLowerCase()
  const exact = names.indexOf(wanted)
  return exact === -1 ? names.map(same).indexOf(same(wanted)) : exact
}

export function looksLikeAddress(cell: unknown): boolean {
  return typeof cell === 'string' && /\S@\S/.test(cell)
}

/** The column in which more than half of the rows have an address; undefined where there is none. */
export function fullestColumn<Column>(rows: readonly Iterable<readonly [Column, unknown]>[]): Column | undefined {
  const counts = new Map<Column, number>()
  for (const row of rows) {
    for (const [column, cell] of row) if (looksLikeAddress(cell)) counts.set(column, (counts.get(column) ?? 0) + 1)
  }
  const [fullest] = [...counts].toSorted(([, one], [, other]) => other - one)
  return fullest !== undefined && fullest[1] * 2 > rows.length ? fullest[0] : undefined
}

/**
 * How many texts it takes to be sure that a column is not the one: a refused list is not looked at, while each row of a
 * wrong column is charged. One text may be misspelt where no other column does better, two are not in a column that
 * only ?column= speaks for; a name that columns of addresses have is believed for a few rows more. An `@` in any text
 * leaves doubt, and blanks tell nothing: they are free, and the column may be filled further down.
 */
const ENOUGH = { known: { alone: 10, besideBetter: 2 }, other: { alone: 2, besideBetter: 1 } } as const

/** `cells` of the first rows, by a column whose name is or is not known; `better`: another column is full of addresses. */
export function hasNoAddress(cells: readonly unknown[], { isKnown, better }: Standing): boolean {
  const told = cells.filter(
    (cell) => cell !== undefined && cell !== null && !(typeof cell === 'string' && cell.trim() === ''),
  )
  const enough = ENOUGH[isKnown ? 'known' : 'other'][better ? 'besideBetter' : 'alone']
  return told.length >= enough && !told.some((cell) => typeof cell === 'string' && cell.includes('@'))
}

interface Standing {
  readonly isKnown: boolean
  readonly better: boolean
}

export function noAddressIn(column: string): string {
  return `No value in column ${column} looks like an address: name the column with ?column=.`
}

/** So much is told of what columns are called. */
const TOLD = { names: 20, characters: 40 } as const

/** Names as a refusal quotes them. */
export function quoted(...names: readonly string[]): string {
  const told = names.slice(0, TOLD.names).map((name) => `"${short(name)}"`)
  return names.length > TOLD.names ? `${told.join(', ')} and ${names.length - TOLD.names} more` : told.join(', ')
}

function short(name: string): string {
  return name.length > TOLD.characters ? `${name.slice(0, TOLD.characters)}…` : name
}
