// Checks the SigV4 signature of a request as Lambda does for a function URL with AWS_IAM, for the local adapter.
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { createHash, timingSafeEqual } from 'node:crypto'

/** A request as it arrived: `path` still encoded, header names in lower case. */
export interface SignedRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Who may call. Two keys are accepted side by side while they are being rotated. */
export interface Callers {
  readonly region: string
  readonly accessKeys: readonly AccessKey[]
}

export type SignatureCheck = { ok: true; accessKeyId: string } | { ok: false; message: string }

interface Claim {
  readonly accessKeyId: string
  readonly scope: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const service = 'lambda'
const maxSkewMs = 5 * 60_000
const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/

const refused = (message: string): SignatureCheck => ({ ok: false, message })

function readClaim(header: string | undefined): Claim | null {
  const [, accessKeyId, scope, signedHeaders, signature] = authorization.exec(header ?? '') ?? []
  if (!accessKeyId || !scope || !signedHeaders || !signature) return null
  return { accessKeyId, scope, signedHeaders: signedHeaders.split(';'), signature }
}

/** Unix milliseconds of `20260131T235959Z`; NaN for anything else. */
function readAmzDate(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function pickHeaders(request: SignedRequest, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, request.headers[name] ?? '']))
}

function groupQuery(query: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]))
}

async function expectedSignature(request: SignedRequest, claim: Claim, key: AccessKey & { region: string }) {
  const { region, ...credentials } = key
  const signer = new SignatureV4({
    credentials,
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
    uriEscapePath: true,
  })
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: request.headers['host'] ?? '',
      path: request.path,
      query: groupQuery(request.query),
      headers: pickHeaders(request, claim.signedHeaders),
      body: request.body,
    },
    {
      signingDate: new Date(readAmzDate(request.headers['x-amz-date'] ?? '')),
      signableHeaders: new Set(claim.signedHeaders),
      unsignableHeaders: new Set(),
    },
  )
  return readClaim(signed.headers['authorization'])?.signature ?? ''
}

// A stated hash would be signed instead of the body's own, and the body would be anybody's.
function statesAnotherPayload({ headers, body }: SignedRequest): boolean {
  const stated = headers['x-amz-content-sha256']
  return stated !== undefined && stated !== createHash('sha256').update(body).digest('hex')
}

function findFault(request: SignedRequest, claim: Claim, { region, now }: { region: string; now: number }) {
  const amzDate = request.headers['x-amz-date'] ?? ''
  const skewMs = Math.abs(readAmzDate(amzDate) - now)
  if (claim.scope !== `${amzDate.slice(0, 8)}/${region}/${service}/aws4_request`)
    return 'Credential scope is not this one.'
  if (!(skewMs <= maxSkewMs)) return 'Signature expired or not yet current.'
  for (const name of ['host', 'x-amz-date']) {
    if (!claim.signedHeaders.includes(name)) return `Header ${name} must be signed.`
  }
  return statesAnotherPayload(request) ? 'x-amz-content-sha256 does not match the body.' : null
}

/** Says whose signature it is, or why it counts for nothing. `now` in Unix milliseconds. */
export async function checkSignature(request: SignedRequest, callers: Callers, now: number): Promise<SignatureCheck> {
  const claim = readClaim(request.headers['authorization'])
  if (!claim) return refused('Missing Authentication Token')
  const key = callers.accessKeys.find(({ accessKeyId }) => accessKeyId === claim.accessKeyId)
  if (!key) return refused('The security token included in the request is invalid.')
  const fault = findFault(request, claim, { region: callers.region, now })
  if (fault) return refused(fault)
  const expected = await expectedSignature(request, claim, { ...key, region: callers.region })
  const same =
    expected.length === claim.signature.length && timingSafeEqual(Buffer.from(expected), Buffer.from(claim.signature))
  return same ? { ok: true, accessKeyId: key.accessKeyId } : refused('The request signature does not match.')
}
