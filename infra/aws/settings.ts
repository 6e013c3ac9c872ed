// What a deployment may choose, read from CDK context (`-c domain=…`); the defaults stand in `cdk.json`.
import type { Node } from 'constructs'

export interface Settings {
  /** Parent of the lanes' names; has the MX and SPF of their mailboxes. */
  readonly domain: string
  /** Residency partition that the stack is the home of. */
  readonly partition: string
  readonly region: string
  /** Events that one lane runs at a time. A young AWS account has 10 for all functions together. */
  readonly reservedConcurrency: number
  /** Lists that one lane works on at a time, with hands of their own. */
  readonly listConcurrency: number
  /** Zones of DNS block lists that audits look into. Given as text with commas. */
  readonly dnsblZones: readonly string[]
  /** JSON list of `{operator, good, dead}`; the lanes read it, and refuse what it should not hold. */
  readonly canaries: string
}

function readText(node: Node, key: keyof Settings, pattern: RegExp): string {
  const value: unknown = node.tryGetContext(key)
  if (typeof value !== 'string' || !pattern.test(value)) {
    throw new Error(`Context ${key} must match ${pattern.source}, but is ${JSON.stringify(value)}`)
  }
  return value
}

// The CDK command line hands every value over as text.
function readCount(node: Node, key: keyof Settings): number {
  const value = Number(node.tryGetContext(key))
  if (!Number.isInteger(value) || value < 1) throw new Error(`Context ${key} must be a whole number above 0`)
  return value
}

/** Throws an `Error` that names the first context key that will not do. */
export function readSettings(node: Node): Settings {
  return {
    domain: readText(node, 'domain', /^([a-z0-9-]{1,63}\.)+[a-z]{2,63}$/),
    partition: readText(node, 'partition', /^[a-z]{2,16}$/),
    region: readText(node, 'region', /^[a-z]{2}(-[a-z]+)+-\d$/),
    reservedConcurrency: readCount(node, 'reservedConcurrency'),
    listConcurrency: readCount(node, 'listConcurrency'),
    dnsblZones: readText(node, 'dnsblZones', /^(([a-z0-9-]+\.)+[a-z]+(,|$))*$/)
      .split(',')
      .filter((zone) => zone !== ''),
    canaries: readText(node, 'canaries', /^\[.*\]$/s),
  }
}
