-- The list of opdrachten counts its matches and who was told of them by these alone, without their rows.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX matches_counted ON matches (assignment_id) INCLUDE (match_id, answer, decision) WHERE live;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX notices_told ON notices (assignment_id, match_id)
    WHERE kind IN ('match', 'later') AND outcome = 'accepted';
-- An index is read alone only where a vacuum came by since the last change.
ALTER TABLE matches SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
ALTER TABLE notices SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
