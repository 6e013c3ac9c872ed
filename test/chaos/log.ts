// The log of a chaos run in its folder: kills, how the batch went on and what the stack said, each with its second.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { SECOND_DELIVERY } from './queue-faults.ts'

export class Log {
  readonly #file: string
  readonly #startedAt = Date.now()
  #told = 0

  constructor(folder: string) {
    this.#file = join(folder, 'log')
  }

  note(text: string): void {
    appendFileSync(this.#file, `${((Date.now() - this.#startedAt) / 1_000).toFixed(1)} s: ${text}\n`)
  }

  /** What was added to `messages` since it was last asked. */
  follow(messages: string): void {
    const end = messages.lastIndexOf('\n') + 1
    const lines = stripVTControlCharacters(messages.slice(this.#told, end)).split('\n')
    this.#told = Math.max(end, this.#told)
    const news = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.includes(SECOND_DELIVERY))
    for (const [line, alike] of Map.groupBy(news, (one) => one)) {
      this.note(alike.length === 1 ? line : `${line} (${alike.length} times)`)
    }
  }
}
