-- no transaction
-- What is due is read in its order, and only as far as it is claimed.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notices_due_to_professionals ON notices (due_at, notice_id)
    WHERE state IN ('pending', 'sending') AND profile_id IS NOT NULL;
