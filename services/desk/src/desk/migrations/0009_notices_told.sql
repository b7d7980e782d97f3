-- no transaction
-- Which matches of an opdracht were told, without the notices' rows.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notices_told ON notices (assignment_id, match_id)
    WHERE kind IN ('match', 'later') AND outcome = 'accepted';
