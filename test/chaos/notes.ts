// What the receiver of a chaos run has been sent, a line a delivery in a file that outlives it.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Note {
  /** `webhook-id`: the same for every delivery of an event. */
  readonly id: string
  readonly type: string
  readonly batch: string
  readonly at: number
  readonly isSigned: boolean
  /** False for what it had accepted before. */
  readonly isAccepted: boolean
}

export const secretFile = (folder: string): string => join(folder, 'webhook-secret')
/** Is there once the receiver has died of the end of a batch. */
export const diedFile = (folder: string): string => join(folder, 'receiver-died')
const notesFile = (folder: string): string => join(folder, 'webhooks.ndjson')

export function addNote(folder: string, note: Note): void {
  appendFileSync(notesFile(folder), `${JSON.stringify(note)}\n`)
}

export function readNotes(folder: string): Note[] {
  if (!existsSync(notesFile(folder))) return []
  const lines = readFileSync(notesFile(folder), 'utf8').split('\n')
  // A line that its writer was killed over is the last one, and was not answered for.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Note)
}
