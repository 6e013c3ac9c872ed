// What a batch's object stores, as a page. Rows are counted from 0; instants are milliseconds since the epoch.

export const SCHEMA = `
  -- Up to 500 rows of the upload: where they lie, which are duplicates of which, and what the edge itself could tell.
  -- checked is a JSON list of one packed result a row, null where the mailbox's server is asked; null until it was checked.
  CREATE TABLE IF NOT EXISTS chunks (
    n INTEGER PRIMARY KEY, first INTEGER NOT NULL, at INTEGER NOT NULL, upto INTEGER NOT NULL, rows INTEGER NOT NULL,
    keys BLOB NOT NULL, mailboxes BLOB NOT NULL, duplicates TEXT NOT NULL, checked TEXT);

  -- Rows that are to be asked about, as their chunks came in; sorted into groups when all are there.
  CREATE TABLE IF NOT EXISTS stash (
    bucket INTEGER NOT NULL, chunk INTEGER NOT NULL, members TEXT NOT NULL, PRIMARY KEY (bucket, chunk)) WITHOUT ROWID;

  -- Work: one domain's rows, or a few small domains', for one lane. Gone when all of them have their results.
  CREATE TABLE IF NOT EXISTS groups (
    id INTEGER PRIMARY KEY, lane TEXT NOT NULL, due_at INTEGER NOT NULL, body TEXT NOT NULL);

  -- Rows of mailboxes that were erased: whoever comes back with an answer for them comes too late.
  CREATE TABLE IF NOT EXISTS erased (row INTEGER PRIMARY KEY);

  -- What was asked of servers: one packed result a row.
  CREATE TABLE IF NOT EXISTS results (row INTEGER PRIMARY KEY, result TEXT NOT NULL);
`
