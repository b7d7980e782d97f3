-- no transaction
-- What is due to recruiters is read in its order, summaries last.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notices_due_to_recruiters ON notices
    ((kind = 'summary'), due_at, notice_id) WHERE state IN ('pending', 'sending') AND profile_id IS NULL;
