// The command line of `npm start`: what can be said, what it means, and a clear line for what cannot.
import { parseArgs } from 'node:util'

export interface Options {
  readonly port: number
  /** The only resolver asked, by edge and lanes; null means the mail world for `test`, public resolvers for the rest. */
  readonly doh: string | null
  readonly smtpPort: number | null
  readonly allowLoopbackMx: boolean
  /** Folder that keeps keys and evidence; null keeps nothing. */
  readonly state: string | null
  readonly json: boolean
  readonly quiet: boolean
  readonly regions: number
  readonly lanesPerRegion: number
  /** Region → residency partition; regions that are not named belong to `default`. */
  readonly partitions: Readonly<Record<string, string>>
  /** How many times faster than the clock spans of courtesy pass. */
  readonly hurry: number
}

/** Of local lanes, in the order in which `--lanes` takes them. */
export const REGIONS: readonly string[] = ['eu-central-1', 'us-east-1', 'ap-southeast-1', 'sa-east-1']

export const HELP = `Usage: npm start -- [options]

Runs all of Postern on this machine: the Worker in workerd, probers behind signed function URLs,
a DynamoDB-compatible engine on disk, and an invented mail world under .test to try it on.

  --port N               port of the API (8787); everything else takes free ports
  --doh URL              the only resolver asked, by edge and lanes (RFC 8484)
  --smtp-port N          port of exchanges (default: the world's for its own, 25 elsewhere)
  --allow-loopback-mx    loopback exchanges outside the world may be dialled too, and webhooks sent
                         to loopback by number (http://127.0.0.1:PORT)
  --state DIR            where keys and evidence are kept (.postern)
  --ephemeral            keep nothing
  --lanes RxL            regions x lanes in each (2x2, at most 4x4)
  --partition NAME=REGION  the region's lanes and tables serve accounts of that partition only
  --hurry N              seconds, minutes and hours of courtesy pass N times as fast; only with --doh and --smtp-port
  --json                 one line of JSON on stdout when ready, messages on stderr
  --quiet                no messages but faults
  --help                 this text
`

/** What the person at the keyboard can mend; printed as one line, without a stack. */
export class StartProblem extends Error {}

/** @throws StartProblem naming the option that is wrong. */
export function parseOptions(argv: readonly string[]): Options | 'help' {
  const values = read(argv)
  if (values.help === true) return 'help'
  const [regions, lanesPerRegion] = lanes(values.lanes ?? '2x2')
  return {
    port: port('--port', values.port ?? '8787'),
    doh: values.doh === undefined ? null : url(values.doh),
    smtpPort: values['smtp-port'] === undefined ? null : port('--smtp-port', values['smtp-port']),
    allowLoopbackMx: values['allow-loopback-mx'] ?? false,
    state: values.ephemeral === true ? null : (values.state ?? '.postern'),
    json: values.json ?? false,
    quiet: values.quiet ?? false,
    regions,
    lanesPerRegion,
    partitions: Object.fromEntries((values.partition ?? []).map(partition)),
    hurry: hurry(values),
  }
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: false,
      options: {
        port: { type: 'string' },
        doh: { type: 'string' },
        'smtp-port': { type: 'string' },
        'allow-loopback-mx': { type: 'boolean' },
        state: { type: 'string' },
        ephemeral: { type: 'boolean' },
        lanes: { type: 'string' },
        partition: { type: 'string', multiple: true },
        hurry: { type: 'string' },
        json: { type: 'boolean' },
        quiet: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new StartProblem(`${error instanceof Error ? error.message.split('\n')[0] : 'wrong option'} (see --help)`)
  }
}

function port(name: string, text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new StartProblem(`${name} takes 1 to 65535`)
  return number
}

function url(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : null
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new StartProblem('--doh takes the http or https URL of a DNS-over-HTTPS resolver')
  }
  return text
}

function lanes(text: string): [number, number] {
  const [, regions, perRegion] = /^([1-4])x([1-4])$/i.exec(text) ?? []
  if (regions === undefined || perRegion === undefined)
    throw new StartProblem('--lanes takes RxL, such as 2x2, at most 4x4')
  return [Number(regions), Number(perRegion)]
}

/** `eu=eu-central-1` as [region, partition]. */
function partition(text: string): [string, string] {
  const [, name, region] = /^([a-z][a-z0-9]{0,11})=([a-z0-9-]+)$/.exec(text) ?? []
  if (name === undefined || region === undefined || !REGIONS.includes(region))
    throw new StartProblem(`--partition takes NAME=REGION, such as eu=eu-central-1; regions are ${REGIONS.join(', ')}`)
  return [region, name]
}

/** Real mail servers are never hurried: only those that somebody names. */
function hurry({ hurry: text, doh, 'smtp-port': smtpPort }: ReturnType<typeof read>): number {
  if (text === undefined) return 1
  const times = Number(text)
  if (!(times >= 1 && times <= 10_000)) throw new StartProblem('--hurry must be a number from 1 to 10000')
  if (doh === undefined || smtpPort === undefined) throw new StartProblem('--hurry needs --doh and --smtp-port')
  return times
}
