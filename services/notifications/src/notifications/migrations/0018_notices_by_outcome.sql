-- no transaction
-- What was sent is listed by how it ended and what it told, newest first, and only as far as it is shown.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notices_by_outcome ON notices (state, kind, notice_id);
