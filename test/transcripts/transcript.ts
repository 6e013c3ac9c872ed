// Reads a `.smtp` transcript: what a server says, what we must say, what happens, and how it must end.
import { readdirSync, readFileSync } from 'node:fs'
import type { Plan } from '@postern/prober/smtp/plan.ts'

export type Line =
  | { readonly kind: 'server'; readonly text: string }
  | { readonly kind: 'client'; readonly text: string }
  | { readonly kind: 'event'; readonly name: string }
  | { readonly kind: 'ending'; readonly text: string }

export interface Transcript {
  readonly file: string
  readonly guarantee: string
  readonly plan: Plan
  readonly lines: readonly Line[]
}

const PLAN: Plan = {
  ehloName: 'a.probe.test',
  mailFrom: 'probe@a.probe.test',
  mailboxes: ['jane@strict.test'],
  strangers: ['xq7stranger@strict.test'],
  controlTiming: 'after_250',
  postmaster: 'postmaster@strict.test',
  smtpUtf8: false,
  pipelining: true,
  exchange: 'mx.strict.test',
  early: null,
  window: 3,
  keep: false,
}

const VALUES: Readonly<Record<string, unknown>> = { none: null, true: true, false: false }
const LISTS: readonly string[] = ['mailboxes', 'strangers', 'early']

function valueOf(key: string, value: string): unknown {
  if (LISTS.includes(key)) return value === 'none' ? (key === 'early' ? null : []) : value.split(',')
  return key === 'window' ? Number(value) : value in VALUES ? VALUES[value] : value
}

/** `! plan control_timing=pipelined strangers=none mailboxes=a@b,c@b`: departures from the plan above. */
function planOf(words: readonly string[]): Partial<Plan> {
  return Object.fromEntries(
    words.map((word) => {
      const [name = '', value = ''] = word.split('=')
      const key = name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
      if (!(key in PLAN)) throw new Error(`no such part of a plan: ${name}`)
      return [key, valueOf(key, value)]
    }),
  )
}

function lineOf(text: string): Line {
  const [sign, rest] = [text.slice(0, 2), text.slice(2).replace(/^ /, '')]
  if (sign === 'S:') return { kind: 'server', text: rest }
  if (sign === 'C:') return { kind: 'client', text: rest }
  if (text.startsWith('! ')) return { kind: 'event', name: text.slice(2) }
  if (text.startsWith('= ')) return { kind: 'ending', text: text.slice(2) }
  throw new Error(`not a line of a transcript: ${text}`)
}

function read(file: string): Transcript {
  const texts = readFileSync(new URL(file, import.meta.url), 'utf8')
    .split('\n')
    .filter((text) => text.trim() !== '')
  const guarantee = texts.filter((text) => text.startsWith('#')).map((text) => text.slice(1).trim())
  const lines = texts.filter((text) => !text.startsWith('#')).map(lineOf)
  const plans = lines.flatMap((line) => (line.kind === 'event' && line.name.startsWith('plan ') ? [line.name] : []))
  const plan = Object.assign({ ...PLAN }, ...plans.map((text) => planOf(text.split(' ').slice(1)))) as Plan
  const rest = lines.filter((line) => line.kind !== 'event' || !line.name.startsWith('plan '))
  if (rest.at(-1)?.kind !== 'ending') throw new Error(`${file} has no ending`)
  return { file, guarantee: guarantee.join(' '), plan, lines: rest }
}

export function transcripts(): Transcript[] {
  return readdirSync(new URL('.', import.meta.url))
    .filter((name) => name.endsWith('.smtp'))
    .sort()
    .map(read)
}

/** An ending as one line: how it ended, then who was answered with what, in order. */
export function endingText(
  ending: string,
  told: readonly { to: string; phase: string; reply: { code: number } }[],
): string {
  const answers = told.map(({ to, phase, reply }) => `${to === 'nobody' ? phase : to}:${reply.code}`)
  return [ending, ...answers].join(' ')
}
