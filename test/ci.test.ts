// What CI says of tests that it leaves out, and where it does not go on without a browser: as root, with packages to be had.
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../.ci/skipped', import.meta.url))

/** Programs that do nothing but to be there, and one that says who we are. */
async function machine(user: 'root' | 'somebody'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-ci-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const programs = { 'apt-get': '', dpkg: '', chromium: '', id: `echo ${user === 'root' ? 0 : 1_000}` }
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${line}\n`)
    await chmod(join(folder, name), 0o755)
  }
  return folder
}

interface Run {
  readonly user: 'root' | 'somebody'
  readonly browser: boolean
  readonly goesOn: boolean
}

async function run({ user, browser, goesOn }: Run): Promise<{ code: number; said: string }> {
  const folder = await machine(user)
  const PATH = `${folder}:${process.env['PATH'] ?? ''}`
  const env = { ...process.env, PATH, POSTERN_NO_BROWSER: goesOn ? '1' : '' }
  const chromium = join(folder, browser ? 'chromium' : 'absent')
  return new Promise((resolve) => {
    const child = execFile(SCRIPT, [chromium], { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr }),
    )
  })
}

it.each([
  ['goes on with a browser', { user: 'root', browser: true, goesOn: false }, 0],
  ['fails as root without one', { user: 'root', browser: false, goesOn: false }, 1],
  ['goes on as root without one where that is wanted', { user: 'root', browser: false, goesOn: true }, 0],
  ['goes on without one where nothing can be installed', { user: 'somebody', browser: false, goesOn: false }, 0],
] as const)('CI %s, and says what it leaves out', async (_what, given, code) => {
  const { said, ...ended } = await run(given)
  expect(ended).toEqual({ code })
  expect(said.includes('skipped: tests of pages in a browser')).toBe(!given.browser)
  expect(said.includes('skipped: tests that start mail servers')).toBe(given.user !== 'root')
  expect(said.includes('POSTERN_NO_BROWSER=1')).toBe(code === 1)
})
