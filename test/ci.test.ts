// What CI says of tests that it leaves out for want of a program.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../.ci/skipped', import.meta.url))

it.each([
  ['/bin/sh', false],
  ['/nowhere/chromium', true],
])('with %s for a browser, CI says that tests are left out: %s', async (browser, isSaid) => {
  const { stdout } = await promisify(execFile)(SCRIPT, [browser])
  expect(stdout.includes('skipped: tests of pages in a browser')).toBe(isSaid)
})
