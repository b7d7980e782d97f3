-- no transaction
-- The list of opdrachten counts how each stands by this alone, without the matches' rows.
CREATE INDEX CONCURRENTLY IF NOT EXISTS matches_counted ON matches (assignment_id)
    INCLUDE (match_id, answer, decision) WHERE live;
