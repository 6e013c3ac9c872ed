// Which mail servers this machine has, and what to say of tests that need one it has not.
import { execFileSync } from 'node:child_process'
import { accessSync, constants, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const EXIM_ROOT = fileURLToPath(new URL('../../.cache/exim4', import.meta.url))
const HOW = 'as root, .ci/mail-servers installs it'

export const POSTFIX = '/usr/sbin/postfix'
export const POSTGREY = '/usr/sbin/postgrey'
export const EXIM = join(EXIM_ROOT, 'usr/sbin/exim4')
/** Debian's Exim becomes this user, and does not start where there is none. */
export const EXIM_USER = 'Debian-exim'
/** The libraries that were unpacked with it stand in before the machine's. */
export const EXIM_ENVIRONMENT = { LD_LIBRARY_PATH: librariesIn(join(EXIM_ROOT, 'usr/lib')).join(':') }

/** Why the tests of a server are skipped, or null where it can be started: they change users, so only root can. */
export const LACKING = {
  postfix: executable(POSTFIX) ? needsRoot() : `no postfix: ${HOW}`,
  postgrey: executable(POSTGREY) ? null : `no postgrey: ${HOW}`,
  exim: runs(EXIM) ? needsRoot() : `no exim that runs: ${HOW}`,
} as const

/** The suffix of a title that says why its tests are skipped. */
export function because(...reasons: readonly (string | null)[]): string {
  const lacking = reasons.filter((reason) => reason !== null)
  return lacking.length === 0 ? '' : ` (skipped: ${lacking.join('; ')})`
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** It may be there and lack a library, or the user that it becomes. */
function runs(path: string): boolean {
  if (!executable(path)) return false
  try {
    execFileSync(path, ['-C', '/dev/null', '-bV'], { env: { ...process.env, ...EXIM_ENVIRONMENT }, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function needsRoot(): string | null {
  return process.getuid?.() === 0 ? null : 'only root can start it'
}

function librariesIn(folder: string): string[] {
  return executable(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(folder, entry.name))
    : []
}
