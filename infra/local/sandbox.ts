// One sandbox of a lane: a process that runs one event at a time and is frozen in between, for the lane's concurrency.
import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { FunctionUrlEvent } from './function-url-event.ts'

export type Outcome = { kind: 'result'; result: unknown } | { kind: 'failed'; reason: string } | { kind: 'throttled' }

export interface SandboxOptions {
  readonly laneId: string
  /** The artefact's file. */
  readonly artefact: string
  /** All that the handler sees of an environment, but for PATH and what the Lambda runtime itself sets. */
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly onLine: (line: string) => void
  readonly onProcess: (pid: number, alive: boolean) => void
}

/** What the lane says to a sandbox. `deadlineAt` in Unix milliseconds. */
export interface SandboxCall {
  readonly event: FunctionUrlEvent
  readonly requestId: string
  readonly deadlineAt: number
}

/** What a sandbox says to its lane. */
export type SandboxMessage =
  | { kind: 'ready' }
  | { kind: 'result'; result: unknown }
  | { kind: 'failed'; reason: string }

interface Pending {
  readonly event: FunctionUrlEvent
  readonly requestId: string
  readonly settle: (outcome: Outcome) => void
}

const runtime = fileURLToPath(new URL('lane-sandbox.ts', import.meta.url))
// Beside the artefact, which a fresh clone builds anyway; a sandbox starts in 78 instead of 131 ms.
const compileCache = fileURLToPath(new URL('../artefact/compile-cache', import.meta.url))
// Lambda's own limit for loading the function.
const initMs = 10_000

function environmentOf({ environment }: SandboxOptions): Record<string, string> {
  return {
    AWS_REGION: environment['REGION'] ?? '',
    // The role's credentials: the table engine checks none, the SDK will not speak without.
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    NODE_COMPILE_CACHE: compileCache,
    TZ: 'UTC',
    ...environment,
    PATH: process.env['PATH'] ?? '',
  }
}

function startProcess(options: SandboxOptions): ChildProcess {
  return fork(runtime, [options.artefact, `--lane=${options.laneId}`], {
    env: environmentOf(options),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

export class Sandbox {
  /** Events that it was given so far. */
  events = 0
  /** False once its process has ended or is about to. */
  usable = true
  readonly exited: Promise<void>
  /** Resolves when the function is loaded, or its process has ended before. */
  readonly warmed: Promise<void>
  readonly #process: ChildProcess
  readonly #timeoutMs: number
  #ready = false
  #pending: Pending | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(options: SandboxOptions) {
    this.#timeoutMs = options.timeoutMs
    this.#process = startProcess(options)
    this.#process.on('message', (message) => this.#hear(message as SandboxMessage))
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream) createInterface(stream).on('line', options.onLine)
    }
    const { pid } = this.#process
    if (pid !== undefined) options.onProcess(pid, true)
    this.warmed = new Promise((resolve) => {
      this.#process.once('message', () => resolve())
      this.#process.once('exit', () => resolve())
    })
    this.exited = new Promise((resolve) => {
      const end = (cause: string) => {
        if (pid !== undefined) options.onProcess(pid, false)
        this.usable = false
        this.#settle({ kind: 'failed', reason: `Runtime exited: ${cause}` })
        resolve()
      }
      this.#process.once('exit', (code, signal) => end(signal ?? `status ${code}`))
      this.#process.on('error', (error) => end(error.message))
    })
  }

  /** Runs one event, thawed for as long as that takes; the caller sees to it that there is one at a time. */
  run(event: FunctionUrlEvent, requestId: string): Promise<Outcome> {
    this.events += 1
    return new Promise((settle) => {
      this.#pending = { event, requestId, settle }
      if (!this.usable) return this.#settle({ kind: 'failed', reason: 'Runtime exited' })
      this.#process.kill('SIGCONT')
      if (this.#ready) return this.#deliver()
      this.#killAfter(initMs, 'Init timed out')
    })
  }

  /** Works on a frozen process too. */
  kill(): void {
    this.usable = false
    this.#process.kill('SIGKILL')
  }

  #hear(message: SandboxMessage): void {
    if (message.kind === 'ready') {
      this.#ready = true
      if (this.#pending) this.#deliver()
      else this.#process.kill('SIGSTOP')
      return
    }
    this.#process.kill('SIGSTOP')
    this.#settle(message)
  }

  #deliver(): void {
    if (!this.#pending) return
    const { event, requestId } = this.#pending
    const deadlineAt = Date.now() + this.#timeoutMs
    this.#killAfter(this.#timeoutMs, `Task timed out after ${(this.#timeoutMs / 1000).toFixed(2)} seconds`)
    const call: SandboxCall = { event, requestId, deadlineAt }
    // A send that fails means that the process ended, and its end is heard of in any case.
    this.#process.send(call, () => undefined)
  }

  #killAfter(delayMs: number, reason: string): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.kill()
      this.#settle({ kind: 'failed', reason })
    }, delayMs)
  }

  #settle(outcome: Outcome): void {
    clearTimeout(this.#timer)
    this.#pending?.settle(outcome)
    this.#pending = null
  }
}
