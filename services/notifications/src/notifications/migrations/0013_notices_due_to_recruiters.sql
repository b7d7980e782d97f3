-- no transaction
-- What is due to recruiters is read in its order, and nothing of what is due to professionals.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notices_due_to_recruiters ON notices (due_at, notice_id)
    WHERE state IN ('pending', 'sending') AND profile_id IS NULL;
