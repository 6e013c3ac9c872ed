// `npm run operator-key`: the secret that the edge signs keys with, and the first operator's key under it.
import { randomBytes } from 'node:crypto'
import { OPERATORS } from '@postern/edge/accounts/ids.ts'
import { mintKey } from '@postern/edge/accounts/key-text.ts'
import { openSecrets, type SecretsConfig, secretsConfig } from '@postern/edge/accounts/secrets.ts'

const HELP = `Usage: [EDGE_SECRETS='{"current":"1","keys":{"1":"…"}}'] npm run --silent operator-key

Prints one line of JSON: {"EDGE_SECRETS": …, "key": "ak_live_…"}. Without EDGE_SECRETS in the environment, new ones are made.
Give EDGE_SECRETS to the edge (npx wrangler secret put EDGE_SECRETS) and keep the key: with it you make accounts and other keys.
`

function secretsOf(text: string | undefined): SecretsConfig {
  if (text === undefined) return { current: '1', keys: { '1': randomBytes(32).toString('hex') } }
  return secretsConfig.parse(JSON.parse(text))
}

async function main(): Promise<void> {
  if (process.argv.length > 2) {
    process.stdout.write(HELP)
    return
  }
  const secrets = secretsOf(process.env['EDGE_SECRETS'])
  const claims = { kind: 'ak_live', account: OPERATORS, origins: [] } as const
  const key = await mintKey(openSecrets(secrets), claims, Uint8Array.from(randomBytes(20)))
  process.stdout.write(`${JSON.stringify({ EDGE_SECRETS: JSON.stringify(secrets), key })}\n`)
}

try {
  await main()
} catch {
  process.stderr.write(
    `EDGE_SECRETS is not as it should be: ids from 1 to 255, 64 hex digits each, current among them.\n\n${HELP}`,
  )
  process.exitCode = 2
}
