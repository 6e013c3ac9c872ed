// Answers a request for a policy of MTA-STS, as the policy host itself and as a platform that fetches it for its Workers.
import type { ServerResponse } from 'node:http'
import { isTaken } from '../tls/certificate-kind.ts'
import type { Policy } from './policy.ts'

/** RFC 8461 §3.3. */
export const POLICY_PATH = '/.well-known/mta-sts.txt'
const TOO_LARGE_BYTES = 70 * 1_024
/** What Cloudflare tells a Worker of an origin whose name leads nowhere, and of one whose certificate is not valid. */
const NAME_NOT_RESOLVED = 530
const INVALID_CERTIFICATE = 526

/** As Workers see it; `policy` is absent where no such host is known. */
export function answerThroughPlatform(policy: Policy | undefined, response: ServerResponse): void {
  if (policy === undefined) return void response.writeHead(NAME_NOT_RESOLVED).end()
  if (policy.unreachable === true) return void response.destroy()
  if (!isTaken(policy.certificate ?? 'valid')) return void response.writeHead(INVALID_CERTIFICATE).end()
  answer(policy, response)
}

export function answer(policy: Policy, response: ServerResponse): void {
  const { status = 200, contentType = 'text/plain', redirect } = policy
  if (redirect !== undefined) return void response.writeHead(301, { location: redirect }).end()
  const body = bodyOf(policy)
  response.writeHead(status, { 'content-type': contentType })
  if (policy.neverEnds === true) return void response.write(body.slice(0, body.length / 2))
  response.end(body)
}

function bodyOf({ body = [], tooLarge }: Policy): string {
  const text = body.map((line) => `${line}\r\n`).join('')
  const padding = `x: ${'x'.repeat(50)}\r\n`
  return tooLarge === true ? text + padding.repeat(Math.ceil(TOO_LARGE_BYTES / padding.length)) : text
}
