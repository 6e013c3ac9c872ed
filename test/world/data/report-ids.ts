// The ids of what a domain report can say, by the report's sections; rows say which of them are theirs, and that the others are not.

export const MX = [
  'MX_NXDOMAIN',
  'MX_IMPLICIT',
  'MX_NONE_NO_ADDRESS',
  'MX_NULL',
  'MX_NULL_NONZERO_PREF',
  'MX_NULL_MIXED',
  'MX_IS_IP',
  'MX_CNAME',
  'MX_DANGLING_NXDOMAIN',
  'MX_NO_ADDRESS',
  'MX_PRIVATE_ADDRESS',
  'MX_DUPLICATE_HOST',
  'MX_DUPLICATE_IP',
  'MX_SINGLE_HOST',
  'MX_ONE_FAILURE_DOMAIN',
  'MX_NO_IPV6',
  'MX_DNS_ERROR',
  'MX_RESOLVER_DISAGREE',
  'MX_TTL_SHORT',
  'MX_TTL_LONG',
  'MX_TLD',
] as const

export const SMTP = [
  'SMTP_CONNECT_TIMEOUT',
  'SMTP_CONNECT_REFUSED',
  'SMTP_V6_ONLY_DOWN',
  'SMTP_BANNER_NOT_220',
  'SMTP_421_554_GREETING',
  'SMTP_BANNER_NAME_MISMATCH',
  'SMTP_SLOW',
  'SMTP_NO_GREETING',
  'SMTP_EHLO_NO_REPLY',
  'PTR_MISSING',
  'FCRDNS_FAIL',
] as const

export const TLS = [
  'TLS_NOT_OFFERED',
  'TLS_HANDSHAKE_FAILED',
  'TLS_OLD_VERSION',
  'TLS_CERT_EXPIRED',
  'TLS_CERT_EXPIRING',
  'TLS_CERT_UNTRUSTED',
  'TLS_CERT_MISMATCH',
] as const

export const SPF = [
  'SPF_NONE',
  'SPF_MULTIPLE',
  'SPF_SYNTAX',
  'SPF_LOOKUPS_OVER_10',
  'SPF_LOOKUPS_8_10',
  'SPF_VOID_OVER_2',
  'SPF_PLUS_ALL',
  'SPF_NEUTRAL_ALL',
  'SPF_NO_ALL',
  'SPF_PTR',
  'SPF_LOOP',
  'SPF_BROKEN_INCLUDE',
  'SPF_LONG',
] as const

export const DKIM = [
  'DKIM_NO_ZONE',
  'DKIM_UNKNOWN_SELECTOR',
  'DKIM_KEY_WEAK',
  'DKIM_KEY_1024',
  'DKIM_REVOKED',
  'DKIM_TEST_FLAG',
  'DKIM_INVALID',
] as const

export const DMARC = [
  'DMARC_NONE',
  'DMARC_MULTIPLE',
  'DMARC_P_NONE',
  'DMARC_TESTING',
  'DMARC_HISTORIC_TAG',
  'DMARC_NO_RUA',
  'DMARC_EXT_RUA_UNAUTH',
  'DMARC_SP_WEAKER',
  'DMARC_INVALID_P',
  'DMARC_INVALID_TAG',
  'DMARC_WILDCARD_TXT',
] as const

export const STS = [
  'STS_NONE',
  'STS_TXT_INVALID',
  'STS_TXT_MULTIPLE',
  'STS_POLICY_UNREACHABLE',
  'STS_POLICY_REDIRECT',
  'STS_POLICY_STATUS',
  'STS_CERT_INVALID',
  'STS_CERT_EXPIRING',
  'STS_POLICY_SYNTAX',
  'STS_TOO_LARGE',
  'STS_CONTENT_TYPE',
  'STS_MAX_AGE_SHORT',
  'STS_MODE_TESTING',
  'STS_MODE_NONE',
  'STS_MX_UNMATCHED',
  'STS_PATTERN_UNUSED',
  'STS_MX_TLS_FAILS_ENFORCE',
  'STS_ORPHAN_POLICY',
] as const

export const TLS_RPT = ['TLSRPT_NONE', 'TLSRPT_INVALID', 'TLSRPT_MULTIPLE', 'TLSRPT_RATE_HIGH'] as const

export const DANE = [
  'DANE_NONE',
  'DANE_TLSA_INSECURE',
  'DANE_BOGUS',
  'DANE_UNUSABLE',
  'DANE_MISMATCH',
  'DANE_WEAKER_DIGEST',
  'DANE_PARTIAL',
  'DANE_NO_STARTTLS',
  'DANE_SINGLE_TLSA',
  'DANE_RESOLVERS_DIFFER',
  'DANE_TLSA_UNLEARNED',
] as const

export const DNS = ['DNS_BOGUS', 'DNS_COLD_OVER_150MS', 'ROUTE_OVER_300S'] as const

export const ALL: readonly string[] = [MX, SMTP, TLS, SPF, DKIM, DMARC, STS, TLS_RPT, DANE, DNS].flat()

/** What a report must say, and of the same section must not. */
export function only(section: readonly string[], ...findings: readonly string[]) {
  return { findings, lacks: section.filter((id) => !findings.includes(id)) }
}
