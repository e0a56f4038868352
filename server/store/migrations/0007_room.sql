-- How full pilots were told that the vault is. The version before tells nothing.
-- readable-by: 1

CREATE TABLE room (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    level INTEGER NOT NULL                       -- percent of the quota; 0 when nothing stands
) STRICT;
