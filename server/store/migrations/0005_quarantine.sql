-- What is quarantined is kept for a while and takes room, and the queue before
-- the antivirus is in the order of arrival. Version 0.1.0 does without: it
-- counts by another index, and unlinks what it finds quarantined.
-- readable-by: 1

CREATE INDEX documents_room ON documents (state, size, reserved, id, blob)
    WHERE (state IN ('receiving', 'scanning', 'available') OR (state = 'quarantined' AND blob <> ''));
CREATE INDEX documents_queue ON documents (scan_deadline, id, scan_next) WHERE state = 'scanning';
CREATE INDEX documents_refused ON documents (id) WHERE state IN ('expired', 'deleted') OR (state = 'failed' AND blob <> '');
