// Everything that a chaos run starts: the stack on a state that survives, mail servers, a resolver and a receiver that can be killed.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type MailSide, startMail } from '../bench/batch/mail.ts'
import { descendants } from '../journeys/processes.ts'
import { type Stack, startStack } from '../journeys/stack.ts'
import { Census } from './census.ts'
import { keep, type KeptProcess } from './kept-process.ts'
import type { Victim } from './kills.ts'
import { Log } from './log.ts'
import { crossedEntry } from './queue-faults.ts'

/** Courtesy's minutes and hours are no part of this: the list waits for nobody but those who were killed. */
const HURRY = 2_000
const RESOLVER = '127.31.0.1'
const RECEIVER = '127.31.0.2'
const ENDING_MS = 15_000

export interface Parts {
  readonly stack: Stack
  readonly mail: MailSide
  readonly resolver: KeptProcess
  readonly receiver: KeptProcess
  readonly receiverUrl: string
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

export class House {
  readonly folder: string
  readonly census = new Census()
  readonly log: Log
  #parts: Partial<Parts> = {}
  #ended: Promise<number> | null = null

  constructor(folder: string) {
    this.folder = folder
    this.log = new Log(folder)
  }

  async start(): Promise<Parts> {
    const say = (message: string): void => this.log.note(message)
    const mail = await startMail()
    this.#parts = { mail }
    const resolver = await keep({ name: 'the resolver', file: here('./resolver-side.ts'), address: RESOLVER, say })
    this.#parts = { mail, resolver }
    const file = here('./receiver-side.ts')
    const receiver = await keep({ name: 'the receiver', file, address: RECEIVER, argv: [this.folder], say })
    this.#parts = { mail, resolver, receiver }
    const stack = await this.#startStack(`http://${RESOLVER}:${resolver.port}/dns-query`, mail.smtpPort)
    const parts = { mail, resolver, receiver, stack, receiverUrl: `http://${RECEIVER}:${receiver.port}/hook` }
    this.#parts = parts
    return parts
  }

  async #startStack(doh: string, smtpPort: number): Promise<Stack> {
    const entry = join(this.folder, 'edge.ts')
    writeFileSync(entry, crossedEntry(here('../../edge/src/worker.ts')))
    process.env['POSTERN_EDGE_ENTRY'] = entry
    const state = ['--state', join(this.folder, 'state')]
    const outside = ['--doh', doh, '--smtp-port', String(smtpPort), '--allow-loopback-mx']
    return startStack([...state, ...outside, '--hurry', String(HURRY)])
  }

  /** Writes down what the stack has said since. */
  follow(): void {
    this.log.follow(this.#parts.stack?.messages() ?? '')
  }

  /** Ends all of it; resolves with how many processes had to be killed because they did not go. */
  end(): Promise<number> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<number> {
    const { mail, resolver, receiver } = this.#parts
    this.census.take()
    // A stack that never became ready is known by its launcher alone.
    for (const launcher of descendants(process.pid, /infra\/local\/run\.ts/)) process.kill(launcher, 'SIGINT')
    mail?.stop()
    await Promise.all([resolver?.stop(), receiver?.stop()])
    return this.census.end(ENDING_MS)
  }
}

/** The five parts, in the order in which they have their turn; `asking`: rows that are done when lanes are asked. */
export function victimsOf({ stack, resolver, receiver }: Parts, asking: number): Victim[] {
  const first = (command: RegExp): number | null => descendants(stack.pid, command)[0] ?? null
  const lanes = stack.lanes.map(({ id }) => id)
  const laneOf = (round: number): RegExp => new RegExp(`local/lane\\.ts --id ${lanes[round % lanes.length]} `)
  return [
    { name: 'resolver', from: 0, pid: () => resolver.pid() },
    { name: 'worker runtime', from: 0, pid: () => first(/^\S*workerd /) },
    { name: 'receiver', from: 0, pid: () => receiver.pid() },
    { name: 'one lane', from: asking, pid: (round) => first(laneOf(round)) },
    { name: 'table engine', from: asking, pid: () => first(/^\S*dynoxide /) },
  ]
}
