// Every transcript, replayed through the dialogue alone: the same events in, the same commands out.
import { emptyFraming, frame } from '@postern/shared/smtp/reply.ts'
import { print } from '@postern/prober/smtp/command.ts'
import { begin, next } from '@postern/prober/smtp/dialogue.ts'
import type { Event, Step } from '@postern/prober/smtp/state.ts'
import { describe, expect, it } from 'vitest'
import { endingText, type Transcript, transcripts } from './transcript.ts'

const EVENTS: Record<string, Event> = {
  closed: { type: 'closed' },
  timed_out: { type: 'timed_out' },
  secured: { type: 'secured' },
  tls_failed: { type: 'tls_failed' },
}

/** The transcript as it would read, given what the server says and what happens. */
function replay({ plan, lines }: Transcript): string[] {
  let step: Step = begin(plan)
  let framing = emptyFraming
  const written = step.send.map((command) => `C: ${print(command).trimEnd()}`)
  const feed = (event: Event): void => {
    if (step.end !== null) return
    step = next(step.state, event)
    written.push(...step.send.map((command) => `C: ${print(command).trimEnd()}`))
    if (step.end !== null) written.push(`= ${endingText(step.end, step.state.told)}`)
  }
  for (const line of lines) {
    if (line.kind === 'server') {
      written.push(`S: ${line.text}`)
      const read = frame(framing, `${line.text}\r\n`)
      framing = read.state
      for (const item of read.framed) {
        feed(item.kind === 'reply' ? { type: 'reply', reply: item.reply, at: 0 } : { type: 'protocol_error' })
      }
    } else if (line.kind === 'event') {
      written.push(`! ${line.name}`)
      feed(EVENTS[line.name]!)
    }
  }
  return written
}

function asWritten({ lines }: Transcript): string[] {
  const sign = { server: 'S: ', client: 'C: ', event: '! ', ending: '= ' }
  return lines.map((line) => sign[line.kind] + (line.kind === 'event' ? line.name : line.text))
}

describe('transcripts', () => {
  it.each(transcripts().map((one) => [one.file, one.guarantee, one] as const))('%s: %s', (_file, _guarantee, one) => {
    expect(replay(one)).toEqual(asWritten(one))
  })
})
