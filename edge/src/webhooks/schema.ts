// What the object of an account's deliveries stores, as a page. Instants are milliseconds since the epoch.

export const SCHEMA = `
  -- A removed endpoint keeps its row for a day, so that the repeat of the request that made it does not make it again.
  CREATE TABLE IF NOT EXISTS endpoints (
    id TEXT PRIMARY KEY, scope TEXT NOT NULL, url TEXT NOT NULL, events TEXT NOT NULL, description TEXT NOT NULL,
    enabled INTEGER NOT NULL, created_at INTEGER NOT NULL, removed_at INTEGER);

  -- Names of secrets, from which the ring of the edge makes them; replaced ones with their end.
  CREATE TABLE IF NOT EXISTS secrets (
    endpoint TEXT NOT NULL, generation TEXT NOT NULL, ring TEXT NOT NULL, made_at INTEGER NOT NULL,
    ends_at INTEGER, previous_ends_at INTEGER, PRIMARY KEY (endpoint, generation)) WITHOUT ROWID;

  -- One event for one target. rung: failures since "since"; taken: attempts begun; wake_at: when the alarm looks at it, null
  -- where nothing is to be done; leased_until: an attempt is under way. Without payload it was erased, or too large to send.
  CREATE TABLE IF NOT EXISTS deliveries (
    id TEXT PRIMARY KEY, event_id TEXT NOT NULL, type TEXT NOT NULL, endpoint TEXT NOT NULL, url TEXT NOT NULL,
    payload TEXT, subject TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, since INTEGER NOT NULL,
    rung INTEGER NOT NULL DEFAULT 0, taken INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL,
    wake_at INTEGER, leased_until INTEGER);
  CREATE INDEX IF NOT EXISTS deliveries_endpoint ON deliveries (endpoint, created_at, id);
  CREATE INDEX IF NOT EXISTS deliveries_created ON deliveries (created_at);
  CREATE INDEX IF NOT EXISTS deliveries_wake ON deliveries (wake_at) WHERE wake_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS deliveries_subject ON deliveries (subject) WHERE subject <> '';

  CREATE TABLE IF NOT EXISTS attempts (
    delivery TEXT NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, status INTEGER, why TEXT, ms INTEGER NOT NULL,
    PRIMARY KEY (delivery, n)) WITHOUT ROWID;
`
