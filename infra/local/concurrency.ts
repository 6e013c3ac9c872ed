// Shares out a lane's events among sandboxes, one process per concurrent event and no more than reserved; for the lane.
import type { FunctionUrlEvent } from './function-url-event.ts'
import { type Outcome, Sandbox, type SandboxOptions } from './sandbox.ts'

export interface ConcurrencyOptions extends SandboxOptions {
  readonly reservedConcurrency: number
  /** Sandboxes that may be starting at a time; Lambda scales by steps too, and here the starts share a few cores. */
  readonly scalingStep: number
  /** Events after which a sandbox is replaced. */
  readonly recycleAfter: number
  /** How long a frozen sandbox is kept for the next event. */
  readonly idleMs: number
}

export class Concurrency {
  readonly #options: ConcurrencyOptions
  readonly #all = new Set<Sandbox>()
  readonly #idle = new Map<Sandbox, NodeJS.Timeout>()
  #busy = 0
  #starting = 0
  #closed = false

  constructor(options: ConcurrencyOptions) {
    this.#options = options
  }

  async invoke(event: FunctionUrlEvent, requestId: string): Promise<Outcome> {
    if (this.#closed) return { kind: 'failed', reason: 'Lane is stopping' }
    if (this.#busy >= this.#options.reservedConcurrency) return { kind: 'throttled' }
    const idle = this.#takeIdle()
    if (!idle && this.#starting >= this.#options.scalingStep) return { kind: 'throttled' }
    this.#busy += 1
    const sandbox = idle ?? this.#scale()
    const outcome = await sandbox.run(event, requestId)
    this.#busy -= 1
    this.#putBack(sandbox)
    return outcome
  }

  /** Starts sandboxes ahead of their first event, as provisioned concurrency does; resolves when they are frozen. */
  async warm(count: number): Promise<void> {
    const sandboxes = Array.from({ length: count }, () => this.#start())
    await Promise.all(sandboxes.map((sandbox) => sandbox.warmed))
    for (const sandbox of sandboxes) this.#putBack(sandbox)
  }

  /** Kills every sandbox at once; safe where nothing can be waited for any more. */
  kill(): void {
    this.#closed = true
    for (const timer of this.#idle.values()) clearTimeout(timer)
    for (const sandbox of this.#all) sandbox.kill()
  }

  /** Kills every sandbox and waits until the last is gone. */
  async close(): Promise<void> {
    this.kill()
    await Promise.all([...this.#all].map((sandbox) => sandbox.exited))
  }

  #scale(): Sandbox {
    const sandbox = this.#start()
    this.#starting += 1
    void sandbox.warmed.finally(() => (this.#starting -= 1))
    return sandbox
  }

  #start(): Sandbox {
    const sandbox = new Sandbox(this.#options)
    this.#all.add(sandbox)
    void this.#bury(sandbox)
    return sandbox
  }

  async #bury(sandbox: Sandbox): Promise<void> {
    await sandbox.exited
    this.#all.delete(sandbox)
    this.#forget(sandbox)
  }

  // The last one frozen goes first, so that the others grow old and end.
  #takeIdle(): Sandbox | undefined {
    const sandbox = [...this.#idle.keys()].findLast((candidate) => candidate.usable)
    if (sandbox) this.#forget(sandbox)
    return sandbox
  }

  #putBack(sandbox: Sandbox): void {
    if (!sandbox.usable || this.#closed) return
    if (sandbox.events >= this.#options.recycleAfter) return sandbox.kill()
    this.#idle.set(
      sandbox,
      setTimeout(() => sandbox.kill(), this.#options.idleMs),
    )
  }

  #forget(sandbox: Sandbox): void {
    clearTimeout(this.#idle.get(sandbox))
    this.#idle.delete(sandbox)
  }
}
