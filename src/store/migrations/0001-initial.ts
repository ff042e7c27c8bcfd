import type { Knex } from "knex";

/**
 * All times are epoch milliseconds; all booleans 0 or 1. `open` is 1 while an operation is not finished and
 * NULL afterwards, so that the unique index allows one open operation per subject and object, and any history; what
 * is no longer wanted and only waits to be read back (`confirming`) stands beside it. `sent_at` is set before the
 * first byte of an operation leaves, and stays until an answer or a read proves that it had no effect.
 */
const TABLES = `
CREATE TABLE organizations (
  name TEXT PRIMARY KEY,
  bitwarden_id TEXT,
  first_run_approved_at BIGINT,
  first_run_approved_by TEXT,
  error TEXT,
  error_code TEXT,
  error_at BIGINT
);
CREATE TABLE connections (
  name TEXT PRIMARY KEY,
  organization TEXT NOT NULL,
  started INTEGER NOT NULL DEFAULT 1,
  scope_hash TEXT,
  directory_identity TEXT,
  last_received_at BIGINT,
  snapshot_no BIGINT NOT NULL DEFAULT 0,
  everything_due_at BIGINT NOT NULL DEFAULT 0,
  snapshot_scope_hash TEXT
);
CREATE TABLE directory_errors (
  connection TEXT NOT NULL,
  work TEXT NOT NULL,
  error TEXT NOT NULL,
  error_code TEXT NOT NULL,
  error_at BIGINT NOT NULL,
  PRIMARY KEY (connection, work)
) WITHOUT ROWID;
CREATE TABLE inbox (
  connection TEXT NOT NULL,
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  subjects TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (connection, event_id)
) WITHOUT ROWID;
CREATE TABLE hints (
  connection TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  hinted INTEGER NOT NULL,
  resolved INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  read_at BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  dirty_at BIGINT NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  via TEXT,
  urgent INTEGER NOT NULL DEFAULT 0,
  nominated INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (connection, kind, key)
) WITHOUT ROWID;
CREATE INDEX hints_dirty ON hints (connection, urgent, due_at) WHERE hinted > resolved;
CREATE INDEX hints_via ON hints (connection, via, dirty_at) WHERE via IS NOT NULL AND hinted > resolved;
CREATE INDEX hints_undecided ON hints (connection) WHERE resolved > done;
CREATE TABLE directory (
  connection TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  external_id TEXT NOT NULL,
  label TEXT,
  link TEXT,
  state TEXT NOT NULL,
  clause TEXT,
  confirmed INTEGER NOT NULL,
  read_no BIGINT NOT NULL,
  read_at BIGINT NOT NULL,
  list_no BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (connection, kind, key)
) WITHOUT ROWID;
CREATE INDEX directory_label ON directory (connection, kind, label);
CREATE INDEX directory_link ON directory (connection, kind, link) WHERE link IS NOT NULL;
CREATE INDEX directory_external_id ON directory (connection, kind, external_id);
CREATE TABLE joined (
  organization TEXT NOT NULL,
  claim TEXT NOT NULL,
  person TEXT NOT NULL,
  PRIMARY KEY (organization, claim)
) WITHOUT ROWID;
CREATE INDEX joined_person ON joined (organization, person);
CREATE TABLE edges (
  connection TEXT NOT NULL,
  group_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (connection, group_key, kind, key)
) WITHOUT ROWID;
CREATE INDEX edges_member ON edges (connection, kind, key);
CREATE TABLE ledger (
  organization TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  external_id TEXT NOT NULL,
  bw_id TEXT NOT NULL,
  label TEXT NOT NULL,
  status INTEGER NOT NULL DEFAULT 0,
  type INTEGER NOT NULL DEFAULT 2,
  revoked_by_us INTEGER NOT NULL DEFAULT 0,
  verified_at BIGINT NOT NULL,
  members_verified_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (organization, kind, key),
  UNIQUE (organization, kind, bw_id)
);
CREATE INDEX ledger_external_id ON ledger (organization, kind, external_id);
CREATE TABLE ledger_members (
  organization TEXT NOT NULL,
  group_key TEXT NOT NULL,
  user_key TEXT NOT NULL,
  PRIMARY KEY (organization, group_key, user_key)
) WITHOUT ROWID;
CREATE INDEX ledger_members_user ON ledger_members (organization, user_key);
CREATE TABLE operations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  organization TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  object TEXT NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  label TEXT NOT NULL,
  reason TEXT NOT NULL,
  evidence TEXT NOT NULL,
  proven_at BIGINT NOT NULL DEFAULT 0,
  state TEXT NOT NULL,
  hold TEXT,
  open INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  sent_at BIGINT,
  error TEXT,
  hint TEXT NOT NULL,
  hinted_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  released_at BIGINT,
  finished_at BIGINT,
  approved_by TEXT,
  approved_at BIGINT
);
CREATE UNIQUE INDEX operations_open ON operations (organization, kind, key, object, open)
  WHERE state <> 'confirming';
CREATE INDEX operations_state ON operations (organization, state, type, due_at);
CREATE INDEX operations_object ON operations (organization, object, open);
CREATE INDEX operations_window ON operations (organization, type, released_at) WHERE approved_by IS NULL;
CREATE TABLE notices (
  organization TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  code TEXT NOT NULL,
  label TEXT NOT NULL,
  text TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (organization, kind, key, code)
);
CREATE TABLE journal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  organization TEXT NOT NULL,
  subject TEXT NOT NULL,
  operation INTEGER,
  step TEXT NOT NULL,
  data TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX journal_subject ON journal (subject, id);
CREATE TABLE runs (
  connection TEXT NOT NULL,
  tick TEXT NOT NULL,
  slot TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  finished_at BIGINT,
  result TEXT,
  proof TEXT,
  counts TEXT,
  PRIMARY KEY (connection, tick, slot)
);
CREATE INDEX runs_recent ON runs (connection, tick, started_at);
CREATE TABLE cursors (
  connection TEXT NOT NULL,
  feed TEXT NOT NULL,
  cursor TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (connection, feed)
);
CREATE TABLE requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  command TEXT NOT NULL,
  args TEXT NOT NULL,
  state TEXT NOT NULL,
  result TEXT,
  created_at BIGINT NOT NULL,
  finished_at BIGINT
);
CREATE INDEX requests_open ON requests (state);
`;

/** The first schema: hints in, directory as read, ledger, operations, journal. */
export async function initial(trx: Knex.Transaction): Promise<void> {
  for (const statement of TABLES.split(";")) {
    if (statement.trim() !== "") await trx.raw(statement);
  }
}
