// `npm run lists`: makes the long lists of names from the packages that are installed, as fingerprints.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Fingerprints, fingerprint } from '../src/signals/fingerprints.ts'
import type { LongListFile } from '../src/signals/long-list.ts'

const require = createRequire(import.meta.url)
const OUT = fileURLToPath(new URL('../src/signals/', import.meta.url))
/** Four bits hold a bucket's size. */
const MOST_IN_BUCKET = 15

const WELL_KEPT = 'disposable-email-domains-js'
const LONGEST = 'mailchecker'
const FREE = 'email-providers'
const ROLES = 'role-based-email-addresses'

/** Every name as the checks look it up: in lower case, sorted, once. */
export interface Names {
  readonly listed: readonly string[]
  /** What only the longest list of disposable domains adds. */
  readonly further: readonly string[]
  /** Providers that no list calls disposable. */
  readonly free: readonly string[]
  readonly roles: readonly string[]
}

/** Employers' own domains that the list of providers holds: their staff is not anybody. */
const NOT_FREE = [
  'unican.es',
  'telstra.com',
  'alibaba.com',
  'facebook.com',
  'bellsouth.com',
  'nus.edu.sg',
  'discovery.com',
]

/** Given and family names, and initials, are people before they are duties; numbers and keyboard runs are nobody's duty. */
const PEOPLE = [
  'alexa',
  'alla',
  'alle',
  'denver',
  'france',
  'gardner',
  'india',
  'master',
  'paris',
  'sydney',
  'friends',
  'women',
  'talent',
  'china',
  'mayor',
  'sale',
  'bills',
  'pastor',
  'house',
]
const NO_DUTY = /^(?:\d+|.{1,2}|(.)\1+|asd.*|test.*|null|none|hi|com|time|smile|love)$/

export function namesOf(): Names {
  const listed = tidy((require(WELL_KEPT) as { disposableEmailBlocklist(): string[] }).disposableEmailBlocklist())
  const longest = tidy((require(LONGEST) as { blacklist(): Set<string> }).blacklist())
  const providers = tidy(JSON.parse(readFileSync(require.resolve(`${FREE}/all.json`), 'utf8')) as string[])
  const isListed = new Set(listed)
  const isDisposable = new Set([...listed, ...longest])
  const roles = tidy((require(ROLES) as string[]).map((name) => name.replace(/[._]/g, '-')))
  return {
    listed,
    further: longest.filter((name) => !isListed.has(name)),
    free: providers.filter((name) => !isDisposable.has(name) && !NOT_FREE.includes(name)),
    roles: roles.filter((name) => !PEOPLE.includes(name) && !NO_DUTY.test(name)),
  }
}

function tidy(names: Iterable<string>): string[] {
  return [...new Set(Array.from(names, (name) => name.trim().toLowerCase()))].filter((name) => name !== '').toSorted()
}

export function fingerprintsOf(names: readonly string[]): Fingerprints {
  const bits = Math.max(1, Math.ceil(Math.log2(names.length)))
  const buckets: number[][] = Array.from({ length: 1 << bits }, () => [])
  for (const name of names) {
    const { bucket, rest } = fingerprint(name, bits)
    buckets[bucket]?.push(rest)
  }
  if (buckets.some(({ length }) => length > MOST_IN_BUCKET)) throw new Error('a bucket is too full for its four bits')
  const sizes = Buffer.alloc(buckets.length / 2)
  for (const [at, { length }] of buckets.entries())
    sizes[at >> 1] = (sizes[at >> 1] ?? 0) | (at % 2 === 0 ? length : length << 4)
  const rests = buckets
    .flatMap((bucket) => bucket.toSorted((a, b) => a - b))
    .flatMap((rest) => [rest >> 16, (rest >> 8) & 255, rest & 255])
  const data = Buffer.concat([sizes, Buffer.from(rests)])
    .toString('base64')
    .replaceAll('=', '')
  return { bits, count: names.length, data }
}

/** File names below `src/signals` and what belongs into them; `date` is the month, `2026-11`. */
export function makeLists(date: string): Readonly<Record<string, LongListFile>> {
  const { listed, further, free, roles } = namesOf()
  const file = (name: string, from: string, names: readonly string[]): LongListFile => ({
    name,
    sources: [sourceOf(from)],
    date,
    ...fingerprintsOf(names),
  })
  return {
    'disposable-listed.json': file('disposable-email-domains', WELL_KEPT, listed),
    'disposable-further.json': file('mailchecker', LONGEST, further),
    'free-further.json': file('email-providers', FREE, free),
    'role-further.json': file('role-based-email-addresses', ROLES, roles),
  }
}

function sourceOf(name: string): LongListFile['sources'][number] {
  // Not every package lets its package.json be required by name.
  const manifest = require.resolve(name).replace(/(\/node_modules\/[^/]+)\/.*$/, '$1/package.json')
  const { version, license } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string; license: string }
  return { package: name, version, licence: license }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, list] of Object.entries(makeLists(new Date().toISOString().slice(0, 7)))) {
    writeFileSync(`${OUT}${name}`, `${JSON.stringify(list, null, 2)}\n`)
    process.stdout.write(`${name}: ${list.count} names, ${list.data.length} characters\n`)
  }
}
