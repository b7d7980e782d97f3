-- no transaction
-- The board's counts, and who is told that an opdracht closed, are read from the index alone.
CREATE INDEX CONCURRENTLY IF NOT EXISTS matches_of_an_assignment ON matches (assignment_id)
    INCLUDE (live, answer);
