-- no transaction
-- Today's list begins with who waits longest for a decision.
CREATE INDEX CONCURRENTLY IF NOT EXISTS matches_waiting ON matches (answered_at)
    WHERE live AND answer = 'interested' AND decision IS NULL;
