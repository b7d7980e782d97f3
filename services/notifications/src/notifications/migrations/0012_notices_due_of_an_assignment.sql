-- no transaction
-- What is due of urgent opdrachten is found before all else.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notices_due_of_an_assignment ON notices (assignment_id, due_at)
    WHERE state IN ('pending', 'sending') AND profile_id IS NOT NULL;
