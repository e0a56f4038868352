-- Lines of the journal that are bound to one another, and a journal that may
-- lose its oldest ones. Version 0.1.0 goes on writing lines without a hash; the
-- next line that has one vouches for them.
-- readable-by: 1

ALTER TABLE journal ADD COLUMN referer TEXT NOT NULL DEFAULT '';
ALTER TABLE journal ADD COLUMN hash BLOB;

-- The last line that was removed. It is one that is there, and only moves on.
CREATE TABLE journal_anchor (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    number   INTEGER NOT NULL,
    hash     BLOB NOT NULL
) STRICT;
CREATE TRIGGER journal_anchor_is_set_on_a_line BEFORE INSERT ON journal_anchor
WHEN NOT EXISTS (SELECT 1 FROM journal WHERE number = NEW.number AND (hash IS NULL OR hash = NEW.hash))
BEGIN SELECT RAISE(ABORT, 'the anchor of the journal is a line of it'); END;
CREATE TRIGGER journal_anchor_moves_on BEFORE UPDATE ON journal_anchor
WHEN NEW.number <= OLD.number
    OR NOT EXISTS (SELECT 1 FROM journal WHERE number = NEW.number AND (hash IS NULL OR hash = NEW.hash))
BEGIN SELECT RAISE(ABORT, 'the anchor of the journal only moves on, to a line of it'); END;
CREATE TRIGGER journal_anchor_stays BEFORE DELETE ON journal_anchor
BEGIN SELECT RAISE(ABORT, 'the anchor of the journal stays'); END;

DROP TRIGGER journal_is_not_shortened;
CREATE TRIGGER journal_is_not_shortened BEFORE DELETE ON journal
WHEN OLD.number > coalesce((SELECT number FROM journal_anchor), 0)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
