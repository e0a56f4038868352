-- Uploads that can be resumed. The version before ends them when it starts.
-- readable-by: 1

CREATE TABLE uploads (
    document   TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    metadata   TEXT NOT NULL,                    -- as the client gave it
    recipients TEXT NOT NULL,                    -- JSON array of ids of accounts
    header     BLOB NOT NULL,                    -- of the sealed document
    length     INTEGER NOT NULL,
    received   INTEGER NOT NULL,                 -- acknowledged, and durable
    progressed INTEGER NOT NULL,
    expires    INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_expires ON uploads (expires);

-- What has come since the last whole segment, sealed.
CREATE TABLE upload_tails (
    document TEXT NOT NULL REFERENCES uploads (document) ON DELETE CASCADE,
    start    INTEGER NOT NULL,                   -- of the first byte in the document
    sealed   BLOB NOT NULL,
    PRIMARY KEY (document, start)
) STRICT;
