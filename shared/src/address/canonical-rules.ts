// What each large provider overlooks in an address, from its own help pages; every row also overlooks case and a `+tag`.

/** What a provider overlooks in a local part. */
export interface CanonicalRule {
  /** Recipient domains in A-form. Domains hosted by the same provider under other names follow their own rules. */
  readonly domains: readonly string[]
  /** The one of several names of the same service that stands for all; absent where each is a service of its own. */
  readonly domain?: string
  /** Characters that stand for one another besides the case of letters; all are written as `written`, '' removes them. */
  readonly sameAs?: { readonly characters: string; readonly written: string }
  readonly source: string
}

const microsoft = ['outlook', 'hotmail', 'live'].flatMap((name) =>
  [
    'com',
    'co.uk',
    'de',
    'fr',
    'it',
    'es',
    'be',
    'nl',
    'at',
    'dk',
    'se',
    'ie',
    'com.au',
    'com.br',
    'com.ar',
    'ca',
    'jp',
    'co.jp',
    'in',
    'cl',
    'pt',
    'no',
    'gr',
    'sg',
    'my',
    'ph',
    'sa',
    'com.tr',
    'cz',
    'hu',
    'sk',
    'lv',
    'co.id',
    'co.th',
    'com.vn',
    'co.il',
    'kr',
    'co.kr',
    'com.mx',
    'cn',
    'ru',
    'fi',
    'hk',
    'co.nz',
    'co.za',
    'ro',
    'pl',
  ].map((tld) => `${name}.${tld}`),
)

export const canonicalRules: readonly CanonicalRule[] = [
  {
    domains: ['gmail.com', 'googlemail.com'],
    domain: 'gmail.com',
    sameAs: { characters: '.', written: '' },
    source: 'Gmail help: dots do not matter in Gmail addresses. They do at Workspace domains, which have no row',
  },
  {
    domains: [...microsoft, 'msn.com', 'passport.com', 'windowslive.com'],
    source: 'Microsoft 365 admin help: plus addressing',
  },
  {
    domains: ['icloud.com', 'me.com', 'mac.com'],
    domain: 'icloud.com',
    source: 'Apple support: an iCloud, me.com and mac.com address of one name are one mailbox',
  },
  {
    domains: ['proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me'],
    domain: 'proton.me',
    sameAs: { characters: '.-_', written: '' },
    source: 'Proton support: +aliases, and dots, hyphens and underscores are ignored in user names',
  },
  {
    domains: ['yandex.ru', 'yandex.com', 'yandex.by', 'yandex.kz', 'yandex.ua', 'yandex.com.tr', 'ya.ru'],
    domain: 'yandex.ru',
    sameAs: { characters: '.', written: '-' },
    source: 'Yandex Mail help: dot and hyphen are the same, all Yandex domains lead to one mailbox',
  },
  {
    domains: ['fastmail.com', 'fastmail.fm', 'messagingengine.com', 'sent.com'],
    source: 'Fastmail help: plus addressing',
  },
  {
    domains: [
      'mailbox.org',
      'posteo.de',
      'posteo.net',
      'runbox.com',
      'startmail.com',
      'zoho.com',
      'zohomail.com',
      'zoho.eu',
      'mail.ru',
      'bk.ru',
      'list.ru',
      'inbox.ru',
      'hey.com',
      'pobox.com',
    ],
    source: 'help page of each: plus addressing',
  },
]
