// Entry of `npm run synth` and of the CDK command line: builds the artefact and writes the templates, offline.
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildArtefact } from '../artefact.ts'
import { createApp } from './app.ts'

async function synthesize(): Promise<void> {
  const { dir, file, sha256 } = await buildArtefact()
  // Set by the CDK command line, which looks for the result where it said.
  const outdir = process.env['CDK_OUTDIR'] ?? fileURLToPath(new URL('../cdk.out', import.meta.url))
  const { app, stack } = createApp({ artefactDir: dir, outdir })
  const assembly = app.synth()
  const shown = (path: string): string => relative(process.cwd(), path)
  process.stdout.write(`${shown(file)} sha256 ${sha256}\n`)
  process.stdout.write(`${shown(assembly.directory)}/${stack.templateFile}\n`)
}

try {
  await synthesize()
} catch (fault) {
  process.stderr.write(`synth failed: ${fault instanceof Error ? fault.message : String(fault)}\n`)
  process.exitCode = 1
}
