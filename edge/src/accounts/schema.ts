// What an account's object stores, as a page. Units are thousandths of the public unit; instants milliseconds since the epoch.

const FIRST = `
  -- One row. bought and spent are sums that the rest could be added up to: kept, so that a request need not add.
  CREATE TABLE IF NOT EXISTS account (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, settings TEXT NOT NULL, created_at INTEGER NOT NULL,
    bought INTEGER NOT NULL DEFAULT 0, spent INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1, published INTEGER NOT NULL DEFAULT 0, standing TEXT NOT NULL DEFAULT 'good');

  CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, sha256 TEXT NOT NULL, name TEXT NOT NULL, origins TEXT NOT NULL,
    last_four TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, ends_at INTEGER, revoked_at INTEGER);

  -- Units bought, or taken back; the reference makes a repeat the same purchase.
  CREATE TABLE IF NOT EXISTS credits (
    reference TEXT PRIMARY KEY, units INTEGER NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL);

  -- Units that requests under way may come to cost.
  CREATE TABLE IF NOT EXISTS reservations (
    id TEXT PRIMARY KEY, units INTEGER NOT NULL, expires_at INTEGER NOT NULL);

  -- One row for each answer that was counted, so that it is counted once; kept longer than any queue delivers.
  CREATE TABLE IF NOT EXISTS settlements (
    id TEXT PRIMARY KEY, tail TEXT NOT NULL, at INTEGER NOT NULL, units INTEGER NOT NULL, why TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS settlements_tail ON settlements (tail, at);
  CREATE INDEX IF NOT EXISTS settlements_at ON settlements (at);

  -- The ledger: what each day came to, by key, mode and reason.
  CREATE TABLE IF NOT EXISTS totals (
    day TEXT NOT NULL, key_id TEXT NOT NULL, mode TEXT NOT NULL, why TEXT NOT NULL,
    count INTEGER NOT NULL, units INTEGER NOT NULL, PRIMARY KEY (day, key_id, mode, why)) WITHOUT ROWID;

  -- Lists settle one total that only grows.
  CREATE TABLE IF NOT EXISTS running_totals (
    id TEXT PRIMARY KEY, units INTEGER NOT NULL, count INTEGER NOT NULL, at INTEGER NOT NULL);

  -- Answers that were paid for, by HMAC of the address: a repeat within their life is free.
  CREATE TABLE IF NOT EXISTS paid (
    address TEXT NOT NULL, mode TEXT NOT NULL, checked_at INTEGER NOT NULL, valid_until INTEGER NOT NULL,
    PRIMARY KEY (address, mode)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS paid_until ON paid (valid_until);

  -- Units of each minute of the last day: how fast this account spends at its peak.
  CREATE TABLE IF NOT EXISTS spending (minute INTEGER PRIMARY KEY, units INTEGER NOT NULL);

  -- Records on their way to the object of their day.
  CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, address TEXT NOT NULL, record TEXT NOT NULL);

  -- What is to be told to the account, such as credits.low.
  CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL);
`

const PATTERNS = `
  -- Addresses that showed a pattern lately: HMACs of both.
  CREATE TABLE IF NOT EXISTS signs (
    pattern TEXT NOT NULL, sign TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (pattern, sign)) WITHOUT ROWID;

  -- Patterns that enough addresses have shown, until they are forgotten.
  CREATE TABLE IF NOT EXISTS patterns (pattern TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
`

const LISTS = `
  -- Which row of which list an answer was paid for by; empty for others. A list writes as many of them as it has rows:
  -- they are looked for by address only.
  ALTER TABLE paid ADD COLUMN paid_by TEXT NOT NULL DEFAULT '';
  DROP INDEX IF EXISTS paid_until;

  -- The account's lists, newest last, for as long as they are kept.
  CREATE TABLE IF NOT EXISTS batches (
    id TEXT PRIMARY KEY, scope TEXT NOT NULL, expires_at INTEGER NOT NULL, erased INTEGER NOT NULL DEFAULT 0)
    WITHOUT ROWID;
`

const OPEN_LISTS = `
  -- Those that ask nobody any more.
  ALTER TABLE batches ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
  -- Of lists from before nobody knows here whether they have ended: none of them keeps a new one out.
  UPDATE batches SET ended = 1;
`

/** In the order in which they are applied; one that was released is never changed, only followed by another. */
const STEPS: readonly string[] = [FIRST, PATTERNS, LISTS, OPEN_LISTS]

/** Brings an object's tables to what this code expects, from whatever version they are. */
export function migrate(storage: DurableObjectStorage): void {
  const { sql } = storage
  storage.transactionSync(() => {
    sql.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)')
    const [row] = sql.exec<{ version: number }>('SELECT version FROM schema_version').toArray()
    for (const step of STEPS.slice(row?.version ?? 0)) sql.exec(step)
    if (row === undefined) sql.exec('INSERT INTO schema_version (version) VALUES (?)', STEPS.length)
    else if (row.version < STEPS.length) sql.exec('UPDATE schema_version SET version = ?', STEPS.length)
  })
}

/** A public unit, in the thousandths that are counted. */
export const UNIT = 1_000
