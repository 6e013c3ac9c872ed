// What a local run says when it is ready: one line of JSON for programs, or what to try for people.
import type { LocalLane } from './lanes.ts'
import type { Options } from './options.ts'
import type { LocalKeys } from './provision.ts'

interface Truth {
  readonly address: string
  readonly status: string
  readonly reason: string
}

export interface Announcement {
  readonly options: Options
  readonly keys: LocalKeys
  readonly lanes: readonly LocalLane[]
  readonly truth: readonly Truth[]
}

export function announce({ options, keys, lanes, truth }: Announcement): void {
  const url = `http://127.0.0.1:${options.port}`
  const text = options.json ? machineText({ url, keys, lanes, truth }) : humanText(url, keys, lanes)
  process.stdout.write(text)
}

function machineText({ url, keys, lanes, truth }: Omit<Announcement, 'options'> & { url: string }): string {
  const ready = {
    ready: true,
    url,
    keys,
    lanes: lanes.map(({ id, region, address, ehlo }) => ({ id, region, address, ehlo })),
    world: truth.map(({ address, status, reason }) => ({ address, status, reason })),
  }
  return `${JSON.stringify(ready)}\n`
}

function humanText(url: string, keys: LocalKeys, lanes: readonly LocalLane[]): string {
  const curl = (email: string) =>
    `  curl -s '${url}/v1/verify?email=${email}&mode=full' -H 'authorization: Bearer ${keys.sk_live}'`
  return `Postern answers at ${url} with ${lanes.length} lanes (${lanes.map(({ id }) => id).join(', ')}).

Keys
${Object.entries(keys)
  .map(([kind, key]) => `  ${kind.padEnd(8)} ${key}`)
  .join('\n')}

Try
${['jane.roe@strict.test', 'nina.falk@strict.test', 'jane.roe@catchall.test'].map(curl).join('\n')}

In a browser
  ${url}/domains/exemplary.test

Ctrl-C stops everything.
`
}
