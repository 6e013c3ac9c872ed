// Libraries of others that ask mail servers too, installed aside for one run: what they take and what they say.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rounded } from '../edge/report.ts'
import type { Far } from './far.ts'

/** They bring some 360 packages along, which is more than all of ours: hence not in the lock. */
const VERSIONS: Readonly<Record<string, string>> = {
  'deep-email-validator': '0.1.27',
  'email-verify': '0.2.1',
  '@devmehq/email-validator-js': '2.10.2',
}
const INSTALL_MS = 60_000
const ASK_MS = 60_000

export interface PeerJob {
  readonly name: string
  /** Where it is installed. */
  readonly folder: string
  readonly address: string
  readonly ports: readonly [number, ...number[]]
  readonly rounds: number
}

export interface PeerSaid {
  /** In the order of the ports, ms. */
  readonly p50: readonly number[]
  readonly yes: string
  readonly no: string
}

export interface PeerRow {
  readonly key: string
  readonly name: string
  readonly short: number
  readonly long: number
}

interface Setting {
  readonly far: Far
  /** One for each library. */
  readonly addresses: readonly string[]
  readonly rttsMs: readonly [short: number, long: number]
  readonly rounds: number
}

export async function peers(setting: Setting): Promise<{ rows: readonly PeerRow[]; told: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-peers-'))
  try {
    if (!(await installed(folder))) return { rows: [], told: ['  not measured: they could not be installed'] }
    const names = Object.keys(VERSIONS)
    const asked = await Promise.all(names.map((name, n) => askedOf({ name, folder, n }, setting)))
    return {
      rows: asked.flatMap(({ row }) => (row === null ? [] : [row])),
      told: asked.map(({ told }, n) => `  ${names[n]}: ${told}`),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function installed(folder: string): Promise<boolean> {
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const wanted = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`)
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries', '0']
  const npm = spawn('npm', ['install', ...flags, ...wanted], { cwd: folder, stdio: 'ignore', timeout: INSTALL_MS })
  const [code] = (await once(npm, 'exit').catch(() => [1])) as [number | null]
  return code === 0
}

interface Peer {
  readonly name: string
  readonly folder: string
  readonly n: number
}

async function askedOf({ name, folder, n }: Peer, { far, addresses, rttsMs: [short, long], rounds }: Setting) {
  const address = addresses[n] ?? ''
  const said = await child({ name, folder, address, ports: [far.port(short), far.port(long)], rounds })
  if (said === null) return { row: null, told: 'not measured: it gave no answer' }
  const counts = await far.counts([address])
  const verdicts = 2 * (rounds + 1) + 2
  const each = (key: 'connections' | 'recipients') => rounded(counts[key] / verdicts, 1)
  const asked = `${each('connections')} connections and ${each('recipients')} recipients a verdict`
  const told = `${asked}; there: ${said.yes}; not there: ${said.no}`
  if (counts.recipients === 0) return { row: null, told: `not applicable, answers without asking the mailbox; ${told}` }
  const [nearby = 0, away = 0] = said.p50
  const key = name.replaceAll(/[^a-z]+/g, '_').replace(/^_/, '')
  return { row: { key, name, short: nearby, long: away }, told }
}

async function child(job: PeerJob): Promise<PeerSaid | null> {
  const running = fork(fileURLToPath(new URL('./peer-child.ts', import.meta.url)), [JSON.stringify(job)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    timeout: ASK_MS,
  })
  let said: PeerSaid | null = null
  running.once('message', (message) => (said = message as PeerSaid))
  await once(running, 'exit')
  return said
}
