-- no transaction
-- A report on a mail finds its notice by the mail's Message-ID.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notices_by_message_id ON notices (message_id)
    WHERE message_id IS NOT NULL;
