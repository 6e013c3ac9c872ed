// The two tables of a partition as plain data, for the stack that deploys them and the launcher that makes them locally.

/** What a table is. Billed on demand, without sort key, secondary index or stream. */
export interface TableShape {
  readonly name: 'evidence' | 'traffic'
  /** Variable of a lane's environment that says what the table is called where the lane runs. */
  readonly environmentKey: 'EVIDENCE_TABLE' | 'TRAFFIC_TABLE'
  /** Attribute of type S. */
  readonly partitionKey: 'key'
  /** Attribute of type N, Unix time in *seconds*: DynamoDB takes milliseconds for a date far ahead and never sweeps. */
  readonly ttlAttribute: 'expiresAt'
  /** Whether the content is worth restoring after a mishap. */
  readonly pointInTimeRecovery: boolean
}

/** What was heard about addresses and domains, and who opted out: costly to ask again, hence recoverable. */
export const evidenceTable: TableShape = {
  name: 'evidence',
  environmentKey: 'EVIDENCE_TABLE',
  partitionKey: 'key',
  ttlAttribute: 'expiresAt',
  pointInTimeRecovery: true,
}

/** Permits, standing, audits and looks: days old at most, so that a restored copy would only mislead. */
export const trafficTable: TableShape = {
  name: 'traffic',
  environmentKey: 'TRAFFIC_TABLE',
  partitionKey: 'key',
  ttlAttribute: 'expiresAt',
  pointInTimeRecovery: false,
}

export const tables: readonly TableShape[] = [evidenceTable, trafficTable]
