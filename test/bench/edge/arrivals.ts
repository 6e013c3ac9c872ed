// Addresses in the mix in which people type them: 70 of 100 at known providers, 25 at companies, 5 with a slip; the same in every run.
const GIVEN = ['jane', 'nina', 'tomas', 'aisha', 'wei', 'lars', 'maria', 'kofi', 'priya', 'diego', 'hana', 'piotr']
const FAMILY = ['roe', 'falk', 'meier', 'okafor', 'lindgren', 'sato', 'moreau', 'silva', 'novak', 'haddad', 'brandt']
const DUTIES = ['info', 'sales', 'support', 'billing', 'careers', 'no-reply']
const PROVIDERS = [
  'gmail.com',
  'gmail.com',
  'gmail.com',
  'outlook.com',
  'hotmail.com',
  'yahoo.com',
  'icloud.com',
  'gmx.de',
  'web.de',
  'proton.me',
  'orange.fr',
  'yahoo.co.uk',
  'qq.com',
]
const SLIPS = [
  'gmial.com',
  'gmail.con',
  'gamil.com',
  'hotmial.com',
  'outlok.com',
  'yaho.com',
  'yahoo.cmo',
  'iclod.com',
  'gmail,com',
  'gnail.com',
]
const WORDS = ['harbor', 'kettle', 'north', 'bright', 'lumen', 'fern', 'copper', 'atlas', 'willow', 'granite', 'delta']
const TRADES = ['works', 'logistics', 'labs', 'tools', 'foods', 'studio', 'legal', 'energy', 'clinic', 'partners']
const ENDINGS = ['com', 'com', 'com', 'de', 'io', 'co.uk', 'net', 'fr', 'org', 'com.br']

/** Different addresses; `count` of them. */
export function arrivals(count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const share = (at * 37) % 100
    if (share < 70) return `${person(at)}@${pick(PROVIDERS, at)}`
    if (share < 95) return `${at % 4 === 0 ? pick(DUTIES, at) : person(at)}@${company(at)}`
    return `${person(at)}@${pick(SLIPS, at)}`
  })
}

/** A domain of which nobody has heard; another one for each number. */
export function company(at: number): string {
  const words = `${pick(WORDS, at)}${at % 3 === 0 ? '-' : ''}${pick(TRADES, at >> 2)}`
  return `${words}${(at * 7_919) % 100_003}.${pick(ENDINGS, at >> 1)}`
}

export function person(at: number): string {
  const given = pick(GIVEN, at)
  const family = pick(FAMILY, at >> 3)
  const forms = [
    `${given}.${family}${at}`,
    `${given}${at}`,
    `${given.charAt(0)}${family}${at}`,
    `${given}_${family}+${at}`,
  ]
  return pick(forms, at)
}

function pick<T>(list: readonly T[], at: number): T {
  const found = list[(at * 2_654_435_761) % list.length]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}
