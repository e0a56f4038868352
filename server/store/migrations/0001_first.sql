-- Times are milliseconds since 1970; 0 is never.

CREATE TABLE accounts (
    id                 TEXT PRIMARY KEY,
    pilot_id           TEXT UNIQUE,              -- of the configuration; null for a user
    email              TEXT NOT NULL UNIQUE,     -- in lower case
    name               TEXT NOT NULL,
    language           TEXT NOT NULL,
    state              TEXT NOT NULL,
    password           TEXT NOT NULL,            -- PHC string
    invitation         BLOB UNIQUE,              -- SHA-256 of the token
    invitation_expires INTEGER NOT NULL,
    created            INTEGER NOT NULL,
    terms_accepted     INTEGER NOT NULL,
    last_sign_in       INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    digest       BLOB PRIMARY KEY,               -- SHA-256 of the token
    account      TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    stage        TEXT NOT NULL,
    next         TEXT NOT NULL,
    created      INTEGER NOT NULL,
    seen         INTEGER NOT NULL,
    expires      INTEGER NOT NULL,
    code         BLOB,                           -- HMAC keyed by the token
    code_expires INTEGER NOT NULL,
    code_tries   INTEGER NOT NULL,
    code_sent    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_account ON sessions (account);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE documents (
    id            TEXT PRIMARY KEY,
    owner         TEXT NOT NULL REFERENCES accounts (id),
    name          TEXT NOT NULL,
    size          INTEGER NOT NULL,
    reserved      INTEGER NOT NULL,
    sha256        TEXT NOT NULL,
    state         TEXT NOT NULL,
    detail        TEXT NOT NULL,
    expires       INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    bucket        TEXT NOT NULL,
    wrapped_key   TEXT NOT NULL,
    blob          TEXT NOT NULL,
    scan_attempts INTEGER NOT NULL,
    scan_next     INTEGER NOT NULL,
    scan_deadline INTEGER NOT NULL
) STRICT;
CREATE INDEX documents_owner ON documents (owner, created);
CREATE INDEX documents_usage ON documents (state, size, reserved, id) WHERE state IN ('receiving', 'scanning', 'available');
CREATE INDEX documents_scan ON documents (scan_next) WHERE state = 'scanning';
CREATE INDEX documents_expiry ON documents (expires) WHERE state IN ('scanning', 'available', 'quarantined', 'failed');
CREATE INDEX documents_unlink ON documents (id)
    WHERE state IN ('expired', 'deleted') OR (state IN ('quarantined', 'failed') AND blob <> '');

CREATE TABLE shares (
    document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    account  TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    by_whom  TEXT NOT NULL,
    time     INTEGER NOT NULL,
    PRIMARY KEY (document, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX shares_account ON shares (account);

CREATE TABLE outbox (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    account   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    recipient TEXT NOT NULL,
    to_name   TEXT NOT NULL,
    language  TEXT NOT NULL,
    subject   TEXT NOT NULL,
    body      TEXT NOT NULL,
    not_after INTEGER NOT NULL,
    attempts  INTEGER NOT NULL,
    next      INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_next ON outbox (next);

CREATE TABLE journal (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    time       INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    address    TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    kind       TEXT NOT NULL,
    object     TEXT NOT NULL,
    detail     TEXT NOT NULL                     -- JSON object of strings
) STRICT;
CREATE TRIGGER journal_is_not_changed BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_not_shortened BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
