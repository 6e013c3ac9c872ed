// The artefact: the same bytes from the same sources, and nothing beside them.
import { buildArtefact } from '@postern/infra/artefact.ts'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildFixture } from './lane-under-test.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'artefact-'))
})

afterAll(() => rm(dir, { recursive: true }))

it('two builds in different places give the same bytes, and say which', async () => {
  const [one, two] = await Promise.all([buildFixture(join(dir, 'one')), buildFixture(join(dir, 'two'))])
  expect(two.sha256).toBe(one.sha256)
  expect(
    createHash('sha256')
      .update(await readFile(one.file))
      .digest('hex'),
  ).toBe(one.sha256)
})

it('a second build in the same place leaves one file there', async () => {
  const { dir: place } = await buildFixture(join(dir, 'same'))
  await buildFixture(place)
  expect(await readdir(place)).toEqual(['index.mjs'])
})

it('the bytes name no place on the machine that built them', async () => {
  const { file } = await buildFixture(join(dir, 'quiet'))
  const text = await readFile(file, 'utf8')
  expect(text).not.toContain(process.cwd())
  expect(text).not.toContain(dir)
})

it('is a module with a handler, able to load CommonJS', async () => {
  const { file } = await buildFixture(join(dir, 'loads'))
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  expect(module['handler']).toBeTypeOf('function')
})

it('sources that do not compile are named', async () => {
  const entry = join(dir, 'missing.ts')
  await expect(buildArtefact({ entry, dir: join(dir, 'none') })).rejects.toThrow(/missing\.ts/)
})
