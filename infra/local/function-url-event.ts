// Translates HTTP to a Lambda function URL's event and the handler's result back (payload format 2.0), for the adapter.

/** The parts of payload format 2.0 that a function URL fills in. */
export interface FunctionUrlEvent {
  readonly version: '2.0'
  readonly routeKey: '$default'
  readonly rawPath: string
  readonly rawQueryString: string
  readonly headers: Readonly<Record<string, string>>
  readonly queryStringParameters?: Readonly<Record<string, string>>
  readonly requestContext: {
    readonly accountId: string
    readonly apiId: string
    readonly authorizer: { readonly iam: { readonly accessKey: string } }
    readonly domainName: string
    readonly http: {
      readonly method: string
      readonly path: string
      readonly protocol: string
      readonly sourceIp: string
      readonly userAgent: string
    }
    readonly requestId: string
    readonly routeKey: '$default'
    readonly stage: '$default'
    readonly timeEpoch: number
  }
  readonly body?: string
  readonly isBase64Encoded: boolean
}

export interface IncomingCall {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly rawQuery: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly sourceIp: string
  readonly requestId: string
  readonly accessKeyId: string
  /** Unix milliseconds. */
  readonly receivedAt: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Buffer | string
}

const textTypes = /^(text\/|application\/(json|javascript|xml|.+\+json|.+\+xml)\b)/

function describeQuery(query: URLSearchParams): Pick<FunctionUrlEvent, 'queryStringParameters'> {
  const names = [...new Set(query.keys())]
  if (names.length === 0) return {}
  return { queryStringParameters: Object.fromEntries(names.map((name) => [name, query.getAll(name).join(',')])) }
}

function describeBody({ body, headers }: IncomingCall): Pick<FunctionUrlEvent, 'body' | 'isBase64Encoded'> {
  if (body.length === 0) return { isBase64Encoded: false }
  const isText = textTypes.test(headers['content-type'] ?? '')
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText }
}

function describeCaller(call: IncomingCall): FunctionUrlEvent['requestContext'] {
  const { headers, method, path, sourceIp, requestId, receivedAt } = call
  return {
    accountId: 'anonymous',
    apiId: 'local',
    authorizer: { iam: { accessKey: call.accessKeyId } },
    domainName: headers['host'] ?? '',
    http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent: headers['user-agent'] ?? '' },
    requestId,
    routeKey: '$default',
    stage: '$default',
    timeEpoch: receivedAt,
  }
}

export function toEvent(call: IncomingCall): FunctionUrlEvent {
  // The signature is the platform's business: a handler that could read it might come to depend on it.
  const { authorization: _, ...headers } = call.headers
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: call.path,
    rawQueryString: call.rawQuery,
    headers,
    ...describeQuery(call.query),
    requestContext: describeCaller(call),
    ...describeBody(call),
  }
}

interface StructuredResult {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: string[]
  readonly body?: string
  readonly isBase64Encoded?: boolean
}

function isStructured(result: unknown): result is StructuredResult {
  return (
    typeof result === 'object' && result !== null && 'statusCode' in result && typeof result.statusCode === 'number'
  )
}

/** A result without `statusCode` is a 200 whose body it is, as the platform infers. */
export function toAnswer(result: unknown): HttpAnswer {
  const json = { 'content-type': 'application/json' }
  if (!isStructured(result)) return { status: 200, headers: json, body: JSON.stringify(result ?? null) }
  const cookies = result.cookies ? { 'set-cookie': result.cookies } : {}
  return {
    status: result.statusCode,
    headers: { ...json, ...result.headers, ...cookies },
    body: Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8'),
  }
}
