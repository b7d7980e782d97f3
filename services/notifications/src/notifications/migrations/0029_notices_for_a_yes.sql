-- no transaction
-- What waits for somebody's yes is looked for with each version of their contact.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notices_for_a_yes ON notices (profile_id) WHERE way = 'asked' AND state = 'pending';
