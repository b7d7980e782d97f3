-- no transaction
-- An erasure, and whoever asks what somebody was told, finds their notices.
CREATE INDEX CONCURRENTLY IF NOT EXISTS notices_of_a_profile ON notices (profile_id)
    WHERE profile_id IS NOT NULL;
