// The CDK app as a function of context and artefact, for synthesis and for tests: checks itself, asks no account.
import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import cdk from '../cdk.json' with { type: 'json' }
import { RegionStack } from './region.ts'
import { readSettings } from './settings.ts'

export interface AppOptions {
  readonly artefactDir: string
  readonly outdir: string
  /** Laid over the defaults of `cdk.json`; the CDK command line's own goes above both. */
  readonly context?: Readonly<Record<string, unknown>>
}

export function createApp({ artefactDir, outdir, context = {} }: AppOptions): { app: App; stack: RegionStack } {
  const app = new App({ outdir, context: { ...cdk.context, ...context }, analyticsReporting: false })
  const stack = new RegionStack(app, { settings: readSettings(app.node), artefactDir })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return { app, stack }
}
