// What the edge is deployed with: limits that agree with the code, and a first operator's key that the edge believes.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { OPERATORS } from '../../edge/src/accounts/ids.ts'
import { readKey } from '../../edge/src/accounts/key-text.ts'
import { FAST_WINDOW_S, IP_WINDOW_S, NEAR, TIERS } from '../../edge/src/accounts/limits.ts'
import { openSecrets, type SecretsConfig } from '../../edge/src/accounts/secrets.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

interface Wrangler {
  readonly ratelimits: readonly { name: string; simple: { limit: number; period: number } }[]
}

function configuration(): Wrangler {
  const text = readFileSync(`${ROOT}infra/cloudflare/wrangler.jsonc`, 'utf8')
  return JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, '')) as Wrangler
}

describe('the platform counts by the same numbers as the isolate', () => {
  it.each(TIERS)('for tier %s', (tier) => {
    const { ratelimits } = configuration()
    const declared = (name: string) =>
      ratelimits.find((limit) => limit.name === `${name}_${tier.toUpperCase()}`)?.simple
    expect(declared('KEY')).toEqual({ limit: NEAR[tier].fast, period: FAST_WINDOW_S })
    expect(declared('IP')).toEqual({ limit: NEAR[tier].ip, period: IP_WINDOW_S })
  })
})

interface Printed {
  readonly EDGE_SECRETS: string
  readonly key: string
}

async function operatorKey(given?: string): Promise<Printed> {
  const env = { ...process.env, ...(given === undefined ? {} : { EDGE_SECRETS: given }) }
  const { stdout } = await run(process.execPath, ['infra/cloudflare/operator-key.ts'], { cwd: ROOT, env })
  return JSON.parse(stdout) as Printed
}

async function read({ EDGE_SECRETS, key }: Printed) {
  return readKey(openSecrets(JSON.parse(EDGE_SECRETS) as SecretsConfig), key)
}

describe('npm run operator-key', () => {
  it('makes new secrets, and a key under them that runs the service', async () => {
    const [one, other] = await Promise.all([operatorKey(), operatorKey()])
    expect(await read(one)).toMatchObject({ kind: 'ak_live', account: OPERATORS })
    expect(await read({ ...one, EDGE_SECRETS: other.EDGE_SECRETS })).toBeNull()
  })

  it('makes another key under secrets that are there', async () => {
    const first = await operatorKey()
    const second = await operatorKey(first.EDGE_SECRETS)
    expect(second.EDGE_SECRETS).toBe(first.EDGE_SECRETS)
    expect(second.key).not.toBe(first.key)
    expect(await read(second)).toMatchObject({ kind: 'ak_live', account: OPERATORS })
  })

  const hex = '0f'.repeat(32)
  it.each([
    '{',
    '{}',
    '{"current":"1","keys":{"1":"short"}}',
    `{"current":"2","keys":{"1":"${hex}"}}`,
    `{"current":"0","keys":{"0":"${hex}"}}`,
    `{"current":"256","keys":{"256":"${hex}"}}`,
  ])('says what it takes where it is given %j', async (given) => {
    await expect(operatorKey(given)).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/Usage: /) })
  })
})
