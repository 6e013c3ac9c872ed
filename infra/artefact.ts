// Builds the one file that lanes run, for the stack that ships it and the launcher that runs the same bytes here.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const repository = fileURLToPath(new URL('..', import.meta.url))

export interface Artefact {
  /** Absolute; holds the file and nothing else, because CDK ships and hashes all of it. */
  readonly dir: string
  readonly file: string
  /** Of the file, in hex. */
  readonly sha256: string
}

interface Source {
  /** Absolute path of the module that exports `handler`. */
  readonly entry: string
  readonly dir: string
}

const prober: Source = {
  entry: join(repository, 'prober/src/handler.ts'),
  dir: join(repository, 'infra/artefact/prober'),
}

// CommonJS parts of the AWS SDK call `require`, which an ES module does not have.
const requireForCommonJs = [
  `import { createRequire as requireOfArtefact } from 'node:module'`,
  `const require = requireOfArtefact(import.meta.url)`,
].join('\n')

async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    // esbuild names modules in comments, relative to this: without it the bytes depend on where the build was called.
    absWorkingDir: repository,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The SDK's ES modules can be pruned, its CommonJS ones cannot.
    mainFields: ['module', 'main'],
    minify: false,
    sourcemap: false,
    banner: { js: requireForCommonJs },
    write: false,
    logLevel: 'silent',
  })
  const [output] = outputFiles
  if (!output) throw new Error(`esbuild gave no output for ${entry}`)
  return output.contents
}

/** Builds `index.mjs`; the same sources give the same bytes. Rejects with esbuild's own words when they do not compile. */
export async function buildArtefact({ entry, dir }: Source = prober): Promise<Artefact> {
  const bytes = await bundle(entry)
  const file = join(dir, 'index.mjs')
  // Renamed into place from outside: neither a starting sandbox nor CDK's hash may see half a file or a second one.
  const draft = `${dir}.${randomUUID()}`
  await mkdir(dir, { recursive: true })
  await writeFile(draft, bytes)
  await rename(draft, file)
  return { dir, file, sha256: createHash('sha256').update(bytes).digest('hex') }
}
