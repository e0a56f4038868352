-- What is shared with whom, on which terms, and what was downloaded. The table
-- shares stays true: it lists who may read what now, for version 0.1.0, which
-- knows neither an earlier end nor a limit.
-- readable-by: 1

CREATE TABLE sharings (
    id             TEXT PRIMARY KEY,
    owner          TEXT NOT NULL REFERENCES accounts (id),
    message        TEXT NOT NULL,
    created        INTEGER NOT NULL,
    expires        INTEGER NOT NULL,             -- 0: as long as its documents
    download_limit INTEGER NOT NULL,             -- 0: none
    notify         INTEGER NOT NULL,
    ended          INTEGER NOT NULL
) STRICT;
CREATE INDEX sharings_owner ON sharings (owner, created);
CREATE INDEX sharings_ended ON sharings (ended);

CREATE TABLE sharing_documents (
    sharing  TEXT NOT NULL REFERENCES sharings (id) ON DELETE CASCADE,
    document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    place    INTEGER NOT NULL,
    PRIMARY KEY (sharing, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX sharing_documents_document ON sharing_documents (document);

CREATE TABLE sharing_recipients (
    sharing  TEXT NOT NULL REFERENCES sharings (id) ON DELETE CASCADE,
    account  TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    added    INTEGER NOT NULL,
    told     INTEGER NOT NULL,
    reminded INTEGER NOT NULL,
    PRIMARY KEY (sharing, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX sharing_recipients_account ON sharing_recipients (account);

CREATE TABLE sharing_downloads (
    sharing  TEXT NOT NULL REFERENCES sharings (id) ON DELETE CASCADE,
    account  TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    count    INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    head     INTEGER NOT NULL,                   -- 1: the last one has had the first byte
    asked    INTEGER NOT NULL,                   -- bytes, to go on with the last one
    PRIMARY KEY (sharing, account, document)
) STRICT, WITHOUT ROWID;
