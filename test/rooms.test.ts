// The plan of the house as a test: who may import whom, where a catch may stand, who may know time, chance and the world.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { MAY_CATCH, MAY_IMPORT, MAY_KNOW_THE_TIME, MAY_ROLL_DICE, OBSOLETE } from './rooms-rules.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const MAX_LINES = 300
const TOP_LEVEL =
  /^(edge|prober|infra|shared|test|package\.json|package-lock\.json|tsconfig\.base\.json|README\.md|LICENSE|SECURITY\.md|vitest\.config\.ts|biome\.json|node_modules|\..+)$/

interface Source {
  readonly file: string
  readonly text: string
  readonly imports: readonly string[]
}

function walk(dir: string): string[] {
  return readdirSync(join(ROOT, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return /^\.|node_modules|cdk\.out|artefact$/.test(entry.name) ? [] : walk(path)
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : []
  })
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)|(?:^|\n)import\s+'([^']+)'/g
const WORKSPACE: Readonly<Record<string, string>> = {
  edge: 'edge/src/',
  shared: 'shared/src/',
  prober: 'prober/src/',
  test: 'test/',
  infra: 'infra/',
}

/** What an import names, as a path from the root; packages stay as they are. */
function target(file: string, name: string): string {
  if (name.startsWith('.')) return relative(ROOT, join(ROOT, dirname(file), name))
  const [, workspace = '', path = ''] = /^@postern\/(\w+)\/(.+)$/.exec(name) ?? []
  return workspace === '' ? name : `${WORKSPACE[workspace]}${path}`
}

function read(file: string): Source {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const imports = [...text.matchAll(IMPORT)].map((match) => target(file, match[1] ?? match[2] ?? match[3] ?? ''))
  return { file, text, imports }
}

const code = ['shared/src', 'shared/lists', 'edge/src', 'edge/client/src', 'prober/src', 'infra', 'test/world']
  .flatMap(walk)
  .map(read)
const sources = code.filter(({ file }) => !file.endsWith('.test.ts'))

function roomOf(file: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((room) => file.startsWith(`${room}/`))
    .sort((one, other) => other.length - one.length)[0]
}

function within(file: string, places: readonly string[]): boolean {
  return places.some((place) => file === place || file.startsWith(place.endsWith('/') ? place : `${place}/`))
}

const INSIDE = /^(shared|edge|prober|infra|test)\//

describe('rooms', () => {
  it('every file stands in a room of the plan', () => {
    expect(sources.filter(({ file }) => roomOf(file) === undefined).map(({ file }) => file)).toEqual([])
  })

  it('a room imports itself and what the plan allows, nothing else of the house', () => {
    const strays = sources.flatMap(({ file, imports }) => {
      const room = roomOf(file) ?? ''
      // A tier's own root files are its stories and compositions: they may use all of their tier.
      const own = dirname(file) === room && /^(edge|prober)\/src$/.test(room) ? [room] : [room]
      const inner = dirname(file) === room ? own : [room]
      return imports
        .filter((name) => INSIDE.test(name) && !within(name, [...inner, ...(MAY_IMPORT[room] ?? [])]))
        .map((name) => `${file} imports ${name}`)
    })
    expect(strays).toEqual([])
  })

  it('edge and prober never import each other', () => {
    const crossing = sources.filter(
      ({ file, imports }) =>
        (file.startsWith('edge/') && imports.some((name) => name.startsWith('prober/'))) ||
        (file.startsWith('prober/') && imports.some((name) => name.startsWith('edge/'))),
    )
    expect(crossing.map(({ file }) => file)).toEqual([])
  })

  it('shared is pure: no platform, no clock, no dice, no environment', () => {
    const impure = sources.filter(
      ({ file, text, imports }) =>
        file.startsWith('shared/src/') &&
        (imports.some((name) => name.startsWith('node:')) ||
          /\bDate\.now\(|new Date\(\)|Math\.random|\bfetch\(|process\./.test(text)),
    )
    expect(impure.map(({ file }) => file)).toEqual([])
  })

  it.each([
    ['catch', /\bcatch\b\s*[({]/, MAY_CATCH],
    ['the clock', /\bDate\.now\b|new Date\(\)|performance\.now/, MAY_KNOW_THE_TIME],
    ['dice', /Math\.random|randomUUID|randomInt|getRandomValues|randomBytes/, MAY_ROLL_DICE],
  ])('%s stands only where the outside world begins', (_what, pattern, allowed) => {
    const strays = sources.filter(
      ({ file, text }) => !file.startsWith('test/') && pattern.test(text) && !within(file, allowed),
    )
    expect(strays.map(({ file }) => file)).toEqual([])
  })

  it('only living RFCs are cited', () => {
    const cited = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/RFC (\d+)/g)]
        .filter(([, number]) => Object.hasOwn(OBSOLETE, number!))
        .map(([rfc]) => `${file}: ${rfc}`),
    )
    expect(cited).toEqual([])
  })

  it('every file says in its first line what lives there, and none is longer than a person reads', () => {
    const silent = code
      .filter(({ text }) => !/^(#![^\n]*\n|\/\/\/ <reference[^\n]*\n)?(\/\/|\/\*\*) ?\S/.test(text))
      .map(({ file }) => file)
    const long = code.filter(({ text }) => text.split('\n').length - 1 > MAX_LINES).map(({ file }) => file)
    expect({ silent, long }).toEqual({ silent: [], long: [] })
  })

  it('no drawer for odds and ends, no default export but where a platform wants one', () => {
    const drawers = code
      .filter(({ file }) => /\/(utils?|helpers?|types|common|index)\.tsx?$/.test(file))
      .map(({ file }) => file)
    const defaults = sources.filter(({ text }) => /^export default/m.test(text)).map(({ file }) => file)
    expect({ drawers, defaults }).toEqual({ drawers: [], defaults: ['edge/src/worker.ts'] })
  })

  it('the top level holds what the plan names', () => {
    expect(readdirSync(ROOT).filter((name) => !TOP_LEVEL.test(name))).toEqual([])
  })

  it('every room has a README of at most a page, with its decisions', () => {
    const rooms = ['shared', 'edge', 'prober', 'infra', 'test']
    const poor = rooms.filter((room) => {
      const text = readFileSync(join(ROOT, room, 'README.md'), 'utf8')
      return text.split('\n').length > 90 || !text.includes('## Decisions')
    })
    expect(poor).toEqual([])
  })
})
