// The names of a lane's environment variables, so that whoever builds a lane cannot forget one: a missing key does not compile.

/** Every value is text; the empty text means "not set". */
export type LaneEnvironment = Record<
  /** Identity of the lane, such as `eu-central-1-a`. */
  | 'LANE_ID'
  | 'REGION'
  /** Residency partition whose tables and keys the lane uses. */
  | 'PARTITION'
  /** Host name said in EHLO; its A record is the lane's egress address and its PTR names it back. */
  | 'EHLO_NAME'
  /** Mailbox said in MAIL FROM; a real one, because servers call back before they answer. */
  | 'MAIL_FROM'
  /** JSON list of `{name, url, suffix}`; `suffix` null answers for every name that no other entry claims. */
  | 'DOH_RESOLVERS'
  | 'EVIDENCE_TABLE'
  | 'TRAFFIC_TABLE'
  /** JSON `{current, keys: {id: hex}}`, or `secret:<arn>` of a secret that holds it. */
  | 'HMAC_KEYS'
  /** TCP port of exchanges; 25 unless a local run says otherwise. */
  | 'SMTP_PORT'
  /** Comma-separated loopback CIDRs that may be dialled: the explicit opt-in of local runs. */
  | 'LOOPBACK_NETWORKS'
  /** Port for targets inside `LOOPBACK_NETWORKS`; empty means `SMTP_PORT`. */
  | 'LOOPBACK_SMTP_PORT'
  /** As `LOOPBACK_SMTP_PORT`, for the certificates of policy hosts; empty means 443. */
  | 'LOOPBACK_HTTPS_PORT'
  /** Certificates in PEM, one after the other, that inspections trust besides the public roots; empty wherever mail servers are real. */
  | 'EXTRA_ROOTS'
  /** Local address to bind for loopback targets only. */
  | 'SOURCE_ADDRESS'
  /** Where the table engine listens; empty means the region's own DynamoDB. */
  | 'DYNAMODB_ENDPOINT'
  /** IPv4 address that mail servers see; empty means that only the A record of `EHLO_NAME` tells. */
  | 'EGRESS_ADDRESS'
  /** JSON list of zones of DNS block lists, in which audits look for the egress address (RFC 5782). */
  | 'DNSBL_ZONES'
  /** JSON list of `{operator, good, dead}`: a mailbox that is there and one that is not, asked by every audit. */
  | 'CANARIES'
  /** As `DOH_RESOLVERS`, for audits; empty means the same. */
  | 'AUDIT_RESOLVERS'
  /** As `LOOPBACK_SMTP_PORT`, for audits; empty means the same. */
  | 'AUDIT_SMTP_PORT'
  /** How many times faster than the clock spans of courtesy pass; empty, as it is wherever mail servers are real, means 1. */
  | 'HURRY',
  string
>
