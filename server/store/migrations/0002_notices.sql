-- What pilots were told of changes to come. Version 0.1.0 does without.
-- readable-by: 1

CREATE TABLE notices (
    id        TEXT PRIMARY KEY,                  -- kind, version and start
    kind      TEXT NOT NULL,
    version   TEXT NOT NULL,
    starts    INTEGER NOT NULL,
    ends      INTEGER NOT NULL,
    standing  INTEGER NOT NULL,                  -- 1: what pilots were told last, and still counts
    announced INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX notices_standing ON notices (standing) WHERE standing = 1;

CREATE TABLE notice_readers (
    notice  TEXT NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    time    INTEGER NOT NULL,
    PRIMARY KEY (notice, account)
) STRICT, WITHOUT ROWID;
