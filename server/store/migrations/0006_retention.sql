-- Legal holds, records of destruction, and what finds documents by what is due.
-- A document under hold expires in the year 9999 and is in bucket "hold": a
-- server without this script does not sweep it, and cannot open it.
-- readable-by: 1

CREATE TABLE holds (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    by_whom  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    time     INTEGER NOT NULL,
    until    INTEGER NOT NULL,                   -- when the document would have expired
    lifted   INTEGER NOT NULL DEFAULT 0,
    lifted_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX holds_in_force ON holds (document) WHERE lifted = 0;

CREATE TABLE destructions (
    document TEXT PRIMARY KEY,
    bucket   TEXT NOT NULL,
    size     INTEGER NOT NULL,
    why      TEXT NOT NULL,
    by_whom  TEXT NOT NULL,                      -- '' is the server
    time     INTEGER NOT NULL,                   -- of the key
    unlinked INTEGER NOT NULL DEFAULT 0          -- of the bytes
) STRICT, WITHOUT ROWID;
CREATE INDEX destructions_time ON destructions (time);

-- How many documents were shredded since ever: records are not kept for ever.
CREATE TABLE shredded (count INTEGER NOT NULL) STRICT;
INSERT INTO shredded (count) SELECT count(*) FROM documents WHERE state IN ('expired', 'deleted', 'shredded');

CREATE INDEX documents_bucket ON documents (bucket) WHERE wrapped_key <> '' OR state = 'receiving';
CREATE INDEX journal_downloads ON journal (object, actor) WHERE kind = 'document.downloaded';
