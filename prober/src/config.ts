// A lane's configuration, parsed once from its environment when the process starts; a failing one fails the start.
import { X509Certificate } from 'node:crypto'
import { type Cidr, parseCidr } from '@postern/shared/dns/ip.ts'
import { z } from 'zod'
import type { LaneEnvironment } from './environment.ts'

const port = z.coerce.number().int().min(1).max(65_535)
const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' })
    return z.NEVER
  }
})
// Both are said to every server: what cannot stand in a command has to fail here, not in a conversation.
const hostName = z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'is not a host name')
const mailbox = z.string().regex(/^[\w.+-]+@[a-z0-9.-]+$/i, 'is not a plain mailbox')
const optional = z.string().transform((text) => (text === '' ? null : text))

const cidrs = z.string().transform((text, context): readonly Cidr[] => {
  const parsed = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [parseCidr(part.trim())]))
  const valid = parsed.filter((cidr) => cidr !== null)
  if (valid.length < parsed.length) context.addIssue({ code: 'custom', message: 'is not a list of CIDRs' })
  return valid
})

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** One text for each certificate; what is none fails the start, and not the first handshake. */
const certificates = z.string().transform((text, context): readonly string[] => {
  const found = text.match(PEM) ?? []
  const isAll = text.replaceAll(PEM, '').trim() === ''
  if (isAll && found.every(isCertificate)) return found
  context.addIssue({ code: 'custom', message: 'is not a list of certificates in PEM' })
  return z.NEVER
})

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

const resolver = z.strictObject({ name: z.string(), url: z.url(), suffix: z.string().nullable() })
const resolvers = json.pipe(z.array(resolver).min(1))
const unset = z.literal('').transform(() => null)
const canary = z.strictObject({ operator: z.string().min(1).max(60), good: mailbox.max(254), dead: mailbox.max(254) })

/** One operator's findings would take the place of another's. */
function haveOwnNames(canaries: readonly { readonly operator: string }[]): boolean {
  return new Set(canaries.map(({ operator }) => operator)).size === canaries.length
}

const environment = z.object({
  LANE_ID: z.string().min(1).max(60),
  REGION: z.string().min(1),
  PARTITION: z.string().min(1),
  EHLO_NAME: hostName,
  MAIL_FROM: mailbox,
  DOH_RESOLVERS: resolvers,
  EVIDENCE_TABLE: z.string().min(1),
  TRAFFIC_TABLE: z.string().min(1),
  HMAC_KEYS: z.string().min(1),
  SMTP_PORT: port,
  LOOPBACK_NETWORKS: cidrs,
  LOOPBACK_SMTP_PORT: z.union([unset, port]),
  LOOPBACK_HTTPS_PORT: z.union([z.literal('').transform(() => null), port]),
  EXTRA_ROOTS: certificates,
  SOURCE_ADDRESS: optional.pipe(z.ipv4().nullable()),
  DYNAMODB_ENDPOINT: optional,
  EGRESS_ADDRESS: optional.pipe(z.ipv4().nullable()),
  DNSBL_ZONES: json.pipe(z.array(hostName).max(20)),
  CANARIES: json.pipe(z.array(canary).max(20).refine(haveOwnNames, 'name an operator twice')),
  AUDIT_RESOLVERS: z.union([unset, resolvers]),
  AUDIT_SMTP_PORT: z.union([unset, port]),
  HURRY: z.union([z.literal('').transform(() => 1), z.coerce.number().min(1).max(10_000)]),
} satisfies Record<keyof LaneEnvironment, z.ZodType>)

export type Config = z.infer<typeof environment>

/** @throws ZodError naming every variable that is absent or wrong. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return environment.parse(env)
}
