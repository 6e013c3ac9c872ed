// The table engine's keeper: starts dynoxide, ends with it, and ends it when the launcher is gone, killed or not.
import { spawn } from 'node:child_process'

const [binary = '', ...argv] = process.argv.slice(2)
const engine = spawn(binary, argv, { stdio: ['ignore', 'ignore', 'ignore'] })

/** The launcher is told the pid, in case this keeper is killed itself. */
process.send?.({ pid: engine.pid ?? 0 })
engine.once('error', () => process.exit(1))
engine.once('exit', () => process.exit(1))
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect']) process.once(signal, () => engine.kill('SIGKILL'))
if (!process.connected) engine.kill('SIGKILL')
