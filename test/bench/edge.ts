// What the edge does by itself, and how fast: local checks on material of others, verdicts over HTTP, the size and start of the Worker.
import { addresses as localChecks } from './edge/local-checks.ts'
import { bundle } from './edge/bundle.ts'
import { latency, localRun } from './edge/latency.ts'
import { FOLDER, readMaterial } from './edge/material.ts'
import { mailboxes, syntax, typos } from './edge/quality.ts'
import { measured, type Part } from './edge/report.ts'
import { verdictCpu } from './edge/verdict-cpu.ts'
import type { Options, Summary } from './run.ts'

export async function edge(say: (text: string) => void, options: Options): Promise<Summary> {
  const material = readMaterial()
  if (material === null) say(`No material of others in ${FOLDER}: syntax, typos and lists are not measured.`)
  // Speed first: the lists of others fill the memory that is collected meanwhile.
  const subjects: readonly (() => Part | Promise<Part>)[] = [
    () => localChecks(options),
    () => verdictCpu(options),
    ...(material === null ? [] : [syntax, typos, mailboxes].map((subject) => () => subject(material))),
    () => bundle(options),
    () => latency(options),
    () => localRun(options),
  ]
  return measured(subjects, say)
}
